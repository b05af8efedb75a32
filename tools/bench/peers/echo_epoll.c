/* echo_epoll.c: the least a server on epoll can do: registered once, level-triggered, one read and one write for each
 * request. echo_epoll PORT echoes; echo_epoll PORT FILE answers whatever comes with the contents of FILE: one answer for
 * each piece that is read, which is a whole request where clients wait for the answer. */
#include "listen.h"
#include <sys/epoll.h>

enum { EVENTS = 256 };
static char buffer[65536], answer[65536];

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS], event;
    int listener = listen_on(argc > 1 ? argv[1] : "8888"), poller = epoll_create1(0), i, count, fd;
    size_t answer_size = 0;
    if (argc > 2) {
        FILE *file = fopen(argv[2], "rb");
        require(file != NULL, argv[2]);
        answer_size = fread(answer, 1, sizeof answer, file);
        fclose(file);
    }
    event.events = EPOLLIN;
    event.data.fd = listener;
    require(poller >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) == 0, "epoll");
    for (;;) {
        count = epoll_wait(poller, events, EVENTS, -1);
        for (i = 0; i < count; i++) {
            ssize_t size;
            if (events[i].data.fd == listener) {
                while ((fd = accept_one(listener)) >= 0) {
                    event.data.fd = fd;
                    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
                }
                continue;
            }
            fd = events[i].data.fd;
            size = recv(fd, buffer, sizeof buffer, 0);
            if (size > 0 && answer_size > 0 && send(fd, answer, answer_size, MSG_NOSIGNAL) == (ssize_t)answer_size)
                continue;
            if (size > 0 && answer_size == 0 && send(fd, buffer, (size_t)size, MSG_NOSIGNAL) == size)
                continue;
            if (size < 0 && errno == EAGAIN)
                continue;
            close(fd);
        }
    }
}
