/* leaf.h: what suspends: for who writes an awaitable by hand. The protocol is in frame.h. */
#ifndef ASYNCIO_LEAF_H
#define ASYNCIO_LEAF_H

#include "create.h"

ASYNC_EXTERN_C_BEGIN_

/* async_leaf_wait: from resume: the task waits, until one of the next two. */
async_step async_leaf_wait(async_stack *stack, async_leaf *leaf);
/* async_leaf_return: from resume: it ends, with OK or a negative status. */
static inline async_step async_leaf_return(async_status status) { return async_step_(status); }
/* async_leaf_complete: what it waited for has happened: true, or false when it no longer waits. Loop thread. */
bool async_leaf_complete(async_leaf *leaf);
/* async_leaf_cancel: the usual cancel function, and what every other one calls: true if the leaf still waited. It is
 * unlinked when it is resumed, not before. */
bool async_leaf_cancel(async_task *task, void *leaf);
/* async_leaf_outcome: from resume: OK, or CANCELLED. A leaf that is DONE and yet CANCELLED was given something, which
 * it must hand on. */
async_status async_leaf_outcome(const async_leaf *leaf);

/* async_leaf_define_static(f, cancel);   makes f awaitable in this file: behind `struct f { async_leaf leaf; ... };` and
 *     `static async_step f_resume(async_stack *stack, void *frame)`. cancel: async_leaf_cancel, one's own, or NULL when
 *     it cannot be cancelled while it waits.
 * async_leaf_define(f, cancel);          the same where async_declare(f); in a header has announced it to other files. */
#define ASYNC_LEAF_DEFINE_STATIC(name, cancel)                                                      \
    ASYNC_RECORD_LEAF_(name) ASYNC_SIZES_(name, ~, ASYNC_WHOLE_, 0)                                    \
    static const async_type name##_type = ASYNC_LEAF_TYPE_(name, cancel)
#define ASYNC_LEAF_DEFINE(name, cancel) \
    ASYNC_RECORD_LEAF_(name) ASYNC_EXTERN_ const async_type name##_type = ASYNC_LEAF_TYPE_(name, cancel)
#define ASYNC_LEAF_TYPE_(name, cancel) \
    ASYNC_TYPE_(name##_resume, cancel, #name, sizeof(struct name), sizeof(struct name))
#define async_leaf_define_static ASYNC_LEAF_DEFINE_STATIC
#define async_leaf_define ASYNC_LEAF_DEFINE

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_LEAF_IMPLEMENTATION_
#define ASYNCIO_LEAF_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The loop of a task that is not done. */
static async_loop *async_loop_for_(async_task *task)
{
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(async_running_ == NULL))
        return async_task_loop_(task);
#endif
    (void)task;
    return async_loop_here_();
}

static void async_wake_(async_task *task)
{
    async_fifo_push_(&async_loop_for_(task)->ready, &task->link, ASYNC_KIND_TASK_);
}

async_step async_leaf_wait(async_stack *stack, async_leaf *leaf)
{
    leaf->frame.state = ASYNC_LEAF_WAITING;
    leaf->task = stack->task;
    return async_step_(ASYNC_PENDING_);
}

static bool async_leaf_end_(async_leaf *leaf, unsigned state)
{
    if (leaf->frame.state != ASYNC_LEAF_WAITING)
        return false;
    leaf->frame.state = (uint16_t)state;
    async_wake_(leaf->task);
    return true;
}

bool async_leaf_complete(async_leaf *leaf) { return async_leaf_end_(leaf, ASYNC_LEAF_DONE); }

bool async_leaf_cancel(async_task *task, void *leaf)
{
    (void)task;
    if (!async_leaf_end_((async_leaf *)leaf, ASYNC_LEAF_CANCELLED))
        return false;
    async_frame_of_(leaf)->status = ASYNC_CANCELLED;
    return true;
}

async_status async_leaf_outcome(const async_leaf *leaf)
{
    return leaf->frame.status;
}

ASYNC_EXTERN_C_END_

#endif
#endif
