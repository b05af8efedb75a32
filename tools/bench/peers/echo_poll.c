/* echo_poll.c: the least a server on poll can do: echo_poll PORT */
#include "listen.h"
#include <poll.h>

static char buffer[65536];

int main(int argc, char **argv)
{
    int count = 1, capacity = 1024, ready, i, fd;
    struct pollfd *fds = (struct pollfd *)malloc(sizeof *fds * (size_t)capacity);
    require(fds != NULL, "malloc");
    fds[0].fd = listen_on(argc > 1 ? argv[1] : "8888");
    fds[0].events = POLLIN;
    for (;;) {
        int known = count;
        ready = poll(fds, (nfds_t)count, -1);
        if (fds[0].revents != 0) {
            ready--;
            while ((fd = accept_one(fds[0].fd)) >= 0) {
                if (count == capacity) {
                    capacity *= 2;
                    fds = (struct pollfd *)realloc(fds, sizeof *fds * (size_t)capacity);
                    require(fds != NULL, "realloc");
                }
                fds[count].fd = fd;
                fds[count].revents = 0;
                fds[count++].events = POLLIN;
            }
        }
        for (i = known - 1; i > 0 && ready > 0; i--) {
            ssize_t size;
            if (fds[i].revents == 0)
                continue;
            ready--;
            size = recv(fds[i].fd, buffer, sizeof buffer, 0);
            if (size > 0 && send(fds[i].fd, buffer, (size_t)size, MSG_NOSIGNAL) == size)
                continue;
            close(fds[i].fd);
            fds[i] = fds[--count];
        }
    }
}
