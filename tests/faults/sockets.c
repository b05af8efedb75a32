/* Sockets without streams under faults: accepting, connecting, datagrams, files sent, descriptors passed. */
#include "faults.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* FILE_BYTES: so few that a socket holds them even one by one. */
enum { BYTES = 3000, FILE_BYTES = 100 };

static void close_all(int *fds, int count)
{
    int i;
    for (i = 0; i < count; i++) {
        if (fds[i] > 0)
            async_fd_close(fds[i]);
        fds[i] = 0;
    }
}

/* A listener, a connection to it, and all the bytes through it one way. */
struct accepts { async_frame frame; int fd, *to; };
async(accepts)
{
    async_begin;
    await_into(*self->to, async_socket_accept, .fd = self->fd);
    async_end;
}
struct tcp { async_frame frame; async_address address; async_task_group group; int fds[3]; size_t n, got; char text[BYTES], back[BYTES]; };
async(tcp)
{
    async_status status;
    async_begin;
    faults_fill(self->text, 0, BYTES);
    if ((status = async_address_parse(&self->address, "127.0.0.1:0")) < 0)
        async_raise(status);
    if ((self->fds[0] = async_address_listen(&self->address, 0, false)) < 0)
        async_raise(self->fds[0]);
    if ((status = async_socket_name(self->fds[0], &self->address)) < 0)
        async_raise(status);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, accepts, .fd = self->fds[0], .to = &self->fds[1]);
    await_into(self->fds[2], async_address_connect, .address = &self->address);
    await(async_task_group_join, .group = &self->group);
    await(async_socket_sendall, .fd = self->fds[2], .data = self->text, .size = BYTES);
    while (self->n < BYTES) {
        await_into(self->got, async_socket_recv, .fd = self->fds[1], .buffer = self->back + self->n, .size = BYTES - self->n);
        RIGHT(self->got > 0 && faults_same(self->back + self->n, self->n, self->got));
        self->n += self->got > 0 ? self->got : BYTES;
    }
    async_finally;
    close_all(self->fds, 3);
    async_end;
}
SCENARIO(sockets, tcp) { return RUN(tcp); }

/* A file, into a socket; and a descriptor. */
struct passing { async_frame frame; int fds[2], file, passed; size_t count, n, got; uint64_t sent; char text[FILE_BYTES], back[FILE_BYTES]; };
async(passing)
{
    async_status status;
    async_begin;
    faults_fill(self->text, 0, FILE_BYTES);
    await(async_file_save, .path = faults_path("file"), .data = self->text, .size = FILE_BYTES);
    await_into(self->file, async_file_open, .path = faults_path("file"), .flags = O_RDONLY);
    if ((status = async_socket_pair(SOCK_STREAM, self->fds)) < 0) {
        self->fds[0] = self->fds[1] = 0;
        async_raise(status);
    }
    await_into(self->sent, async_socket_sendfile, .fd = self->fds[0], .file = self->file);
    RIGHT(self->sent == FILE_BYTES);
    while (self->n < FILE_BYTES) {
        await_into(self->got, async_socket_recv, .fd = self->fds[1], .buffer = self->back + self->n, .size = FILE_BYTES - self->n);
        RIGHT(self->got > 0 && faults_same(self->back + self->n, self->n, self->got));
        self->n += self->got > 0 ? self->got : FILE_BYTES;
    }
    await_into(self->got, async_socket_send_fds, .fd = self->fds[0], .data = "!", .size = 1, .fds = &self->file, .count = 1);
    self->count = 1;
    await_into(self->got, async_socket_recv_fds, .fd = self->fds[1], .buffer = self->back, .size = FILE_BYTES, .fds = &self->passed,
        .count = &self->count);
    RIGHT(self->got == 1 && self->count == 1 && self->passed > 0);
    async_finally;
    close_all(self->fds, 2);
    close_all(&self->passed, 1);
    if (self->file > 0)
        await_catch(self->fds[0], async_file_close, .file = self->file);
    async_end;
}
SCENARIO(sockets, passing) { return RUN(passing); }

/* Datagrams there and back, each whole. */
struct datagrams { async_frame frame; int fds[2], i; async_address to, from; size_t n; bool truncated; char text[500], back[600]; };
async(datagrams)
{
    async_status status;
    async_begin;
    await_into(self->fds[0], async_net_datagram, .local_host = "127.0.0.1");
    if ((status = async_socket_name(self->fds[0], &self->to)) < 0)
        async_raise(status);
    await_into(self->fds[1], async_net_datagram, .host = "localhost", .port = async_address_port(&self->to), .family = AF_INET);
    for (self->i = 0; self->i < 5; self->i++) {
        faults_fill(self->text, (size_t)self->i, sizeof self->text);
        await_into(self->n, async_socket_send, .fd = self->fds[1], .data = self->text, .size = sizeof self->text);
        RIGHT(self->n == sizeof self->text);
        await_into(self->n, async_socket_recvfrom, .fd = self->fds[0], .buffer = self->back, .size = sizeof self->back,
            .from = &self->from, .truncated = &self->truncated);
        RIGHT(self->n == 500 && !self->truncated && faults_same(self->back, (size_t)self->i, 500));
        await_into(self->n, async_socket_sendto, .fd = self->fds[0], .data = self->back, .size = 500, .to = &self->from);
        await_into(self->n, async_socket_recv, .fd = self->fds[1], .buffer = self->back, .size = 100);
        RIGHT(self->n == 100 && faults_same(self->back, (size_t)self->i, 100));
    }
    async_finally;
    close_all(self->fds, 2);
    async_end;
}
SCENARIO(sockets, datagrams) { return RUN(datagrams); }

/* The same by callbacks. What is lost on the way the protocol was told. */
struct endpoint { async_datagram_protocol protocol; async_datagram_transport *transport; async_status status; size_t size; int got;
    bool answers; async_event *event; };

static void endpoint_made(async_datagram_protocol *protocol, async_datagram_transport *transport)
{
    ((struct endpoint *)protocol)->transport = transport;
}

static void endpoint_failed(async_datagram_protocol *protocol, async_status status)
{
    struct endpoint *end = (struct endpoint *)protocol;
    end->status = status;
    async_event_set(end->event);
}

static void endpoint_received(async_datagram_protocol *protocol, const void *data, size_t size, const async_address *from)
{
    struct endpoint *end = (struct endpoint *)protocol;
    RIGHT(size == end->size && faults_same((const char *)data, (size_t)end->got, size));
    end->got++;
    if (end->answers)
        async_datagram_transport_sendto(end->transport, data, size, from);
    else
        async_event_set(end->event);
}

static void endpoint_lost(async_datagram_protocol *protocol, async_status status)
{
    struct endpoint *end = (struct endpoint *)protocol;
    end->transport = NULL;
    if (status < 0)
        endpoint_failed(protocol, status);
}

static const async_datagram_protocol_type endpoint_type = { endpoint_made, endpoint_received, endpoint_failed, NULL, NULL, endpoint_lost };

struct endpoints { async_frame frame; int i; async_address to; async_datagram_transport *transport; async_event event;
    struct endpoint ends[2]; char text[500]; };
async(endpoints)
{
    async_status status;
    async_begin;
    for (self->i = 0; self->i < 2; self->i++) {
        self->ends[self->i].protocol.type = &endpoint_type;
        self->ends[self->i].event = &self->event;
        self->ends[self->i].size = sizeof self->text;
    }
    self->ends[0].answers = true;
    await_into(self->transport, async_create_datagram_endpoint, .protocol = &self->ends[0].protocol, .local_host = "127.0.0.1");
    if ((status = async_datagram_transport_sockname(self->transport, &self->to)) < 0)
        async_raise(status);
    await_into(self->transport, async_create_datagram_endpoint, .protocol = &self->ends[1].protocol, .host = "localhost",
        .port = async_address_port(&self->to), .family = AF_INET);
    for (self->i = 0; self->i < 5; self->i++) {
        faults_fill(self->text, (size_t)self->i, sizeof self->text);
        async_event_clear(&self->event);
        status = async_datagram_transport_sendto(self->transport, self->text, sizeof self->text, NULL);
        if (status < 0)
            async_raise(status);
        while (self->ends[1].got <= self->i) {
            await(async_event_wait, .event = &self->event);
            async_event_clear(&self->event);
            if (self->ends[0].status < 0 || self->ends[1].status < 0)
                async_raise(self->ends[0].status < 0 ? self->ends[0].status : self->ends[1].status);
        }
    }
    async_finally;
    for (self->i = 0; self->i < 2; self->i++)
        if (self->ends[self->i].transport != NULL)
            async_datagram_transport_abort(self->ends[self->i].transport);
    await(async_sleep);
    async_end;
}
SCENARIO(sockets, endpoints) { return RUN(endpoints); }

/* Addresses into text and names and back; a socket that was left at a path. */
struct names { async_frame frame; async_address address; int fd; char text[ASYNC_ADDRESS_TEXT], host[80]; };
async(names)
{
    async_status status;
    async_begin;
    if ((status = async_address_parse(&self->address, "[fe80::1%lo]:80")) < 0)
        async_raise(status == ASYNC_INVALID_ARGUMENT ? -ENXIO : status); /* no such interface */
    async_address_format(&self->address, self->text, sizeof self->text);
    RIGHT(strcmp(self->text, "[fe80::1%lo]:80") == 0 || strcmp(self->text, "[fe80::1%1]:80") == 0);
    await(async_getnameinfo, .address = &self->address, .host = self->host, .host_size = sizeof self->host, .flags = 1 /* NI_NUMERICHOST */);
    RIGHT(strncmp(self->host, "fe80::1%", 8) == 0);
    if ((self->fd = async_unix_datagram(faults_path("socket"), NULL)) < 0)
        async_raise(self->fd);
    close(self->fd);
    if ((self->fd = async_unix_datagram(faults_path("socket"), NULL)) < 0)
        async_raise(self->fd);
    async_finally;
    if (self->fd > 0)
        close(self->fd);
    async_end;
}
SCENARIO(sockets, names) { return RUN(names); }
