/* handover.h: which poller a loop has, and going over from one to another: to epoll or kqueue when there is more to watch
 * than is good for poll(2), back when they cannot do what poll(2) can, and to a new one in a child process. Hosts only. */
#ifndef ASYNCIO_HANDOVER_H
#define ASYNCIO_HANDOVER_H

#include "poll.h"
#include "epoll.h"
#include "kqueue.h"

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_HANDOVER_IMPLEMENTATION_
#define ASYNCIO_HANDOVER_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* ---- the poller of a loop ------------------------------------------------------------------------------------- */

/* What to go over to from poll(2). */
#if ASYNCIO_EPOLL
static const async_poller_kind_ *const async_poller_scaling_ = &async_epoll_kind_;
#elif ASYNCIO_KQUEUE
static const async_poller_kind_ *const async_poller_scaling_ = &async_kqueue_kind_;
#else
static const async_poller_kind_ *const async_poller_scaling_ = &async_poll_kind_;
#endif

static const async_poller_kind_ *async_poller_chosen_(async_poller choice)
{
#if ASYNCIO_EPOLL
    if (choice == ASYNC_POLLER_EPOLL)
        return &async_epoll_kind_;
#endif
#if ASYNCIO_KQUEUE
    if (choice == ASYNC_POLLER_KQUEUE)
        return &async_kqueue_kind_;
#endif
    (void)choice;
    return &async_poll_kind_;
}

/* Room for the watch of a descriptor. */
static async_status async_watch_reserve_(struct async_poller_ *poller, int fd)
{
    struct async_watch_ *watches;
    size_t old = (size_t)poller->descriptors, count = (size_t)fd + (size_t)fd / 2 + 64;
    if (fd < poller->descriptors)
        return ASYNC_OK;
    if (fd >= INT_MAX / 2)
        return -EBADF;
    if (fcntl(fd, F_GETFD) < 0) /* no table for what is not there */
        return -errno;
    watches = (struct async_watch_ *)ASYNCIO_MALLOC(count * sizeof *watches);
    if (watches == NULL)
        return ASYNC_NO_MEMORY;
    if (old > 0)
        ASYNC_MEMCPY_(watches, poller->watches, old * sizeof *watches);
    ASYNC_MEMSET_(watches + old, 0, (count - old) * sizeof *watches);
    if (old > 0)
        ASYNCIO_FREE(poller->watches);
    poller->watches = watches;
    poller->descriptors = (int)count;
    return ASYNC_OK;
}

static void async_poller_free_(struct async_poller_ *poller)
{
    if (poller->watches != NULL)
        ASYNCIO_FREE(poller->watches);
    ASYNCIO_FREE(poller);
}

/* The poller, made if there is none; or why there is none. */
static async_status async_poller_of_(async_loop *loop)
{
    struct async_poller_ *poller = loop->poller;
    async_status status;
    int fd;
    if (poller != NULL)
        return ASYNC_OK;
    if (!async_poller_can_wake_(loop))
        return ASYNC_NO_MEMORY;
    poller = (struct async_poller_ *)ASYNCIO_MALLOC(sizeof *poller);
    if (poller == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(poller, 0, sizeof *poller);
    poller->kind = async_poller_chosen_(loop->poller_choice);
    poller->pinned = loop->poller_choice != ASYNC_POLLER_AUTO;
    fd = loop->wake_fds[0];
    status = async_watch_reserve_(poller, fd);
    if (status == ASYNC_OK)
        status = poller->kind->open(poller);
    if (status == ASYNC_OK) {
        status = poller->kind->set(poller, fd, ASYNC_READS_);
        if (status < 0)
            poller->kind->close(poller);
    }
    if (status < 0) {
        async_poller_free_(poller);
        return status;
    }
    poller->watches[fd].interest = ASYNC_READS_;
    poller->watched = 1;
    loop->poller = poller;
    return ASYNC_OK;
}

/* The descriptor that stands for the poller in a foreign loop (embed.h). */
static void async_poller_close_fileno_(async_loop *loop)
{
#if ASYNCIO_EPOLL
    if (loop->moved != NULL)
        close(loop->fileno);
#endif
    loop->moved = NULL;
}

/* The callbacks that are left at the end, when the tasks are gone: not added any more. */
static void async_poller_let_go_(async_line_ *line)
{
    while (line->first != NULL) {
        async_watcher_ *watcher = ASYNC_CONTAINER_(line->first, async_watcher_, node);
        async_line_remove_(line, line->first);
        watcher->fd = -1;
    }
}

static void async_poller_close_(async_loop *loop)
{
    struct async_poller_ *poller = loop->poller;
    if (poller != NULL) {
        int fd;
        async_poller_let_go_(&poller->always);
        for (fd = 0; fd < poller->descriptors; fd++)
            async_poller_let_go_(&poller->watches[fd].waiters);
        poller->forked = loop->forks != async_forks_now_();
        poller->kind->close(poller);
        async_poller_free_(poller);
        loop->poller = NULL;
    }
    async_poller_close_fileno_(loop);
    async_wake_close_(loop);
}

/* ---- from one poller to another ------------------------------------------------------------------------------- */

/* Who waits for what the poller cannot watch: woken by the next wait. */
static void async_watch_always_(struct async_poller_ *poller, struct async_watch_ *watch)
{
    async_node_ *node;
    while ((node = watch->waiters.first) != NULL) {
        async_line_remove_(&watch->waiters, node);
        async_line_append_(&poller->always, node);
        ASYNC_CONTAINER_(node, async_watcher_, node)->always = true;
    }
}

/* Registers all that is watched with another poller, or anew with one of the same kind. Where that fails, nothing has
 * changed. */
static async_status async_poller_move_(async_loop *loop, const async_poller_kind_ *kind)
{
    struct async_poller_ *poller = loop->poller, before = *poller;
    uint32_t *owns = (uint32_t *)ASYNCIO_MALLOC((size_t)poller->descriptors * sizeof *owns);
    async_status status;
    int fd;
    poller->wasted = 0;
    if (owns == NULL)
        return ASYNC_NO_MEMORY;
    status = kind->open(poller);
    if (status < 0) {
        ASYNCIO_FREE(owns);
        return status;
    }
    for (fd = 0; fd < poller->descriptors; fd++) {
        struct async_watch_ *watch = &poller->watches[fd];
        uint8_t interest = watch->interest;
        owns[fd] = watch->own;
        if (interest == 0 || status < 0)
            continue;
        watch->interest = 0;
        status = kind->set(poller, fd, interest);
        watch->interest = interest;
        if (status == -EPERM) {
            watch->interest |= ASYNC_ALWAYS_;
            status = ASYNC_OK;
        }
        if (status == -EBADF) /* found out when it is renewed */
            status = ASYNC_OK;
    }
    for (fd = 0; fd < poller->descriptors; fd++) {
        struct async_watch_ *watch = &poller->watches[fd];
        if (status < 0) {
            watch->own = owns[fd];
            watch->interest &= (uint8_t)~ASYNC_ALWAYS_;
        } else if (watch->interest & ASYNC_ALWAYS_) {
            watch->interest = 0;
            poller->watched--;
            async_watch_always_(poller, watch);
        }
    }
    if (status < 0) {
        kind->close(poller);
        poller->own = before.own;
    } else {
        before.forked = loop->forks != async_forks_now_();
        before.kind->close(&before);
        poller->kind = kind;
        poller->haunted = false;
        if (loop->moved != NULL)
            loop->moved(loop);
    }
    ASYNCIO_FREE(owns);
    return status;
}

/* In a child process: what was inherited is the parent's too, and is let go of untouched. */
static void async_poller_after_fork_(async_loop *loop)
{
    struct async_poller_ *poller = loop->poller;
    int old = loop->wake_fds[0], fd;
    async_poller_close_fileno_(loop);
    async_wake_close_(loop);
    poller->watches[old].interest = 0;
    poller->watched--;
    if (async_poller_can_wake_(loop) && async_watch_reserve_(poller, fd = loop->wake_fds[0]) == ASYNC_OK) {
        poller->watches[fd].interest = ASYNC_READS_;
        poller->watched++;
    }
    (void)async_poller_move_(loop, poller->kind);
}

/* Whether it went over to poll(2) since its poller cannot do this: a limit, or a device; poll(2) has none and takes all. */
static bool async_poller_gives_up_(async_loop *loop, async_status status)
{
    struct async_poller_ *poller = loop->poller;
    if (status >= 0 || status == -EBADF || status == -EPERM || status == ASYNC_NO_MEMORY || poller->pinned ||
        poller->kind == &async_poll_kind_ || loop->moved != NULL || async_poller_move_(loop, &async_poll_kind_) != ASYNC_OK)
        return false;
    poller->pinned = true;
    return true;
}

/* What is wanted of a descriptor from now on. */
static async_status async_watch_set_(async_loop *loop, int fd, unsigned interest)
{
    struct async_poller_ *poller = loop->poller;
    struct async_watch_ *watch;
    async_status status;
    if (interest == poller->watches[fd].interest)
        return ASYNC_OK;
    if (poller->kind->renew != NULL && loop->forks != async_forks_now_())
        async_poller_after_fork_(loop);
    status = poller->kind->set(poller, fd, interest);
    if (async_poller_gives_up_(loop, status))
        status = poller->kind->set(poller, fd, interest);
    if (status < 0)
        return status;
    watch = &poller->watches[fd];
    poller->watched += (interest != 0) - (watch->interest != 0);
    watch->interest = (uint8_t)interest;
    return ASYNC_OK;
}

ASYNC_EXTERN_C_END_

#endif
#endif
