/* echo.c: the TCP echo server on asyncio.h: echo PORT fd|stream|protocol [automatic|poll|epoll] */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what)
{
    fprintf(stderr, "echo: %s\n", what);
    exit(1);
}

static void no_delay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* ---- descriptors: a task for each client ----------------------------------------------------------------------- */

struct echo {
    async_frame frame;
    int fd;
    size_t size;
    char buffer[4096];
};

async(echo, buffer)
{
    async_begin;
    for (;;) {
        await_into(self->size, async_fd_read, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
        if (self->size == 0)
            break;
        await(async_fd_write_all, .fd = self->fd, .data = self->buffer, .size = self->size);
    }
    async_end;
}

struct client {
    async_frame frame;
    int fd;
    async_status status;
};

async(client)
{
    async_begin;
    no_delay(self->fd);
    await_catch(self->status, echo, .fd = self->fd); /* a client that broke off is no failure of the server's */
    async_finally;
    async_fd_close(self->fd);
    async_end;
}

struct fd_server {
    async_frame frame;
    int port, fd, listeners[1];
    size_t count;
};

async(fd_server)
{
    async_begin;
    await_into(self->count, async_net_listen, .host = "127.0.0.1", .port = self->port, .backlog = 4096,
        .fds = self->listeners, .capacity = 1);
    for (;;) {
        await_into(self->fd, async_fd_accept, .fd = self->listeners[0]);
        if (!async_go(client, .fd = self->fd))
            async_fd_close(self->fd);
    }
    async_end;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

struct stream_echo {
    async_frame frame;
    async_stream *stream;
    async_bytes data;
};

async(stream_echo)
{
    async_begin;
    for (;;) {
        await_into(self->data, async_stream_read, .stream = self->stream, .size = 4096);
        if (self->data.size == 0)
            break;
        async_stream_write(self->stream, self->data.data, self->data.size);
        await(async_stream_drain, .stream = self->stream);
    }
    async_end;
}

struct stream_client {
    async_frame frame;
    async_stream *stream; /* these two the server sets */
    void *context;
    async_status status;
};

async(stream_client)
{
    async_begin;
    await_catch(self->status, stream_echo, .stream = self->stream);
    async_end;
}

struct stream_server {
    async_frame frame;
    int port;
    async_server server;
};

async(stream_server)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = self->port, .backlog = 4096,
        .handler = async_handler(stream_client));
    await(async_server_serve_forever, .server = &self->server);
    async_end;
}

/* ---- protocols --------------------------------------------------------------------------------------------------- */

struct connection {
    async_protocol protocol;
    async_transport *transport;
};

static void made(async_protocol *protocol, async_transport *transport)
{
    ((struct connection *)(void *)protocol)->transport = transport;
}

static void received(async_protocol *protocol, const void *data, size_t size)
{
    async_transport_write(((struct connection *)(void *)protocol)->transport, data, size);
}

static void lost(async_protocol *protocol, async_status status)
{
    (void)status;
    free(protocol);
}

static async_protocol *connection(void *context)
{
    static const async_protocol_type type = { made, received, NULL, NULL, NULL, lost };
    struct connection *c = (struct connection *)malloc(sizeof *c);
    (void)context;
    if (c == NULL)
        return NULL;
    c->protocol.type = &type;
    return &c->protocol;
}

struct protocol_server {
    async_frame frame;
    int port;
    async_server server;
};

async(protocol_server)
{
    async_begin;
    await(async_create_server, .server = &self->server, .host = "127.0.0.1", .port = self->port, .backlog = 4096,
        .factory = connection);
    await(async_server_serve_forever, .server = &self->server);
    async_end;
}

int main(int argc, char **argv)
{
    async_loop_config config = { .virtual_clock = false };
    const char *interface = argc > 2 ? argv[2] : "fd", *poller = argc > 3 ? argv[3] : "automatic";
    int port = argc > 1 ? atoi(argv[1]) : 8888, status = ASYNC_MISUSE;
    if (strcmp(poller, "poll") == 0)
        config.poller = ASYNC_POLLER_POLL;
    else if (strcmp(poller, "epoll") == 0)
        config.poller = ASYNC_POLLER_EPOLL;
    else if (strcmp(poller, "automatic") != 0)
        fail("there is no such poller");
    if (strcmp(interface, "fd") == 0)
        status = async_run_with(&config, fd_server, .port = port);
    else if (strcmp(interface, "stream") == 0)
        status = async_run_with(&config, stream_server, .port = port);
    else if (strcmp(interface, "protocol") == 0)
        status = async_run_with(&config, protocol_server, .port = port);
    fail(async_strerror(status));
    return 1;
}
