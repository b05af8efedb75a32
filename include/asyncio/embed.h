/* embed.h: the loop inside a foreign one (a GUI's, another library's). Linux only: elsewhere call
 * async_loop_run_once() from time to time. */
#ifndef ASYNCIO_EMBED_H
#define ASYNCIO_EMBED_H

#include "run.h"

#if defined(__linux__)

ASYNC_EXTERN_C_BEGIN_

/* async_loop_fileno: a descriptor that is readable when async_loop_run_once() has something to do because of a
 * descriptor or another thread. Watch it in the foreign loop, with the time that async_loop_run_once() gave as the
 * timeout, and call that function on either. The loop owns it. -errno. Loop thread. */
int async_loop_fileno(async_loop *loop);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && defined(__linux__)
#ifndef ASYNCIO_EMBED_IMPLEMENTATION_
#define ASYNCIO_EMBED_IMPLEMENTATION_

#include <sys/epoll.h>

ASYNC_EXTERN_C_BEGIN_

/* Keeps the epoll set equal to the array that is polled; events 0 takes a descriptor out. */
static void async_mirror_(async_loop *loop, int fd, short events)
{
    struct epoll_event event;
    ASYNC_MEMSET_(&event, 0, sizeof event);
    event.events = (events & POLLIN ? (uint32_t)EPOLLIN : 0) | (events & POLLOUT ? (uint32_t)EPOLLOUT : 0);
    event.data.fd = fd;
    if (events == 0)
        (void)epoll_ctl(loop->mirror_fd, EPOLL_CTL_DEL, fd, &event);
    else if (epoll_ctl(loop->mirror_fd, EPOLL_CTL_MOD, fd, &event) != 0)
        (void)epoll_ctl(loop->mirror_fd, EPOLL_CTL_ADD, fd, &event);
}

int async_loop_fileno(async_loop *loop)
{
    int i;
    if (loop->mirror != NULL)
        return loop->mirror_fd;
    if (async_poller_of_(loop) == NULL)
        return ASYNC_NO_MEMORY;
    loop->mirror_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->mirror_fd < 0)
        return -errno;
    loop->mirror = async_mirror_;
    for (i = 0; i < loop->poller->count; i++)
        if (loop->poller->fds[i].events != 0)
            async_mirror_(loop, loop->poller->fds[i].fd, loop->poller->fds[i].events);
    return loop->mirror_fd;
}

ASYNC_EXTERN_C_END_

#endif
#endif
