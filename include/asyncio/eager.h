/* eager.h: tasks whose first step runs at once (asyncio's eager_start, eager_task_factory). Hosts only. */
#ifndef ASYNCIO_EAGER_H
#define ASYNCIO_EAGER_H

#include "context.h"

#if !ASYNCIO_NO_HEAP

ASYNC_EXTERN_C_BEGIN_

/* async_create_task_eager(f, ...): as async_create_task(), but f runs at once until it suspends, before this returns; one
 * that never suspends is done then, and was never scheduled. Outside a running loop, and from the 16th task on that
 * begins inside another one's first step, it begins in the next pass. Mirrors create_task(..., eager_start=True).
 * async_loop_set_eager: whether all new tasks of the loop are so; a task group's too. Mirrors
 *     loop.set_task_factory(asyncio.eager_task_factory). Loop thread. */
#define async_create_task_eager(...) ASYNC_CREATE_EAGER_(__VA_ARGS__, )
#define ASYNC_CREATE_EAGER_(name, ...)                                                                      \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") async_create_begin_(async_get_running_loop(), &name##_type ASYNC_SITE_)                                \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_create_eager_end_())         \
            : (async_task *)NULL)
void async_loop_set_eager(async_loop *loop, bool eager);

async_task *async_create_eager_end_(void);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_NO_HEAP
#ifndef ASYNCIO_EAGER_IMPLEMENTATION_
#define ASYNCIO_EAGER_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_EAGER_DEPTH_ = 16 };

/* Steps a task inside another one's step: what the latter has in hand is put aside, the segments it just left included,
 * since a result may still be read there. False: not now. */
ASYNC_NOINLINE_ static bool async_start_eagerly_(async_loop *loop, async_task *task)
{
    async_stack *stack = &loop->stack, outside;
    if (!stack->running || loop->eager_depth >= ASYNC_EAGER_DEPTH_)
        return false;
    outside = *stack;
    if (outside.task != NULL)
        outside.task->future.flags &= (uint8_t)~ASYNC_WAITS_; /* it runs */
    stack->bounce = false;
    stack->grown = stack->spare = stack->older_spare = NULL;
    loop->eager_depth++;
    async_task_step_(loop, task);
    loop->eager_depth--;
    if (stack->spare != NULL)
        ASYNCIO_FREE(stack->spare);
    if (stack->older_spare != NULL)
        ASYNCIO_FREE(stack->older_spare);
    outside.stopping = stack->stopping;
    outside.unwind = stack->unwind;
    outside.must = stack->must;
    outside.base = stack->base;
    *stack = outside;
    return true;
}

async_task *async_create_eager_end_(void)
{
    async_loop *loop;
    async_task *task = async_created_task_(&loop);
    if (!async_start_eagerly_(loop, task))
        async_fifo_push_(&loop->ready, &task->link, ASYNC_KIND_TASK_);
    return task;
}

void async_loop_set_eager(async_loop *loop, bool eager)
{
    loop->start_eagerly = eager ? async_start_eagerly_ : NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
