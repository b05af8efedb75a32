/* A name server for tests of a DNS client: it knows a few names, and misbehaves for some. Its argument is a port. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct server {
    async_frame frame;
    int fd, seen;
    size_t n, size;
    async_address from;
    unsigned char question[512], answer[512];
};

static unsigned char *record(unsigned char *p, unsigned type, const void *data, size_t size)
{
    static const unsigned char head[] = { 0xC0, 12, 0, 0, 0, 1, 0, 0, 0, 60, 0, 0 };
    memcpy(p, head, sizeof head);
    p[3] = (unsigned char)type;
    p[11] = (unsigned char)size;
    memcpy(p + 12, data, size);
    return p + 12 + size;
}

/* The answer's size; 0: none. */
static size_t answer(unsigned char *packet, const unsigned char *question, size_t size, int seen)
{
    static const unsigned char ip6[16] = { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
    const char *name = (const char *)question + 13; /* behind the length of its first part */
    unsigned type = question[size - 3];
    unsigned char *p = packet + size;
    memcpy(packet, question, size);
    packet[2] |= 0x80;
    if (strncmp(name, "two", 3) == 0) {
        packet[7] = 2;
        p = record(p, type, type == 1 ? (const void *)"\300\0\2\1" : ip6, type == 1 ? 4 : 16);
        p = record(p, type, type == 1 ? (const void *)"\300\0\2\2" : ip6, type == 1 ? 4 : 16);
    } else if (strncmp(name, "alias", 5) == 0 || (strncmp(name, "lossy", 5) == 0 && seen > 2)) {
        packet[7] = 2;
        p = record(p, 5, "\3one\4test\0", 10);
        p = record(p, type, type == 1 ? (const void *)"\300\0\2\7" : ip6, type == 1 ? 4 : 16);
    } else if (strncmp(name, "lossy", 5) == 0) {
        return 0;
    } else if (strncmp(name, "large", 5) == 0) {
        packet[2] |= 2;
    } else if (strncmp(name, "broken", 6) == 0) {
        packet[7] = 9; /* records that are not there */
        *p++ = 63;
    } else if (strncmp(name, "empty", 5) != 0) {
        packet[3] = 3;
    }
    return (size_t)(p - packet);
}

async(server, question)
{
    async_address address;
    async_begin;
    await_into(self->fd, async_net_datagram, .local_host = "127.0.0.1");
    async_socket_name(self->fd, &address);
    printf("listening on port %d\n", async_address_port(&address));
    fflush(stdout);
    for (;;) {
        await_into(self->n, async_socket_recvfrom, .fd = self->fd, .buffer = self->question,
            .size = sizeof self->question / 2, .from = &self->from);
        if (self->n < 17)
            continue;
        if (self->question[13] == 'l' && self->question[14] == 'o')
            self->seen++;
        self->size = answer(self->answer, self->question, self->n, self->seen);
        if (self->size == 0)
            continue;
        /* what is no answer: too short, of another id, and the question itself */
        await(async_socket_sendto, .fd = self->fd, .data = self->answer, .size = 5, .to = &self->from);
        self->answer[0] ^= 1;
        await(async_socket_sendto, .fd = self->fd, .data = self->answer, .size = self->size, .to = &self->from);
        self->answer[0] ^= 1;
        await(async_socket_sendto, .fd = self->fd, .data = self->question, .size = self->n, .to = &self->from);
        await(async_socket_sendto, .fd = self->fd, .data = self->answer, .size = self->size, .to = &self->from);
    }
    async_finally;
    async_fd_close(self->fd);
    async_end;
}

int main(void)
{
    async_status status = async_run(server);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
