/* cancel.h: joining a task, and cancelling one: the two go along the same chain of who waits for whom. */
#ifndef ASYNCIO_CANCEL_H
#define ASYNCIO_CANCEL_H

#include "sleep.h"

ASYNC_EXTERN_C_BEGIN_

/* await(async_join, .task = t): waits for the end of a task and ends as it did (its failure is raised here). Any number
 * of tasks may join one, any number of times. Cancelling the joiner cancels the task. Joining oneself: MISUSE. */
struct async_join {
    async_leaf leaf;
    async_task *task;
};
ASYNC_DECLARE(async_join);

/* await_into(p, async_future_wait, .future = &f): the same for a future; the result is its value. */
struct async_future_wait {
    async_leaf leaf;
    async_future *future;
    void *result;
};
ASYNC_DECLARE(async_future_wait);


/* async_cancel: asks the task to end: CANCELLED is thrown at its await, in a later pass. It may clean up, and refuse.
 * False if it was done already. Mirrors Task.cancel(). */
bool async_cancel(async_task *task);
/* async_task_uncancel: takes one request back, and gives how many are left; at 0 one that was not delivered yet is
 * dropped. async_task_cancelling: how many there are. */
int async_task_uncancel(async_task *task);
int async_task_cancelling(const async_task *task);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_CANCEL_IMPLEMENTATION_
#define ASYNCIO_CANCEL_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* ---- joining: the task itself stands in the future's line ---------------------------------------------------- */

static async_step async_future_join_(async_stack *stack, async_leaf *leaf, async_future *future)
{
    int status;
    switch (leaf->frame.state) {
    case ASYNC_LEAF_NEW:
        if (future == NULL)
            return async_step_(ASYNC_NO_MEMORY);
        if (future->flags & ASYNC_IS_TASK_)
            ASYNC_CHECK_HANDLE_((async_task *)(void *)future);
        if (future->state != ASYNC_FUTURE_PENDING_)
            break;
        if (future->flags & ASYNC_IS_TASK_) {
            if (future == &stack->task->future) { /* CPython needs a pass to find out */
                leaf->frame.state = ASYNC_LEAF_DONE;
                async_wake_(stack->task);
                return async_step_(ASYNC_PENDING_);
            }
            async_retain((async_task *)(void *)future);
        }
        async_ring_append_(&future->callbacks, &stack->task->link, ASYNC_KIND_TASK_);
#if ASYNCIO_DEBUG
        future->loop = async_loop_of_(stack);
#endif
        return async_leaf_wait(stack, leaf);
    case ASYNC_LEAF_DONE:
        return async_step_(leaf->frame.status < 0 ? leaf->frame.status : (int)ASYNC_MISUSE);
    default: /* woken by the future, or by a cancel that went round in a ring, or the loop is being closed */
        status = leaf->frame.status;
        if (future->state == ASYNC_FUTURE_PENDING_) {
            if (leaf->frame.state == ASYNC_LEAF_WAITING)
                async_ring_remove_link_(&future->callbacks, &stack->task->link);
            status = ASYNC_CANCELLED;
        } else if (leaf->frame.state == ASYNC_LEAF_CANCELLED) {
            status = ASYNC_CANCELLED;
        }
        if (status == 0) {
            status = future->status;
            future->flags |= ASYNC_RETRIEVED_;
        }
        if (future->flags & ASYNC_IS_TASK_)
            async_release((async_task *)(void *)future);
        return async_step_(status);
    }
    future->flags |= ASYNC_RETRIEVED_;
    return async_step_(future->status);
}

async_step async_join_resume(async_stack *stack, void *frame)
{
    struct async_join *join = (struct async_join *)frame;
    return async_future_join_(stack, &join->leaf, join->task == NULL ? NULL : &join->task->future);
}

async_step async_future_wait_resume(async_stack *stack, void *frame)
{
    struct async_future_wait *wait = (struct async_future_wait *)frame;
    /* a task may be gone when the join lets go of it; its results are read with async_result() */
    bool has_value = wait->future != NULL && !(wait->future->flags & ASYNC_IS_TASK_);
    async_step step = async_future_join_(stack, &wait->leaf, wait->future);
    if (step.code == ASYNC_OK && has_value)
        wait->result = wait->future->value;
    return step;
}

static bool async_join_cancel_(async_task *task, void *frame);
static bool async_future_wait_cancel_(async_task *task, void *frame);

ASYNC_LEAF_DEFINE(async_join, async_join_cancel_);
ASYNC_LEAF_DEFINE(async_future_wait, async_future_wait_cancel_);

/* ---- cancelling ---------------------------------------------------------------------------------------------- */

/* It was stepped and is suspended; not one that runs. */
static bool async_task_waits_(const async_task *task)
{
    return task->future.flags & ASYNC_WAITS_ && async_current_task() != task;
}

/* The future the task waits on directly, if it does. */
static async_future *async_awaited_(async_task *task)
{
    async_frame *top = (async_frame *)task->future.value;
    if (!async_task_waits_(task) || top->state != ASYNC_LEAF_WAITING || top->flags & ASYNC_INNERMOST_)
        return NULL;
    if (top->type == &async_join_type)
        return &((struct async_join *)(void *)top)->task->future;
    if (top->type == &async_future_wait_type)
        return ((struct async_future_wait *)(void *)top)->future;
    return NULL;
}

/* Where a ring of joins closes, the last join is taken out of its line and ends, so that the ring dissolves. */
static bool async_dissolve_(async_task *task, async_future *future)
{
    if (!async_ring_remove_link_(&future->callbacks, &task->link))
        return false;
    return async_leaf_cancel(task, task->future.value);
}

/* A task with MUST: as it suspends, its leaf is cancelled if that is possible; as it is stepped, CANCELLED is thrown, or
 * (false) it ends if it never ran: no body, no finally. */
static bool async_must_(async_task *task, async_frame *suspending)
{
    async_frame *top;
    if (suspending != NULL) {
        if (suspending->type->cancel != NULL && suspending->type->cancel(task, suspending))
            task->future.flags &= (uint8_t)~ASYNC_MUST_;
        return true;
    }
    task->future.flags &= (uint8_t)~ASYNC_MUST_;
    if (!(task->future.flags & ASYNC_WAITS_)) {
        async_task_finish_(async_loop_for_(task), task, ASYNC_CANCELLED);
        return false;
    }
    top = (async_frame *)task->future.value;
    if (top->flags & ASYNC_INNERMOST_) {
        async_loop_for_(task)->stack.status = ASYNC_CANCELLED;
        if (top->flags & ASYNC_RAISES_)
            async_raise_(top, ASYNC_CANCELLED);
    } else {
        top->status = ASYNC_CANCELLED;
    }
    return true;
}

/* Requests are counted up to this, which an int of 16 bits holds. */
enum { ASYNC_CANCELS_MOST_ = 0x7FFF };

/* Below a shielded call (shield.h). Inside, the task counts its requests anew; what came before, and what comes from
 * outside of it meanwhile, is counted here. */
struct async_shielded_ {
    async_frame frame;
    async_node_ node; /* among those of the loop */
    async_task *task;
    uint16_t cancelling;
    bool must; /* there is one to be thrown when the call has ended */
};

/* How many a task is in that is not done: its status is not needed yet. */
static unsigned async_shields_(const async_task *task) { return (unsigned)task->future.status; }

/* Its first, or the next one inside that; NULL. */
static struct async_shielded_ *async_shield_of_(const async_task *task, const struct async_shielded_ *before)
{
    async_node_ *node;
    if (async_shields_(task) == 0)
        return NULL;
    node = before != NULL ? before->node.next : async_loop_for_((async_task *)(uintptr_t)task)->shields.first;
    for (; node != NULL; node = node->next) {
        struct async_shielded_ *shield = ASYNC_CONTAINER_(node, struct async_shielded_, node);
        if (shield->task == task)
            return shield;
    }
    return NULL;
}

static void async_hold_cancel_(async_task *task, unsigned shields)
{
    struct async_shielded_ *shield = async_shield_of_(task, NULL);
    while (shield != NULL && shields-- > 0)
        shield = async_shield_of_(task, shield);
    if (shield == NULL) /* the loop is being closed */
        return;
    shield->must = true;
    if (shield->cancelling < ASYNC_CANCELS_MOST_)
        shield->cancelling++;
}

/* Cancelling a task that waits for another cancels that one: down the chain, in a loop, since it may be long. The
 * request comes from inside so many shields of the first one, which do not stop it. */
static bool async_cancel_inside_(async_task *first, unsigned shields)
{
    async_task *task = first;
    bool accepted;
    ASYNC_CHECK_HANDLE_(first);
    if (first == NULL || async_future_done(&first->future) || (first->future.flags & ASYNC_IN_CANCEL_))
        return false;
    async_task_check_thread_(first, "async_cancel: the task's loop runs in another thread: call it there, with "
        "async_loop_call_soon_threadsafe, or start the task with async_run_coroutine_threadsafe");
#if ASYNCIO_NO_HEAP
    async_the_loop_.cancel_sleep = async_sleep_withdraw_;
#endif
    for (;;) {
        async_frame *top = (async_frame *)task->future.value;
        async_future *future = async_awaited_(task);
        task->future.flags |= ASYNC_IN_CANCEL_;
        accepted = async_shields_(task) > shields;
        if (ASYNC_RARE_(accepted)) {
            async_hold_cancel_(task, shields);
            break;
        }
        shields = 0;
        if (task->future.cancelling < ASYNC_CANCELS_MOST_)
            task->future.cancelling++;
        if (!async_task_waits_(task))
            break;
        if (future != NULL && (future->flags & ASYNC_IS_TASK_) && !async_future_done(future)) {
            if (future->flags & ASYNC_IN_CANCEL_) {
                accepted = async_dissolve_(task, future);
                break;
            }
            task = (async_task *)(void *)future;
            continue;
        }
        if (future != NULL)
            accepted = !(future->flags & ASYNC_IS_TASK_) && async_future_cancel(future);
        else if (top->type->cancel != NULL)
            accepted = top->type->cancel(task, top);
        break;
    }
    if (!accepted) {
        task->future.flags |= ASYNC_MUST_;
        async_loop_for_(task)->stack.must = async_must_;
    }
    for (;;) {
        async_future *future;
        first->future.flags &= (uint8_t)~ASYNC_IN_CANCEL_;
        if (first == task)
            return true;
        future = async_awaited_(first);
        first = (async_task *)(void *)future;
    }
}

bool async_cancel(async_task *task) { return async_cancel_inside_(task, 0); }

static bool async_join_cancel_(async_task *task, void *frame)
{
    struct async_join *join = (struct async_join *)frame;
    (void)task;
    return join->leaf.frame.state == ASYNC_LEAF_WAITING && async_cancel(join->task);
}

static bool async_future_wait_cancel_(async_task *task, void *frame)
{
    struct async_future_wait *wait = (struct async_future_wait *)frame;
    (void)task;
    if (wait->leaf.frame.state != ASYNC_LEAF_WAITING)
        return false;
    if (wait->future->flags & ASYNC_IS_TASK_)
        return async_cancel((async_task *)(void *)wait->future);
    return async_future_cancel(wait->future);
}

/* Of the requests that the task sees where it is. */
static int async_uncancel_inside_(async_task *task)
{
    if (task->future.cancelling == 0)
        return 0;
    if (--task->future.cancelling == 0)
        task->future.flags &= (uint8_t)~ASYNC_MUST_;
    return (int)task->future.cancelling;
}

int async_task_cancelling(const async_task *task)
{
    const struct async_shielded_ *shield = NULL;
    unsigned count;
    ASYNC_CHECK_HANDLE_(task);
    if (task == NULL)
        return 0;
    count = task->future.cancelling;
    while (!async_future_done(&task->future) && (shield = async_shield_of_(task, shield)) != NULL) {
        count += shield->cancelling;
        if (count > ASYNC_CANCELS_MOST_)
            count = ASYNC_CANCELS_MOST_;
    }
    return (int)count;
}

int async_task_uncancel(async_task *task)
{
    struct async_shielded_ *shield = NULL;
    ASYNC_CHECK_HANDLE_(task);
    if (task == NULL)
        return 0;
    while (!async_future_done(&task->future) && (shield = async_shield_of_(task, shield)) != NULL)
        if (shield->cancelling > 0) { /* what came from outside is taken back first */
            if (--shield->cancelling == 0)
                shield->must = false;
            return async_task_cancelling(task);
        }
    (void)async_uncancel_inside_(task);
    return async_task_cancelling(task);
}

ASYNC_EXTERN_C_END_

#endif
#endif
