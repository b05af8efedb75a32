/* A TCP proxy: whoever connects to it is connected to a host and port, and bytes go both ways.
 *
 *     26_tcp_proxy example.org:80 8080        then: curl -H 'Host: example.org' localhost:8080
 *
 * When one side has sent everything, the other is told so and may go on sending (a half close). When either connection
 * fails, both are closed. Ctrl-C ends it. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char target[256];
static int target_port;

/* One direction. */
struct pump {
    async_frame frame;
    int from, to;
    size_t size;
    char buffer[16384];
};

async(pump, buffer) /* the frame is not zeroed from buffer on */
{
    async_begin;
    for (;;) {
        await_into(self->size, async_socket_recv, .fd = self->from, .buffer = self->buffer,
            .size = sizeof self->buffer);
        if (self->size == 0)
            break;
        await(async_socket_sendall, .fd = self->to, .data = self->buffer, .size = self->size);
    }
    shutdown(self->to, SHUT_WR); /* no more will come; if there is nobody any more, the other direction will say so */
    async_end;
}

/* Both, until both are done; if one fails the group cancels the other. */
struct join {
    async_frame frame;
    int client, server;
    async_task_group group;
};

async(join)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, pump, .from = self->client, .to = self->server);
    async_task_group_create_task(&self->group, pump, .from = self->server, .to = self->client);
    async_end;
}

struct serve {
    async_frame frame;
    int client, server;
};

async(serve)
{
    async_begin;
    self->server = -1;
    await_into(self->server, async_net_connect, .host = target, .port = target_port);
    await(join, .client = self->client, .server = self->server);
    async_finally;
    async_fd_close(self->client);
    if (self->server >= 0)
        async_fd_close(self->server);
    async_end;
}

/* A client's failure is not the proxy's. */
struct client {
    async_frame frame;
    int fd;
    async_address peer;
    async_status status;
};

async(client)
{
    char text[ASYNC_ADDRESS_TEXT];
    async_begin;
    await_catch(self->status, serve, .client = self->fd);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    if (self->status < 0)
        fprintf(stderr, "%s: %s\n", async_address_format(&self->peer, text, sizeof text), async_strerror(self->status));
    async_end;
}

/* One of the addresses it listens on. */
struct accept_all {
    async_frame frame;
    int listener, fd;
    async_address peer;
};

async(accept_all)
{
    async_begin;
    for (;;) {
        await_into(self->fd, async_socket_accept, .fd = self->listener, .peer = &self->peer);
        if (!async_go(client, .fd = self->fd, .peer = self->peer))
            async_fd_close(self->fd);
    }
    async_end;
}

struct proxy {
    async_frame frame;
    int port, fds[8];
    size_t count, i;
    async_task_group group;
};

async(proxy)
{
    async_address address;
    async_begin;
    await_into(self->count, async_net_listen, .port = self->port, .fds = self->fds, .capacity = 8, .backlog = 1024);
    if (async_socket_name(self->fds[0], &address) == ASYNC_OK)
        printf("listening on port %d\n", async_address_port(&address));
    fflush(stdout);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < self->count; self->i++)
        async_task_group_create_task(&self->group, accept_all, .listener = self->fds[self->i]);
    async_finally; /* the group has been waited for */
    while (self->count > 0)
        async_fd_close(self->fds[--self->count]);
    async_end;
}

int main(int argc, char **argv)
{
    const char *colon = argc > 1 ? strrchr(argv[1], ':') : NULL;
    async_status status;
    if (colon == NULL || (size_t)(colon - argv[1]) >= sizeof target) {
        fprintf(stderr, "usage: %s HOST:PORT [PORT]\n", argv[0]);
        return argc > 1;
    }
    memcpy(target, argv[1], (size_t)(colon - argv[1])); /* the rest is zero */
    target_port = atoi(colon + 1);
    status = async_run(proxy, .port = argc > 2 ? atoi(argv[2]) : 8888);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
