/* poll.h: the poller of every POSIX system: poll(2). Hosts only.
 *
 * The array it takes is kept from one wait to the next: a descriptor has its place there (watch->own) until it is
 * watched no more, when the last one takes that place. */
#ifndef ASYNCIO_POLL_H
#define ASYNCIO_POLL_H

#include "poller.h"

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_POLL_IMPLEMENTATION_
#define ASYNCIO_POLL_IMPLEMENTATION_

#include <poll.h>

ASYNC_EXTERN_C_BEGIN_

struct async_poll_ {
    struct pollfd *fds;
    int count, capacity;
    int next, events; /* where to look for the next event of this wait, and how many are left */
};

static async_status async_poll_open_(struct async_poller_ *poller)
{
    struct async_poll_ *poll = (struct async_poll_ *)ASYNCIO_MALLOC(sizeof *poll);
    if (poll == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(poll, 0, sizeof *poll);
    poller->own = poll;
    return ASYNC_OK;
}

static void async_poll_close_(struct async_poller_ *poller)
{
    struct async_poll_ *poll = (struct async_poll_ *)poller->own;
    if (poll->fds != NULL)
        ASYNCIO_FREE(poll->fds);
    ASYNCIO_FREE(poll);
}

static bool async_poll_reserve_(struct async_poll_ *poll)
{
    int capacity = poll->capacity == 0 ? 8 : poll->capacity * 2;
    struct pollfd *fds;
    if (poll->count < poll->capacity)
        return true;
    fds = (struct pollfd *)ASYNCIO_MALLOC((size_t)capacity * sizeof *fds);
    if (fds == NULL)
        return false;
    if (poll->fds != NULL) {
        ASYNC_MEMCPY_(fds, poll->fds, (size_t)poll->count * sizeof *fds);
        ASYNCIO_FREE(poll->fds);
    }
    poll->fds = fds;
    poll->capacity = capacity;
    return true;
}

static async_status async_poll_set_(struct async_poller_ *poller, int fd, unsigned interest)
{
    struct async_poll_ *poll = (struct async_poll_ *)poller->own;
    struct async_watch_ *watch = &poller->watches[fd];
    int place;
    if (interest == 0) {
        place = (int)watch->own;
        poll->fds[place] = poll->fds[--poll->count];
        poller->watches[poll->fds[place].fd].own = (uint32_t)place;
        if (place < poll->next) /* the one that came here may have an event */
            poll->next = place;
        return ASYNC_OK;
    }
    if (watch->interest == 0) {
        if (!async_poll_reserve_(poll))
            return ASYNC_NO_MEMORY;
        place = poll->count++;
        watch->own = (uint32_t)place;
        poll->fds[place].fd = fd;
        poll->fds[place].revents = 0;
    }
    poll->fds[watch->own].events = (short)((interest & ASYNC_READS_ ? POLLIN : 0) | (interest & ASYNC_WRITES_ ? POLLOUT : 0));
    return ASYNC_OK;
}

static void async_poll_wait_(struct async_poller_ *poller, int milliseconds)
{
    struct async_poll_ *own = (struct async_poll_ *)poller->own;
    own->events = poll(own->fds, (nfds_t)own->count, milliseconds);
    own->next = 0;
}

static bool async_poll_next_(struct async_poller_ *poller, async_poller_event_ *event)
{
    struct async_poll_ *poll = (struct async_poll_ *)poller->own;
    while (poll->events > 0 && poll->next < poll->count) {
        struct pollfd *p = &poll->fds[poll->next++];
        if (p->revents == 0)
            continue;
        event->fd = p->fd;
        event->what = p->revents & POLLNVAL ? ASYNC_GONE_
            : p->revents & (POLLERR | POLLHUP) ? ASYNC_READS_ | ASYNC_WRITES_
            : (p->revents & POLLIN ? ASYNC_READS_ : 0u) | (p->revents & POLLOUT ? ASYNC_WRITES_ : 0u);
        p->revents = 0;
        poll->events--;
        return true;
    }
    return false;
}

static const async_poller_kind_ async_poll_kind_ = { async_poll_open_, async_poll_close_, async_poll_set_, NULL,
    async_poll_wait_, async_poll_next_, NULL };

ASYNC_EXTERN_C_END_

#endif
#endif
