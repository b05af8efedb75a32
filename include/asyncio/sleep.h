/* sleep.h: waiting for time to pass. */
#ifndef ASYNCIO_SLEEP_H
#define ASYNCIO_SLEEP_H

#include "leaf.h"

ASYNC_EXTERN_C_BEGIN_

/* await(async_sleep, .delay = async_ms(20)): suspends for that long; a delay of 0 or less lets everything that is ready
 * run once; ASYNC_FOREVER waits until cancelled. NO_MEMORY when the timers cannot grow. Mirrors asyncio.sleep(). */
struct async_sleep {
    async_leaf leaf;
#if ASYNCIO_NO_HEAP
    async_link link;
    async_time delay; /* then the deadline */
#else
    ASYNC_EXTENSION_ union {
        async_time delay;
        async_link link; /* once it has begun */
    };
#endif
};
#if ASYNCIO_BARE
ASYNC_DECLARE(async_sleep);
#else
ASYNC_DECLARE_INLINE_(async_sleep);
async_step async_sleep_start_(async_stack *stack, void *frame);
/* No timer, and nothing that a cancel could reach before the wake: the calling function needs no leaf. */
static inline async_step async_sleep_resume(async_stack *stack, void *frame)
{
    if (((struct async_sleep *)frame)->delay > 0)
        return async_sleep_start_(stack, frame);
    return async_step_(ASYNC_PASSES_);
}
#endif

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_SLEEP_IMPLEMENTATION_
#define ASYNCIO_SLEEP_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* in leaf.frame.flags: no longer among the timers */
enum { ASYNC_SLEEP_FIRED_ = ASYNC_ITEM_ };

static struct async_sleep *async_link_sleep_(async_link *link)
{
    return ASYNC_CONTAINER_(link, struct async_sleep, link);
}

#if ASYNCIO_BARE
static
#endif
async_step async_sleep_start_(async_stack *stack, void *frame)
{
    struct async_sleep *sleep = (struct async_sleep *)frame;
    async_loop *loop = async_loop_of_(stack);
    async_time delay = sleep->delay;
    if (delay == ASYNC_FOREVER) {
#if !ASYNCIO_NO_HEAP
        sleep->leaf.frame.flags |= ASYNC_SLEEP_FIRED_;
#endif
    } else {
        async_time now = async_loop_time(loop);
        if (!async_timers_add_(&loop->timers, &sleep->link, ASYNC_KIND_SLEEP_, ASYNC_LATER_(now, delay)))
            return async_step_(ASYNC_NO_MEMORY);
    }
    return async_leaf_wait(stack, &sleep->leaf);
}

#if ASYNCIO_BARE
async_step async_sleep_resume(async_stack *stack, void *frame)
#else
static async_step async_sleep_go_on_(async_stack *stack, void *frame)
#endif
{
    struct async_sleep *sleep = (struct async_sleep *)frame;
    if (sleep->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (sleep->delay > 0)
            return async_sleep_start_(stack, sleep);
        sleep->leaf.frame.state = ASYNC_LEAF_DONE;
#if ASYNCIO_BARE
        async_fifo_push_(&async_loop_of_(stack)->ready, &stack->task->link, ASYNC_KIND_TASK_);
#else
        stack->passes = true;
#endif
        return async_step_(ASYNC_PENDING_);
    }
    return async_step_(async_leaf_outcome(&sleep->leaf));
}

static bool async_sleep_withdraw_(async_task *task, void *frame)
{
    struct async_sleep *sleep = (struct async_sleep *)frame;
    if (!async_leaf_cancel(task, frame))
        return false;
#if !ASYNCIO_NO_HEAP /* the board's list can tell by itself */
    if (!(sleep->leaf.frame.flags & ASYNC_SLEEP_FIRED_))
#endif
        async_timers_remove_(&async_loop_for_(task)->timers, &sleep->link);
    return true;
}

#if ASYNCIO_NO_HEAP
/* Through a pointer that async_cancel() sets, so that programs without it do not contain the above. */
static bool async_sleep_cancel_(async_task *task, void *frame) { return async_the_loop_.cancel_sleep(task, frame); }
ASYNC_LEAF_DEFINE(async_sleep, async_sleep_cancel_);
#else
ASYNC_RECORD_LEAF_(async_sleep)
ASYNC_EXTERN_ const async_type async_sleep_type = ASYNC_TYPE_(async_sleep_go_on_, async_sleep_withdraw_, "async_sleep",
    sizeof(struct async_sleep), sizeof(struct async_sleep));
#endif

ASYNC_EXTERN_C_END_

#endif
#endif
