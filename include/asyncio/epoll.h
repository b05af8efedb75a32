/* epoll.h: the poller of Linux for many descriptors: a wait costs what happens, not what is watched.
 *
 * epoll goes by the open file behind a descriptor, not by its number: one that is closed while a duplicate is open (in a
 * child process, too) goes on being reported, under a number that may be another's by now, and cannot be taken out any
 * more. So each registration has a generation (watch->own); an event with another one is of such a ghost, and the set has
 * to be made anew. */
#ifndef ASYNCIO_EPOLL_H
#define ASYNCIO_EPOLL_H

#include "poller.h"

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_EPOLL
#ifndef ASYNCIO_EPOLL_IMPLEMENTATION_
#define ASYNCIO_EPOLL_IMPLEMENTATION_

#include <sys/epoll.h>

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_EPOLL_EVENTS_ = 256 };

struct async_epoll_ {
    int fd;
    uint32_t generation;
    int next, count; /* of the events */
    struct epoll_event events[ASYNC_EPOLL_EVENTS_];
};

static async_status async_epoll_open_(struct async_poller_ *poller)
{
    struct async_epoll_ *epoll = (struct async_epoll_ *)ASYNCIO_MALLOC(sizeof *epoll);
    int fd;
    if (epoll == NULL)
        return ASYNC_NO_MEMORY;
    epoll->generation = 0;
    epoll->next = epoll->count = 0;
    fd = epoll->fd = async_own_fd_(epoll_create1(EPOLL_CLOEXEC));
    if (fd < 0) {
        ASYNCIO_FREE(epoll);
        return fd;
    }
    poller->own = epoll;
    return ASYNC_OK;
}

static void async_epoll_close_(struct async_poller_ *poller)
{
    struct async_epoll_ *epoll = (struct async_epoll_ *)poller->own;
    close(epoll->fd);
    ASYNCIO_FREE(epoll);
}

static async_status async_epoll_ctl_(struct async_poller_ *poller, int operation, int fd, unsigned interest)
{
    struct async_epoll_ *epoll = (struct async_epoll_ *)poller->own;
    struct epoll_event event;
    if (operation == EPOLL_CTL_ADD)
        poller->watches[fd].own = ++epoll->generation;
    ASYNC_MEMSET_(&event, 0, sizeof event);
    event.events = (interest & ASYNC_READS_ ? (uint32_t)EPOLLIN : 0u) | (interest & ASYNC_WRITES_ ? (uint32_t)EPOLLOUT : 0u);
    event.data.u64 = (uint64_t)poller->watches[fd].own << 32 | (uint32_t)fd;
    return epoll_ctl(epoll->fd, operation, fd, &event) == 0 ? ASYNC_OK : -errno;
}

static async_status async_epoll_set_(struct async_poller_ *poller, int fd, unsigned interest)
{
    async_status status;
    if (interest == 0) { /* failed: closed behind our back, so it is out already, or a ghost from now on */
        (void)async_epoll_ctl_(poller, EPOLL_CTL_DEL, fd, 0);
        poller->watches[fd].own = 0;
        return ASYNC_OK;
    }
    if (poller->watches[fd].interest != 0) {
        status = async_epoll_ctl_(poller, EPOLL_CTL_MOD, fd, interest);
        if (status != -ENOENT) /* the number is another's now */
            return status;
    }
    status = async_epoll_ctl_(poller, EPOLL_CTL_ADD, fd, interest);
    if (status == -EEXIST) /* a ghost that has got its number back */
        status = async_epoll_ctl_(poller, EPOLL_CTL_MOD, fd, interest);
    return status;
}

static async_status async_epoll_renew_(struct async_poller_ *poller, int fd)
{
    return async_epoll_set_(poller, fd, poller->watches[fd].interest);
}

static void async_epoll_wait_(struct async_poller_ *poller, int milliseconds)
{
    struct async_epoll_ *epoll = (struct async_epoll_ *)poller->own;
    epoll->count = epoll_wait(epoll->fd, epoll->events, ASYNC_EPOLL_EVENTS_, milliseconds);
    epoll->next = 0;
}

static inline bool async_epoll_next_(struct async_poller_ *poller, async_poller_event_ *event)
{
    struct async_epoll_ *epoll = (struct async_epoll_ *)poller->own;
    while (epoll->next < epoll->count) {
        const struct epoll_event *e = &epoll->events[epoll->next++];
        uint64_t data = e->data.u64;
        uint32_t happened = e->events;
        event->fd = (int)(uint32_t)data;
        if (ASYNC_RARE_(poller->watches[event->fd].own != (uint32_t)(data >> 32))) {
            poller->haunted = true;
            continue;
        }
        event->what = happened == (uint32_t)EPOLLIN ? ASYNC_READS_ : happened & ((uint32_t)EPOLLERR | (uint32_t)EPOLLHUP) ? ASYNC_READS_ | ASYNC_WRITES_
            : (happened & (uint32_t)EPOLLIN ? ASYNC_READS_ : 0u) | (happened & (uint32_t)EPOLLOUT ? ASYNC_WRITES_ : 0u);
        return true;
    }
    return false;
}

static int async_epoll_fileno_(struct async_poller_ *poller) { return ((struct async_epoll_ *)poller->own)->fd; }

static const async_poller_kind_ async_epoll_kind_ = { async_epoll_open_, async_epoll_close_, async_epoll_set_,
    async_epoll_renew_, async_epoll_wait_, async_epoll_next_, async_epoll_fileno_ };

ASYNC_EXTERN_C_END_

#endif
#endif
