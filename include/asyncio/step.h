/* step.h: running a task until it suspends or ends. */
#ifndef ASYNCIO_STEP_H
#define ASYNCIO_STEP_H

#include "cancel.h"

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_STEP_IMPLEMENTATION_
#define ASYNCIO_STEP_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_DEBUG
/* A local that was lost at an await must not look as if it had survived. */
ASYNC_NOINLINE_ static void async_overwrite_stack_(void)
{
    volatile unsigned char dead[2048];
    size_t i;
    for (i = 0; i < sizeof dead; i++)
        dead[i] = 0xA5;
}
#endif

#if ASYNCIO_SMALL
static
#else
ASYNC_INLINE_
#endif
void async_task_suspend_(async_loop *loop, async_task *task, async_frame *frame)
{
    async_stack *stack = &loop->stack;
    task->future.value = frame;
    task->end = stack->end;
#if ASYNCIO_HIGH_WATER
    task->mark = stack->mark;
#endif
#if ASYNCIO_NO_HEAP
    task->future.flags |= ASYNC_WAITS_;
    stack->task = NULL;
#else
    if (ASYNC_RARE_((task->future.flags & (ASYNC_WAITS_ | ASYNC_MUST_)) != ASYNC_WAITS_))
        task->future.flags |= ASYNC_WAITS_;
#endif
    if (ASYNC_RARE_(task->future.flags & ASYNC_MUST_)) { /* it cancelled itself while it ran */
        stack->task = NULL;
        stack->must(task, frame);
    }
    ASYNC_VERIFY_(async_verify_point_(loop, task, false));
}

/* Runs a task until it suspends or ends: the innermost frame first, then its callers one by one as they are left. On
 * hosts stack->task stays until the next task is run, or a callback. */
#if ASYNCIO_SMALL
ASYNC_NOINLINE_ static
#else
ASYNC_INLINE_
#endif
void async_task_step_(async_loop *loop, async_task *task)
{
    async_stack *stack = &loop->stack;
    async_frame *frame = (async_frame *)task->future.value;
    ASYNC_VERIFY_(async_verify_point_(loop, task, true));
    stack->task = task;
    stack->end = task->end;
#if ASYNCIO_HIGH_WATER
    stack->mark = task->mark;
#endif
    stack->sp = (unsigned char *)frame + frame->type->size;
#if !ASYNCIO_NO_HEAP
    stack->budget = ASYNC_BUDGET_;
    stack->status = ASYNC_OK; /* for a function that passed */
#endif
    if (ASYNC_RARE_(task->future.flags & ASYNC_MUST_) && !stack->must(task, NULL))
        return;
    ASYNC_POISON_(stack->sp, (size_t)(stack->end - stack->sp));
    for (;;) {
        int st;
        unsigned flags;
        stack->top = NULL;
#if ASYNCIO_DEBUG
        async_overwrite_stack_();
#endif
        st = frame->type->resume(stack, frame).code;
#if !ASYNCIO_NO_HEAP
        if (st == ASYNC_PASSED_) {
            async_fifo_push_(&loop->ready, &task->link, ASYNC_KIND_TASK_);
            async_task_suspend_(loop, task, frame);
            return;
        }
#endif
        if (st == ASYNC_PENDING_) {
            if (stack->top != NULL)
                frame = stack->top;
            if (ASYNC_RARE_(stack->bounce)) {
                stack->bounce = false;
#if !ASYNCIO_NO_HEAP
                if (stack->learner == task) { /* a new chunk: the next task of this function gets more at once */
                    stack->learner = NULL;
                    async_learn_(loop, task, async_root_(task)->type);
                }
#endif
                continue;
            }
#if !ASYNCIO_NO_HEAP
            if (stack->passes) {
                stack->passes = false;
                async_fifo_push_(&loop->ready, &task->link, ASYNC_KIND_TASK_);
            }
#endif
            async_task_suspend_(loop, task, frame);
            return;
        }
        stack->status = st;
        flags = frame->flags;
        if (!(flags & ASYNC_WRAPPER_))
            stack->done = frame;
        if (ASYNCIO_NO_HEAP || !(flags & ASYNC_SEGMENT_)) /* which has set it itself */
            stack->sp = (unsigned char *)frame;
        frame = async_parent_(frame);
        if (frame == NULL) {
            async_task_finish_(loop, task, st);
            return;
        }
        if (st < 0 && (frame->flags & ASYNC_RAISES_))
            async_raise_(frame, st);
    }
}

ASYNC_EXTERN_C_END_

#endif
#endif
