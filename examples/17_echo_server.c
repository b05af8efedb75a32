/* A TCP echo server: one task per client. Try it with `nc localhost 8888`, and end it with Ctrl-C.
 *
 * Ctrl-C cancels main; async_run() then cancels the clients' tasks, and every descriptor is closed by the finally
 * part of the function that owns it. The program then ends with status 0. An argument is another port; 0 is any. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "listen.h"
#include <stdio.h>
#include <stdlib.h>

struct echo {
    async_frame frame;
    int fd;
    size_t size;
    char buffer[4096];
};

async(echo, buffer) /* the frame is not zeroed from buffer on */
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

struct client { async_frame frame; int fd; async_status status; };

async(client)
{
    async_begin;
    await_catch(self->status, echo, .fd = self->fd); /* a client that broke off is no failure of the server's */
    async_finally;
    async_fd_close(self->fd);
    async_end;
}

struct server {
    async_frame frame;
    int port, listener, fd;
};

async(server)
{
    async_begin;
    self->listener = listen_on(self->port);
    if (self->listener < 0)
        async_raise(self->listener);
    for (;;) {
        await_into(self->fd, async_fd_accept, .fd = self->listener);
        if (!async_go(client, .fd = self->fd))
            async_fd_close(self->fd);
    }
    async_finally;
    if (self->listener >= 0)
        async_fd_close(self->listener);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(server, .port = argc > 1 ? atoi(argv[1]) : 8888);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
