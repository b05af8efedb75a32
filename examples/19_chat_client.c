/* A client for the chat server: PORT [PREFIX]. What is typed is sent, what comes is printed, each line behind PREFIX.
 *
 * Two directions at once: a child task waits for standard input, the function itself for the socket. Standard
 * input is left in blocking mode, since the descriptor is shared with the shell: the child waits until it is
 * readable, and a read then does not block. It ends when the server hangs up, or with Ctrl-C. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

struct typing { async_frame frame; int fd; char text[512]; ssize_t size; };

async(typing)
{
    async_begin;
    do {
        await(async_fd_readable, .fd = STDIN_FILENO);
        self->size = read(STDIN_FILENO, self->text, sizeof self->text);
        if (self->size > 0)
            await(async_fd_write_all, .fd = self->fd, .data = self->text, .size = (size_t)self->size);
    } while (self->size > 0);
    shutdown(self->fd, SHUT_WR); /* the server hears that no more will come */
    async_end;
}

struct client {
    async_frame frame;
    int port;
    const char *prefix;
    int fd;
    struct sockaddr_in address;
    async_task_group group;
    async_task *typing;
    char text[512];
    size_t size;
    bool in_line;
};

async(client)
{
    async_begin;
    self->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (self->fd < 0 || async_fd_set_nonblocking(self->fd) < 0)
        async_raise(-errno);
    self->address.sin_family = AF_INET;
    self->address.sin_port = htons((uint16_t)self->port);
    self->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    await(async_fd_connect, .fd = self->fd, .address = (struct sockaddr *)&self->address,
        .length = sizeof self->address);
    async_task_group_enter(&self->group);
    self->typing = async_retain(async_task_group_create_task(&self->group, typing, .fd = self->fd));
    for (;;) {
        await_into(self->size, async_fd_read, .fd = self->fd, .buffer = self->text, .size = sizeof self->text);
        if (self->size == 0)
            break;
        for (size_t i = 0; i < self->size; i++) { /* no await in this loop: i may be a local variable */
            if (!self->in_line)
                fputs(self->prefix, stdout);
            self->in_line = self->text[i] != '\n';
            putchar(self->text[i]);
        }
        fflush(stdout);
    }
    async_cancel(self->typing); /* which may have ended: the group lets go of it then, we do not */
    async_finally;
    async_release(self->typing);
    if (self->fd >= 0)
        async_fd_close(self->fd);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(client, .port = argc > 1 ? atoi(argv[1]) : 7777,
        .prefix = argc > 2 ? argv[2] : "");
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0;
}
