/* A DNS client over UDP: asks a name server for the IPv4 and IPv6 addresses of names, of all of them at once.
 *
 *     25_dns_client 9.9.9.9 example.org www.debian.org
 *
 * Each question has a socket of its own, so that its port is hard to guess, connected to the server, so that answers come
 * from nowhere else. A datagram may get lost: what is not answered within a second is asked again, twice. The status is
 * 1 if any name has no address. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { IPV4 = 1, ALIAS = 5, IPV6 = 28, INTERNET = 1 }; /* types and class of records */
enum { LARGEST = 512, ANSWERS = 16, NO_SUCH_NAME = ASYNC_USER_ERROR(1), SERVER_FAILED = ASYNC_USER_ERROR(2),
    TOO_LARGE = ASYNC_USER_ERROR(3) };

/* ---- the protocol: nothing here is about asyncio ------------------------------------------------------------- */

typedef struct answers {
    int count;
    char text[ANSWERS][INET6_ADDRSTRLEN];
} answers;

static unsigned read16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }

/* "example.org" as 7 example 3 org 0, and so on: the question's size; 0 if it is no name. */
static size_t make_question(unsigned char *packet, unsigned id, const char *name, unsigned type)
{
    unsigned char *p = packet + 12;
    memset(packet, 0, 12);
    packet[0] = (unsigned char)(id >> 8);
    packet[1] = (unsigned char)id;
    packet[2] = 1; /* the server may ask others */
    packet[5] = 1; /* one question */
    while (*name != '\0') {
        size_t length = strcspn(name, ".");
        if (length == 0 || length > 63 || (size_t)(p - packet) + length > 12 + 254)
            return 0;
        *p++ = (unsigned char)length;
        memcpy(p, name, length);
        p += length;
        name += length + (name[length] == '.');
    }
    *p++ = 0;
    *p++ = 0;
    *p++ = (unsigned char)type;
    *p++ = 0;
    *p++ = INTERNET;
    return (size_t)(p - packet);
}

/* Behind the name at p, which ends with a zero or goes on elsewhere; NULL: not within the packet. */
static const unsigned char *behind_name(const unsigned char *p, const unsigned char *end)
{
    while (p < end && *p != 0) {
        if (*p >= 0xC0)
            return end - p >= 2 ? p + 2 : NULL;
        p += *p + 1;
    }
    return p < end ? p + 1 : NULL;
}

/* An answer to that question: an id and a question that are the same. Whatever else arrives is passed over. */
static int is_answer(const unsigned char *packet, size_t size, const unsigned char *question, size_t question_size)
{
    return size >= question_size && memcmp(packet, question, 2) == 0 && (packet[2] & 0x80) != 0 &&
        read16(packet + 4) == 1 && memcmp(packet + 12, question + 12, question_size - 12) == 0;
}

/* Its addresses of that type, in order. */
static async_status read_answer(const unsigned char *packet, size_t size, size_t question_size, unsigned type,
    answers *found)
{
    const unsigned char *p = packet + question_size, *end = packet + size;
    unsigned records = read16(packet + 6), rcode = packet[3] & 15u;
    if (packet[2] & 2)
        return TOO_LARGE; /* for a datagram: a full client would ask again over TCP */
    if (rcode != 0)
        return rcode == 3 ? NO_SUCH_NAME : SERVER_FAILED;
    for (; records > 0 && found->count < ANSWERS; records--) {
        p = behind_name(p, end);
        if (p == NULL || end - p < 10 || (size_t)(end - p) < 10 + read16(p + 8))
            return SERVER_FAILED;
        if (read16(p) == type && read16(p + 2) == INTERNET && read16(p + 8) == (type == IPV4 ? 4 : 16))
            inet_ntop(type == IPV4 ? AF_INET : AF_INET6, p + 10, found->text[found->count++], INET6_ADDRSTRLEN);
        p += 10 + read16(p + 8);
    }
    return ASYNC_OK;
}

/* ---- asking --------------------------------------------------------------------------------------------------- */

/* Hears datagrams until one is the answer. */
struct hear {
    async_frame frame;
    int fd;
    const unsigned char *question;
    size_t question_size;
    bool cut;
    unsigned char *packet;
    size_t *size;
};

async(hear)
{
    async_begin;
    do
        await_into(*self->size, async_socket_recvfrom, .fd = self->fd, .buffer = self->packet, .size = LARGEST,
            .truncated = &self->cut);
    while (self->cut || !is_answer(self->packet, *self->size, self->question, self->question_size));
    async_end;
}

struct ask {
    async_frame frame;
    const async_address *server;
    const char *name;
    unsigned type, id;
    int fd, tries;
    size_t question_size, size;
    async_status status;
    answers result;
    unsigned char question[LARGEST], packet[LARGEST];
};

async(ask, question) /* the frame is not zeroed from question on */
{
    async_begin;
    self->fd = -1;
    self->question_size = make_question(self->question, self->id, self->name, self->type);
    if (self->question_size == 0)
        async_raise(NO_SUCH_NAME);
    self->fd = async_address_datagram(NULL, self->server, 0);
    if (self->fd < 0)
        async_raise(self->fd);
    for (self->status = ASYNC_TIMED_OUT; self->status == ASYNC_TIMED_OUT && self->tries < 3; self->tries++) {
        await(async_socket_send, .fd = self->fd, .data = self->question, .size = self->question_size);
        await_for_catch(async_seconds(1), self->status, hear, .fd = self->fd, .question = self->question,
            .question_size = self->question_size, .packet = self->packet, .size = &self->size);
    }
    if (self->status == ASYNC_OK)
        self->status = read_answer(self->packet, self->size, self->question_size, self->type, &self->result);
    if (self->status < 0)
        async_raise(self->status);
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    async_end;
}

/* ---- all names at once ---------------------------------------------------------------------------------------- */

static const struct {
    unsigned type;
    const char *name;
} types[2] = { { IPV4, "A" }, { IPV6, "AAAA" } };

static const char *explain(async_status status)
{
    switch (status) {
    case NO_SUCH_NAME: return "no such name";
    case SERVER_FAILED: return "the server failed";
    case TOO_LARGE: return "the answer is too large for a datagram";
    default: return async_strerror(status);
    }
}

struct client {
    async_frame frame;
    const char *server;
    char **names;
    int count, i, failed;
    async_address address;
    async_task **tasks; /* two for each name */
    async_status status;
};

async(client)
{
    async_begin;
    /* with a port, or without */
    if (async_address_parse(&self->address, self->server) < 0 &&
        async_address_set_ip(&self->address, self->server, 53) < 0)
        async_raise(ASYNC_INVALID_ARGUMENT);
    self->tasks = (async_task **)calloc((size_t)self->count * 2, sizeof *self->tasks);
    if (self->tasks == NULL)
        async_raise(ASYNC_NO_MEMORY);
    for (self->i = 0; self->i < self->count * 2; self->i++)
        self->tasks[self->i] = async_create_task(ask, .server = &self->address, .name = self->names[self->i / 2],
            .type = types[self->i % 2].type, .id = (unsigned)rand() & 0xFFFF);
    for (self->i = 0; self->i < self->count * 2; self->i++) {
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
        if (self->status < 0) {
            printf("%s %s: %s\n", self->names[self->i / 2], types[self->i % 2].name, explain(self->status));
            self->failed = 1;
        } else {
            answers found = async_result(self->tasks[self->i], ask);
            int i;
            for (i = 0; i < found.count; i++)
                printf("%s %s %s\n", self->names[self->i / 2], types[self->i % 2].name, found.text[i]);
        }
    }
    if (self->failed)
        async_raise(NO_SUCH_NAME);
    async_finally;
    for (self->i = 0; self->tasks != NULL && self->i < self->count * 2; self->i++)
        async_release(self->tasks[self->i]);
    free(self->tasks);
    async_end;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s SERVER[:PORT] NAME...\n", argv[0]);
        return argc > 1;
    }
    srand((unsigned)time(NULL) ^ (unsigned)getpid());
    return async_run(client, .server = argv[1], .names = argv + 2, .count = argc - 2) < 0;
}
