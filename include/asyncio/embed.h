/* embed.h: the loop inside a foreign one (a GUI's, another library's). With epoll and kqueue only: elsewhere call
 * async_loop_run_once() from time to time. */
#ifndef ASYNCIO_EMBED_H
#define ASYNCIO_EMBED_H

#include "run.h"

#if ASYNCIO_EPOLL || ASYNCIO_KQUEUE

ASYNC_EXTERN_C_BEGIN_

/* async_loop_fileno: a descriptor that is readable when async_loop_run_once() has something to do because of a
 * descriptor or another thread. Watch it in the foreign loop, with the time that async_loop_run_once() gave as the
 * timeout, and call that function on either. The loop owns it; a child process asks again. The loop goes over to epoll or
 * kqueue for it: -ENOTSUP when it is pinned to poll(2). NO_MEMORY, -errno. Loop thread. */
int async_loop_fileno(async_loop *loop);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && (ASYNCIO_EPOLL || ASYNCIO_KQUEUE)
#ifndef ASYNCIO_EMBED_IMPLEMENTATION_
#define ASYNCIO_EMBED_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_EPOLL

/* A set may be made anew (epoll.h), which a foreign loop must not notice: it watches one with the set in it. */
static void async_embed_moved_(async_loop *loop)
{
    struct epoll_event event;
    ASYNC_MEMSET_(&event, 0, sizeof event);
    event.events = EPOLLIN;
    (void)epoll_ctl(loop->fileno, EPOLL_CTL_ADD, loop->poller->kind->fileno(loop->poller), &event);
}

static int async_embed_open_(async_loop *loop)
{
    (void)loop;
    return epoll_create1(EPOLL_CLOEXEC);
}

#else

static void async_embed_moved_(async_loop *loop) { loop->fileno = loop->poller->kind->fileno(loop->poller); }
static int async_embed_open_(async_loop *loop) { return loop->poller->kind->fileno(loop->poller); }

#endif

int async_loop_fileno(async_loop *loop)
{
    async_status status;
    if (loop->moved != NULL)
        return loop->fileno;
    status = async_poller_of_(loop);
    if (status == ASYNC_OK && loop->poller->kind->fileno == NULL)
        status = loop->poller->pinned ? -ENOTSUP : async_poller_move_(loop, async_poller_scaling_);
    if (status < 0)
        return status;
    loop->fileno = async_embed_open_(loop);
    if (loop->fileno < 0)
        return -errno;
    loop->moved = async_embed_moved_;
    async_embed_moved_(loop);
    return loop->fileno;
}

ASYNC_EXTERN_C_END_

#endif
#endif
