/* idle.h: how the loop waits for descriptors and for other threads, and what it does meanwhile. Hosts only. */
#ifndef ASYNCIO_IDLE_H
#define ASYNCIO_IDLE_H

#include "watch.h"

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_IDLE_IMPLEMENTATION_
#define ASYNCIO_IDLE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* Somebody may have closed a descriptor with close(), which neither we nor epoll nor kqueue are told of, and waits for
 * another of the same number, or for ever. So the next few that somebody waits for are registered again. */
static void async_watch_check_(async_loop *loop, int count)
{
    struct async_poller_ *poller = loop->poller;
    int looked;
    for (looked = 0; looked < 4096 && count > 0 && poller->unchecked > 0 && poller->kind->renew != NULL;
            looked++, poller->unchecked--) {
        int fd = poller->check_next < poller->descriptors ? poller->check_next : 0;
        struct async_watch_ *watch = &poller->watches[fd];
        poller->check_next = fd + 1;
        if (watch->interest != 0 && watch->waiters.first != NULL) {
            count--;
            async_watch_renew_(loop, fd);
        }
    }
}

/* Measured on a Xeon, Linux 6.18: poll(2) takes 56 ns for each descriptor it is given, epoll_wait() 105 ns for each
 * event it gives, and a descriptor is moved to epoll in 1.1 us. So poll(2) is the better one while every second
 * descriptor is busy. `wasted` is what it has cost beyond epoll so far, in units of 56 ns: once that is what going over
 * costs, the loop goes over, so it never pays more than twice what it had to. With few descriptors the difference
 * is less than what epoll takes to register new ones. */
enum { ASYNC_POLL_FEW_ = 32, ASYNC_POLL_PER_EVENT_ = 2, ASYNC_POLL_MOVE_ = 20 };

static void async_poller_weigh_(async_loop *loop, int events)
{
    struct async_poller_ *poller = loop->poller;
    poller->wasted += poller->watched - ASYNC_POLL_PER_EVENT_ * events;
    if (poller->wasted < 0 || poller->watched <= ASYNC_POLL_FEW_)
        poller->wasted = 0;
    else if (poller->wasted > (long)ASYNC_POLL_MOVE_ * poller->watched)
        (void)async_poller_move_(loop, async_poller_scaling_);
}

/* The milliseconds to wait for, at least as long as asked. */
static int async_idle_milliseconds_(async_loop *loop, async_time idle)
{
    if (idle <= 0 || ASYNC_LOAD_(loop->first_remote) != NULL || ASYNC_LOAD_(loop->interrupted))
        return 0;
    if (idle == ASYNC_FOREVER)
        return -1;
    return idle > (async_time)INT_MAX * 1000000 ? INT_MAX : (int)((idle + 999999) / 1000000);
}

static void async_watch_poll_(async_loop *loop, int milliseconds)
{
    struct async_poller_ *poller = loop->poller;
    const async_poller_kind_ *kind = poller->kind;
    async_poller_event_ event;
    int events = 0, timeout = milliseconds;
    bool rests = false;
    if (poller->always.first != NULL) {
        timeout = 0;
    } else if (timeout != 0) {
        if (loop->forks != async_forks_now_())
            async_poller_after_fork_(loop);
        /* nothing to do for a while: time to check; then on to sleep */
        rests = kind->renew != NULL && poller->unchecked > 0 && (timeout < 0 || timeout > 10);
        if (rests)
            timeout = 10;
    }
    kind->wait(poller, timeout);
#if ASYNCIO_EPOLL
    if (kind == &async_epoll_kind_)
        for (; async_epoll_next_(poller, &event); events++)
            async_watch_event_(loop, &event);
    else
#endif
        for (; kind->next(poller, &event); events++)
            async_watch_event_(loop, &event);
    while (poller->always.first != NULL)
        async_watch_tell_(loop, &poller->always, ASYNC_CONTAINER_(poller->always.first, async_watcher_, node), ASYNC_OK);
    if (kind == &async_poll_kind_) {
        if (!poller->pinned)
            async_poller_weigh_(loop, events);
        return;
    }
    if (ASYNC_RARE_(poller->haunted))
        (void)async_poller_move_(loop, kind);
    if (rests && events == 0) {
        async_watch_check_(loop, 256);
        return;
    }
    poller->unchecked = poller->descriptors; /* what runs now may close any of them */
    if ((++poller->waits & 63) == 0)
        async_watch_check_(loop, 8);
}

/* Without descriptors: for the wake pipe alone. */
static void async_wake_poll_(async_loop *loop, int milliseconds)
{
    struct pollfd wake;
    wake.fd = -1;
    if (async_poller_can_wake_(loop))
        wake.fd = loop->wake_fds[0];
    else if (milliseconds < 0 || milliseconds > 10) /* no descriptor left for it: look now and then */
        milliseconds = 10;
    wake.events = POLLIN;
    if (poll(&wake, 1, milliseconds) > 0)
        async_wake_drain_(loop);
}

/* A wait of no time would do something. */
static bool async_poller_has_work_(async_loop *loop)
{
    return (loop->poller != NULL && (loop->poller->watched > 1 || loop->poller->always.first != NULL)) ||
        ASYNC_LOAD_(loop->first_remote) != NULL || ASYNC_LOAD_(loop->interrupted);
}

/* The flag goes first: a signal that comes now sets it again. */
static void async_poller_take_signals_(async_loop *loop)
{
    ASYNC_CLEAR_(loop->interrupted);
    if (loop->ctrl_c) {
        loop->ctrl_c = false;
        async_cancel(loop->interrupt_task);
    }
    if (loop->signals_arrived != NULL)
        loop->signals_arrived(loop);
}

/* Functions that tasks wait for run in threads. */
static bool async_poller_has_jobs_(const async_loop *loop)
{
#if ASYNCIO_THREADS
    return loop->jobs > 0;
#else
    (void)loop;
    return false;
#endif
}

/* Waits at most that long for something to happen, and queues what did. */
static void async_poller_poll_(async_loop *loop, async_time idle)
{
    struct async_poller_ *poller = loop->poller;
    if (poller != NULL ? idle > 0 || poller->watched > 1 || poller->always.first != NULL : idle > 0) {
        int milliseconds = async_idle_milliseconds_(loop, idle);
        if (poller != NULL)
            async_watch_poll_(loop, milliseconds);
        else
            async_wake_poll_(loop, milliseconds);
    }
    async_wake_take_remote_(loop);
    if (ASYNC_LOAD_(loop->interrupted))
        async_poller_take_signals_(loop);
}

/* Nothing is watched, and no thread could call; none has called either, which is looked at last: one may have called and
 * ended meanwhile. */
static bool async_poller_is_dead_(async_loop *loop)
{
    return !async_poller_has_jobs_(loop) && (loop->poller == NULL || loop->poller->waiting == 0) && loop->holds == 0 &&
        ASYNC_LOAD_(loop->first_remote) == NULL && !async_has_other_threads_() && ASYNC_LOAD_(loop->first_remote) == NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
