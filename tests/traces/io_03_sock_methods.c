/* The loop's socket methods: send, receive, the end. */
#include "trace.h"

struct receiving { async_frame frame; int fd; size_t n; char data[100]; };

async(receiving)
{
    async_begin;
    for (;;) {
        await_into(self->n, async_socket_recv, .fd = self->fd, .buffer = self->data, .size = sizeof self->data);
        if (self->n == 0)
            break;
        printf("got %.*s\n", (int)self->n, self->data);
    }
    puts("end");
    async_end;
}

struct main_ { async_frame frame; int a, b; async_task *task; };

async(main_)
{
    int pair[2];
    async_begin;
    if (async_socket_pair(SOCK_STREAM, pair) < 0)
        async_raise(BOOM);
    self->a = pair[0];
    self->b = pair[1];
    self->task = async_create_task(receiving, .fd = self->b);
    await(async_sleep, .delay = TICK);
    await(async_socket_sendall, .fd = self->a, .data = "one", .size = 3);
    await(async_sleep, .delay = TICK);
    await(async_socket_sendall, .fd = self->a, .data = "two", .size = 3);
    await(async_sleep, .delay = TICK);
    async_fd_close(self->a);
    await(async_join, .task = self->task);
    async_fd_close(self->b);
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run(main_) < 0; }
