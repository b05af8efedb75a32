/* echo_libev.c: echo_libev PORT */
#include "listen.h"
#include <ev.h>

static char buffer[65536];

static void readable(struct ev_loop *loop, ev_io *io, int events)
{
    ssize_t size = recv(io->fd, buffer, sizeof buffer, 0);
    (void)events;
    if (size > 0 && send(io->fd, buffer, (size_t)size, MSG_NOSIGNAL) == size)
        return;
    if (size < 0 && errno == EAGAIN)
        return;
    ev_io_stop(loop, io);
    close(io->fd);
    free(io);
}

static void acceptable(struct ev_loop *loop, ev_io *listener, int events)
{
    int fd;
    (void)events;
    while ((fd = accept_one(listener->fd)) >= 0) {
        ev_io *io = (ev_io *)malloc(sizeof *io);
        require(io != NULL, "malloc");
        ev_io_init(io, readable, fd, EV_READ);
        ev_io_start(loop, io);
    }
}

int main(int argc, char **argv)
{
    struct ev_loop *loop = ev_default_loop(0);
    ev_io listener;
    ev_io_init(&listener, acceptable, listen_on(argc > 1 ? argv[1] : "8888"), EV_READ);
    ev_io_start(loop, &listener);
    ev_run(loop, 0);
    return 1;
}
