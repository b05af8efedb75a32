/* pass.h: one pass of the loop: wait, move the due timers behind what is ready, run what was ready. */
#ifndef ASYNCIO_PASS_H
#define ASYNCIO_PASS_H

#include "idle.h"
#include "report.h"
#include "step.h"

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_PASS_IMPLEMENTATION_
#define ASYNCIO_PASS_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The first timer is due: it goes behind what is ready, and takes one more step in its place there. */
static void async_loop_move_due_(async_loop *loop)
{
    async_entry_ entry = async_timers_pop_(&loop->timers);
    async_link *link = async_entry_link_(entry);
#if ASYNCIO_NO_HEAP
    async_fifo_push_(&loop->ready, link, async_entry_kind_(entry));
#else
    if (async_entry_kind_(entry) == ASYNC_KIND_SLEEP_) {
        async_link_sleep_(link)->leaf.frame.flags |= ASYNC_SLEEP_FIRED_;
        async_fifo_push_(&loop->ready, link, ASYNC_KIND_SLEEP_);
    } else {
        ((async_timer_handle *)(void *)link)->loop = NULL;
        async_fifo_push_handle_(&loop->ready, async_link_handle_(link));
    }
#endif
}

#if ASYNCIO_DEBUG

/* Where a task goes on: in the innermost function that is not the library's. */
static async_site async_task_site_(const async_task *task)
{
    async_site site = { NULL, NULL, 0 };
    async_frame *frame = (async_frame *)task->future.value;
    while (async_parent_(frame) != NULL && (frame->flags & ASYNC_WRAPPER_ || strcmp(frame->type->file, __FILE__) == 0))
        frame = async_parent_(frame);
    site.name = frame->type->name;
    site.file = frame->type->file;
    site.line = frame->line != 0 ? frame->line : frame->type->line;
    return site;
}

static void async_report_slow_(async_loop *loop, const async_site *site, async_time elapsed, bool is_task)
{
    async_exception e;
    ASYNC_MEMSET_(&e, 0, sizeof e);
    e.message = is_task ? "a step of a task took long" : "a callback took long";
    e.name = site->name;
    e.file = site->name != NULL ? site->file : NULL;
    e.line = site->line;
    e.elapsed = elapsed;
    async_loop_call_exception_handler(loop, &e);
}

#endif

#if ASYNCIO_SMALL
static
#else
ASYNC_INLINE_
#endif
void async_loop_run_ready_(async_loop *loop)
{
    async_entry_ entry = loop->ready.head.next;
    loop->pass.next = entry;
    async_fifo_clear_(&loop->ready);
    ASYNC_VERIFY_(async_verify_pass_(loop));
    while ((entry = loop->pass.next) != 0) {
        async_link *link = async_entry_link_(entry);
        unsigned kind = async_entry_kind_(entry);
#if ASYNCIO_DEBUG
        async_time began = async_port_now();
        async_site site = { NULL, NULL, 0 };
        if (kind == ASYNC_KIND_TASK_)
            site = async_task_site_(ASYNC_CONTAINER_(link, async_task, link));
        else if (kind == ASYNC_KIND_HANDLE_)
            site = async_link_handle_(link)->site;
#endif
        loop->pass.next = link->next;
        if (kind == ASYNC_KIND_TASK_) {
            async_task_step_(loop, ASYNC_CONTAINER_(link, async_task, link));
        } else if (kind == ASYNC_KIND_SLEEP_) {
            async_leaf *leaf = &async_link_sleep_(link)->leaf;
            if (leaf->frame.state == ASYNC_LEAF_WAITING) {
                leaf->frame.state = ASYNC_LEAF_DONE;
                async_fifo_push_(&loop->ready, &leaf->task->link, ASYNC_KIND_TASK_);
            }
        } else {
            async_handle *handle = async_link_handle_(link);
            handle->prev = 0;
#if !ASYNCIO_NO_HEAP
            loop->stack.task = NULL;
#endif
            handle->callback(handle);
#if !ASYNCIO_NO_HEAP
            if (ASYNC_RARE_(loop->callback_context.bindings != NULL))
                async_context_hooks_->leave(loop);
#endif
        }
#if ASYNCIO_DEBUG
        began = async_port_now() - began;
        if (began >= loop->slow)
            async_report_slow_(loop, &site, began, kind == ASYNC_KIND_TASK_);
#endif
    }
#if !ASYNCIO_NO_HEAP
    loop->stack.task = NULL;
#endif
}

#if ASYNCIO_BARE

static void async_loop_pass_(async_loop *loop)
{
    async_time now = async_port_now(), due;
    async_port_state before;
    ASYNCIO_WATCHDOG();
    while (due = async_timers_due_(&loop->timers, now), !ASYNC_BEFORE_(now, due))
        async_loop_move_due_(loop);
    before = async_port_lock(); /* an interrupt after the look at what is raised and ready ends the wait */
    if ((loop->take_raised == NULL || !loop->take_raised(before)) && loop->ready.head.next == 0 &&
        !loop->stack.stopping) {
        ASYNCIO_IDLE();
        async_port_wait(due);
        async_port_unlock(before);
        return; /* to the timers again: they come behind what interrupts have woken */
    }
    async_port_unlock(before);
    async_loop_run_ready_(loop);
}

#else

/* The time until the next deadline; ASYNC_FOREVER without one. */
static async_time async_loop_idle_(async_loop *loop)
{
    async_time when;
    if (loop->ready.head.next != 0 || loop->stack.stopping || ASYNC_LOAD_(loop->interrupted) ||
        (loop->poller != NULL && loop->poller->always.first != NULL))
        return 0;
    if (loop->timers.count == 0)
        return ASYNC_FOREVER;
    when = loop->timers.heap[0].when - async_loop_time(loop);
    return when > 0 ? when : 0;
}

/* Waits, looks at the descriptors and moves the due timers. False: nothing can happen any more, and nobody else can make
 * it happen. */
ASYNC_NOINLINE_ static bool async_loop_look_(async_loop *loop, bool wait, bool may_deadlock)
{
    async_time idle = async_loop_idle_(loop);
    if (!loop->virtual_clock && loop->pass_clock)
        loop->now = async_port_now();
    if (idle > 0 && wait) {
        if (idle == ASYNC_FOREVER && may_deadlock && async_poller_is_dead_(loop))
            return false;
        if (loop->virtual_clock && async_poller_has_jobs_(loop))
            idle = ASYNC_FOREVER;
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
    while (!ASYNC_BEFORE_(loop->now, async_timers_due_(&loop->timers, loop->now)))
        async_loop_move_due_(loop);
    return true;
}

/* False as above. With something ready and nothing to look at, a pass is its callbacks and nothing else. */
ASYNC_INLINE_ bool async_loop_pass_(async_loop *loop, bool wait, bool may_deadlock)
{
    if ((loop->ready.head.next == 0 || loop->timers.count != 0 || loop->pass_clock || async_poller_has_work_(loop)) &&
        !async_loop_look_(loop, wait, may_deadlock))
        return false;
    async_loop_run_ready_(loop);
    return true;
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
