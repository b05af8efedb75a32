/* The echo server on as many loops as there are processors, each in a thread of its own. Compile with -pthread.
 *
 * Every loop listens on the same port, and the system divides the connections among them (SO_REUSEPORT), so the loops
 * share nothing. Ctrl-C ends them all; so does a failure of one. An argument is another port; 0 is any. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

struct client { async_frame frame; int fd; async_status status; };

async(client)
{
    async_begin;
    await_catch(self->status, echo, .fd = self->fd);
    async_finally;
    async_fd_close(self->fd);
    async_end;
}

struct server { async_frame frame; const async_address *address; int first, listener, fd; };

async(server)
{
    async_begin;
    self->listener = self->first; /* main's, which has found the port, is for one of them */
    if (async_run_many_index() != 0)
        self->listener = async_address_listen(self->address, 1024, true);
    if (self->listener < 0)
        async_raise(self->listener);
    for (;;) {
        await_into(self->fd, async_fd_accept, .fd = self->listener);
        if (!async_go(client, .fd = self->fd))
            async_fd_close(self->fd);
    }
    async_finally;
    if (async_run_many_index() != 0 && self->listener >= 0)
        async_fd_close(self->listener);
    async_end;
}

int main(int argc, char **argv)
{
    async_address address;
    async_status status = async_address_set_ip(&address, "127.0.0.1", argc > 1 ? atoi(argv[1]) : 8888);
    int first = status < 0 ? status : async_address_listen(&address, 1024, true);
    if (first < 0 || async_socket_name(first, &address) < 0) {
        fprintf(stderr, "%s\n", async_strerror(first));
        return 1;
    }
    printf("listening on port %d\n", async_address_port(&address));
    fflush(stdout);
    status = async_run_many(0, NULL, server, .address = &address, .first = first);
    close(first);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
