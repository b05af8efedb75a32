/* pass.h: one pass of the loop: wait, move the due timers behind what is ready, run what was ready. */
#ifndef ASYNCIO_PASS_H
#define ASYNCIO_PASS_H

#include "poller.h"
#include "report.h"
#include "sleep.h"


#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_PASS_IMPLEMENTATION_
#define ASYNCIO_PASS_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* Due timers go behind what is ready: each takes one more step in its place there. */
static void async_loop_move_due_(async_loop *loop, async_time now)
{
    async_time when;
    while (async_timers_next_(&loop->timers, &when) && !ASYNC_BEFORE_(now, when)) {
        async_entry_ entry = async_timers_pop_(&loop->timers);
        async_link *link = async_entry_link_(entry);
        if (async_entry_kind_(entry) == ASYNC_KIND_SLEEP_) {
#if !ASYNCIO_NO_HEAP
            async_link_sleep_(link)->leaf.frame.flags |= ASYNC_SLEEP_FIRED_;
#endif
            async_fifo_push_(&loop->ready, link, ASYNC_KIND_SLEEP_);
        } else {
            ((async_timer_handle *)(void *)link)->loop = NULL;
            async_fifo_push_handle_(&loop->ready, async_link_handle_(link));
        }
    }
}

static void async_loop_run_ready_(async_loop *loop)
{
    async_entry_ entry = loop->ready.head.next;
    async_set_prev_(entry, (async_entry_)(void *)&loop->pass);
    loop->pass.next = entry;
    loop->ready.head.next = 0;
    while ((entry = loop->pass.next) != 0) {
        async_link *link = async_entry_link_(entry);
        unsigned kind = async_entry_kind_(entry);
        loop->pass.next = link->next;
        async_set_prev_(link->next, (async_entry_)(void *)&loop->pass);
        if (kind == ASYNC_KIND_TASK_) {
            async_task_step_(loop, ASYNC_CONTAINER_(link, async_task, link));
        } else if (kind == ASYNC_KIND_SLEEP_) {
            async_leaf_complete(&async_link_sleep_(link)->leaf);
        } else {
            async_handle *handle = async_link_handle_(link);
            handle->prev = 0;
            handle->callback(handle);
        }
    }
}

#if ASYNCIO_BARE

static void async_loop_pass_(async_loop *loop)
{
    async_time when, now = async_port_now();
    async_port_lock();
    if (loop->ready.head.next == 0 && !loop->stopping) {
        if (!async_timers_next_(&loop->timers, &when))
            when = ASYNC_LATER_(now, ASYNC_FOREVER);
        if (ASYNC_BEFORE_(now, when))
            async_port_wait(when);
    }
    async_port_unlock();
    async_loop_move_due_(loop, async_port_now());
    async_loop_run_ready_(loop);
}

#else

/* The time until the next deadline; ASYNC_FOREVER without one. */
static async_time async_loop_idle_(async_loop *loop)
{
    async_time when;
    if (loop->ready.head.next != 0 || loop->stopping || loop->interrupted)
        return 0;
    if (!async_timers_next_(&loop->timers, &when))
        return ASYNC_FOREVER;
    when -= async_loop_time(loop);
    return when > 0 ? when : 0;
}

/* False: nothing can happen any more, and nobody else can make it happen. */
static bool async_loop_pass_(async_loop *loop, bool wait, bool may_deadlock)
{
    async_time idle = async_loop_idle_(loop);
    if (!loop->virtual_clock && loop->pass_clock)
        loop->now = async_port_now();
    if (idle > 0 && wait) {
        if (idle == ASYNC_FOREVER && may_deadlock && async_poller_is_dead_(loop))
            return false;
        if (loop->virtual_clock && idle != ASYNC_FOREVER) {
            async_poller_poll_(loop, 0);
            if (loop->ready.head.next == 0)
                loop->now += idle;
        } else {
            async_poller_poll_(loop, idle);
        }
    } else {
        async_poller_poll_(loop, 0);
    }
    if (!loop->virtual_clock && (loop->timers.count != 0 || loop->pass_clock))
        loop->now = async_port_now();
    async_loop_move_due_(loop, loop->now);
    async_loop_run_ready_(loop);
    return true;
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
