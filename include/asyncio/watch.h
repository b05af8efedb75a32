/* watch.h: who waits for which descriptor. Hosts only.
 *
 * A descriptor is registered with the poller when somebody first waits for it, and stays so: who waits again finds it
 * registered. It is dropped when it is ready and nobody waits any more. */
#ifndef ASYNCIO_WATCH_H
#define ASYNCIO_WATCH_H

#include "handover.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* The watcher waits for its descriptor from now on. OK, -EBADF, NO_MEMORY, -errno. */
async_status async_poller_watch_(async_loop *loop, async_watcher_ *watcher);
/* It is resumed, or waits no more: out of the line, unless it was taken out already. The interest stays. */
void async_poller_unwatch_(async_loop *loop, async_watcher_ *watcher);
/* Nobody may wait for this descriptor for a while, which may be closed behind our back then: the interest goes. */
void async_poller_settle_(async_loop *loop, int fd);
/* The descriptor is going away: who waits for it is told this status, and it is watched no more. */
void async_poller_forget_(async_loop *loop, int fd, async_status status);
/* The number may have become that of another descriptor: nothing is known about it any more. Who waits for it is told
 * where it cannot be watched. */
void async_poller_renew_(async_loop *loop, int fd);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_WATCH_IMPLEMENTATION_
#define ASYNCIO_WATCH_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* ---- watching -------------------------------------------------------------------------------------------------- */

/* NULL: nothing is known about it. */
static struct async_watch_ *async_watch_of_(async_loop *loop, int fd)
{
    struct async_poller_ *poller = loop->poller;
    return poller != NULL && (unsigned)fd < (unsigned)poller->descriptors ? &poller->watches[fd] : NULL;
}

static inline void async_watch_append_(async_loop *loop, async_line_ *line, async_watcher_ *watcher)
{
    async_line_append_(line, &watcher->node);
    loop->poller->waiting++;
    watcher->status = ASYNC_OK;
}

async_status async_poller_watch_(async_loop *loop, async_watcher_ *watcher)
{
    unsigned wanted = watcher->writes ? ASYNC_WRITES_ : ASYNC_READS_;
    struct async_watch_ *watch;
    async_status status;
    int fd = watcher->fd;
    watch = async_watch_of_(loop, fd);
    if (ASYNC_RARE_(watch == NULL)) {
        status = fd < 0 ? -EBADF : async_poller_of_(loop);
        if (status == ASYNC_OK)
            status = async_watch_reserve_(loop->poller, fd);
        if (status < 0)
            return status;
        watch = &loop->poller->watches[fd];
    }
    watcher->always = false;
    if (!(watch->interest & wanted)) {
        status = async_watch_set_(loop, fd, watch->interest | wanted);
        if (status == -EPERM)
            watcher->always = true;
        else if (status < 0)
            return status;
    }
    async_watch_append_(loop, watcher->always ? &loop->poller->always : &watch->waiters, watcher);
    return ASYNC_OK;
}

void async_poller_unwatch_(async_loop *loop, async_watcher_ *watcher)
{
    struct async_poller_ *poller = loop->poller;
    if (watcher->fd < 0)
        return;
    async_line_remove_(watcher->always ? &poller->always : &poller->watches[watcher->fd].waiters, &watcher->node);
    watcher->fd = -1;
    poller->waiting--;
}

static inline void async_watch_tell_(async_loop *loop, async_line_ *line, async_watcher_ *watcher, async_status status)
{
    async_line_remove_(line, &watcher->node);
    loop->poller->waiting--;
    watcher->fd = -1;
    watcher->status = status;
    if (ASYNC_RARE_(watcher->handle != NULL)) {
        async_fifo_push_handle_(&loop->ready, watcher->handle);
    } else if (watcher->leaf.frame.state == ASYNC_LEAF_WAITING) {
        watcher->leaf.frame.state = ASYNC_LEAF_DONE;
        async_fifo_push_(&loop->ready, &watcher->leaf.task->link, ASYNC_KIND_TASK_);
    }
}

/* False: nobody wants to know. */
ASYNC_INLINE_ bool async_watch_wake_(async_loop *loop, struct async_watch_ *watch, bool writes, async_status status)
{
    async_node_ *node, *next;
    bool wanted = false;
    for (node = watch->waiters.first; node != NULL; node = next) {
        async_watcher_ *watcher = ASYNC_CONTAINER_(node, async_watcher_, node);
        next = node->next;
        if (watcher->writes == writes) {
            async_watch_tell_(loop, &watch->waiters, watcher, status);
            wanted = true;
        }
    }
    return wanted;
}

void async_poller_forget_(async_loop *loop, int fd, async_status status)
{
    struct async_watch_ *watch = async_watch_of_(loop, fd);
    async_node_ *node, *next;
    if (watch == NULL)
        return;
    watch->drained = false;
    (void)async_watch_wake_(loop, watch, false, status);
    (void)async_watch_wake_(loop, watch, true, status);
    for (node = loop->poller->always.first; node != NULL; node = next) {
        async_watcher_ *watcher = ASYNC_CONTAINER_(node, async_watcher_, node);
        next = node->next;
        if (watcher->fd == fd)
            async_watch_tell_(loop, &loop->poller->always, watcher, status);
    }
    (void)async_watch_set_(loop, fd, 0);
}

void async_poller_settle_(async_loop *loop, int fd)
{
    struct async_watch_ *watch = async_watch_of_(loop, fd);
    unsigned wanted = 0;
    async_node_ *node;
    if (watch == NULL)
        return;
    for (node = watch->waiters.first; node != NULL; node = node->next)
        wanted |= ASYNC_CONTAINER_(node, async_watcher_, node)->writes ? ASYNC_WRITES_ : ASYNC_READS_;
    (void)async_watch_set_(loop, fd, watch->interest & wanted);
}

/* Registers it anew, or tells who waits why it cannot be watched; what is a file now was closed, too. */
static void async_watch_renew_(async_loop *loop, int fd)
{
    async_status status = loop->poller->kind->renew(loop->poller, fd);
    if (status < 0 && !async_poller_gives_up_(loop, status))
        async_poller_forget_(loop, fd, status == -EPERM ? -EBADF : status);
}

void async_poller_renew_(async_loop *loop, int fd)
{
    struct async_watch_ *watch = async_watch_of_(loop, fd);
    if (watch == NULL)
        return;
    watch->drained = false;
    if (watch->interest != 0 && loop->poller->kind->renew != NULL && loop->forks == async_forks_now_())
        async_watch_renew_(loop, fd);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

ASYNC_NOINLINE_ static void async_watch_event_apart_(async_loop *loop, const async_poller_event_ *event)
{
    struct async_watch_ *watch = &loop->poller->watches[event->fd];
    unsigned interest = watch->interest;
    if (ASYNC_RARE_(event->fd == loop->wake_fds[0])) {
        async_wake_drain_(loop);
        return;
    }
    if (ASYNC_RARE_(event->what & ASYNC_GONE_)) {
        async_poller_forget_(loop, event->fd, -EBADF);
        return;
    }
    if (event->what & ASYNC_READS_ && !async_watch_wake_(loop, watch, false, ASYNC_OK))
        interest &= ~ASYNC_READS_;
    if (event->what & ASYNC_WRITES_ && !async_watch_wake_(loop, watch, true, ASYNC_OK))
        interest &= ~ASYNC_WRITES_;
    if (interest != watch->interest) /* an event, and nobody who wants it */
        (void)async_watch_set_(loop, event->fd, interest);
}

/* Nearly always one reads, and that can. */
static inline void async_watch_event_(async_loop *loop, const async_poller_event_ *event)
{
    struct async_watch_ *watch = &loop->poller->watches[event->fd];
    async_node_ *node = watch->waiters.first;
    watch->drained = false;
    if (event->what == ASYNC_READS_ && node != NULL && node->next == NULL) {
        async_watcher_ *watcher = ASYNC_CONTAINER_(node, async_watcher_, node);
        if (!watcher->writes && watcher->handle == NULL && watcher->leaf.frame.state == ASYNC_LEAF_WAITING) {
            watch->waiters.first = watch->waiters.last = NULL;
            loop->poller->waiting--;
            watcher->fd = -1;
            watcher->leaf.frame.state = ASYNC_LEAF_DONE;
            async_fifo_push_(&loop->ready, &watcher->leaf.task->link, ASYNC_KIND_TASK_);
            return;
        }
    }
    async_watch_event_apart_(loop, event);
}

ASYNC_EXTERN_C_END_

#endif
#endif
