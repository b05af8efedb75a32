/* kqueue.h: the poller of macOS and the BSDs for many descriptors: a wait costs what happens, not what is watched.
 *
 * kqueue goes by the number of a descriptor, and lets go of it when that is closed. Reading and writing are two filters. */
#ifndef ASYNCIO_KQUEUE_H
#define ASYNCIO_KQUEUE_H

#include "poller.h"

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_KQUEUE
#ifndef ASYNCIO_KQUEUE_IMPLEMENTATION_
#define ASYNCIO_KQUEUE_IMPLEMENTATION_

#include <sys/event.h>
#include <sys/types.h>
#include <time.h>

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_KQUEUE_EVENTS_ = 256 };

struct async_kqueue_ {
    int fd;
    int next, count; /* of the events */
    struct kevent events[ASYNC_KQUEUE_EVENTS_];
};

static async_status async_kqueue_open_(struct async_poller_ *poller)
{
    struct async_kqueue_ *queue = (struct async_kqueue_ *)ASYNCIO_MALLOC(sizeof *queue);
    int fd;
    if (queue == NULL)
        return ASYNC_NO_MEMORY;
    queue->next = queue->count = 0;
    fd = queue->fd = async_own_fd_(kqueue());
    if (fd < 0) {
        ASYNCIO_FREE(queue);
        return fd;
    }
    fcntl(queue->fd, F_SETFD, FD_CLOEXEC);
    poller->own = queue;
    return ASYNC_OK;
}

static void async_kqueue_close_(struct async_poller_ *poller)
{
    struct async_kqueue_ *queue = (struct async_kqueue_ *)poller->own;
    if (!poller->forked) /* a child process does not inherit it, and the number may be another's there */
        close(queue->fd);
    ASYNCIO_FREE(queue);
}

static async_status async_kqueue_change_(struct async_poller_ *poller, int fd, bool writes, bool add)
{
    struct kevent change;
    ASYNC_MEMSET_(&change, 0, sizeof change);
    change.ident = (uintptr_t)fd;
    change.filter = writes ? EVFILT_WRITE : EVFILT_READ;
    change.flags = add ? EV_ADD : EV_DELETE;
    return kevent(((struct async_kqueue_ *)poller->own)->fd, &change, 1, NULL, 0, NULL) < 0 ? -errno : ASYNC_OK;
}

/* Adding what is there already changes nothing, and deleting what is not fails without harm. */
static async_status async_kqueue_apply_(struct async_poller_ *poller, int fd, unsigned before, unsigned interest)
{
    async_status status;
    if (interest & ~before & ASYNC_READS_) {
        status = async_kqueue_change_(poller, fd, false, true);
        if (status < 0)
            return status;
    }
    if (interest & ~before & ASYNC_WRITES_) {
        status = async_kqueue_change_(poller, fd, true, true);
        if (status < 0) {
            if (interest & ~before & ASYNC_READS_)
                (void)async_kqueue_change_(poller, fd, false, false);
            return status;
        }
    }
    if (before & ~interest & ASYNC_READS_)
        (void)async_kqueue_change_(poller, fd, false, false);
    if (before & ~interest & ASYNC_WRITES_)
        (void)async_kqueue_change_(poller, fd, true, false);
    return ASYNC_OK;
}

static async_status async_kqueue_set_(struct async_poller_ *poller, int fd, unsigned interest)
{
    unsigned before = poller->watches[fd].interest;
    struct stat st;
    if (before == 0) { /* a file is reported except at its end; what waits there is to read the end */
        if (fstat(fd, &st) != 0)
            return -errno;
        if (S_ISREG(st.st_mode))
            return -EPERM;
    }
    return async_kqueue_apply_(poller, fd, before, interest);
}

static async_status async_kqueue_renew_(struct async_poller_ *poller, int fd)
{
    return async_kqueue_apply_(poller, fd, 0, poller->watches[fd].interest);
}

static void async_kqueue_wait_(struct async_poller_ *poller, int milliseconds)
{
    struct async_kqueue_ *queue = (struct async_kqueue_ *)poller->own;
    struct timespec timeout;
    timeout.tv_sec = milliseconds / 1000;
    timeout.tv_nsec = milliseconds % 1000 * 1000000L;
    queue->count = kevent(queue->fd, NULL, 0, queue->events, ASYNC_KQUEUE_EVENTS_, milliseconds < 0 ? NULL : &timeout);
    queue->next = 0;
}

static bool async_kqueue_next_(struct async_poller_ *poller, async_poller_event_ *event)
{
    struct async_kqueue_ *queue = (struct async_kqueue_ *)poller->own;
    while (queue->next < queue->count) {
        const struct kevent *e = &queue->events[queue->next++];
        if (poller->watches[e->ident].interest == 0)
            continue;
        event->fd = (int)e->ident;
        event->what = e->filter == EVFILT_WRITE ? ASYNC_WRITES_ : ASYNC_READS_;
        return true;
    }
    return false;
}

static int async_kqueue_fileno_(struct async_poller_ *poller) { return ((struct async_kqueue_ *)poller->own)->fd; }

static const async_poller_kind_ async_kqueue_kind_ = { async_kqueue_open_, async_kqueue_close_, async_kqueue_set_,
    async_kqueue_renew_, async_kqueue_wait_, async_kqueue_next_, async_kqueue_fileno_ };

ASYNC_EXTERN_C_END_

#endif
#endif
