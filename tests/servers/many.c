/* An echo server for very many clients, pinned to the poller POLLER: what an idle connection costs is little more than
 * its frames. One function for each client, with a small buffer. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "../../examples/listen.h"
#include <stdio.h>
#include <stdlib.h>

static const async_loop_config config = { .poller = POLLER };

struct echo {
    async_frame frame;
    int fd;
    size_t size;
    char buffer[256];
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
    async_finally;
    async_fd_close(self->fd);
    async_end;
}

struct server { async_frame frame; int port, listener, fd; };

async(server)
{
    async_begin;
    self->listener = listen_on(self->port);
    if (self->listener < 0)
        async_raise(self->listener);
    for (;;) {
        await_into(self->fd, async_fd_accept, .fd = self->listener);
        if (!async_go(echo, .fd = self->fd))
            async_fd_close(self->fd);
    }
    async_finally;
    if (self->listener >= 0)
        async_fd_close(self->listener);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run_with(&config, server, .port = argc > 1 ? atoi(argv[1]) : 0);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
