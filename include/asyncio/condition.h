/* condition.h: waiting for a change of what a lock protects (asyncio.Condition). No memory is allocated. Loop thread
 * only. */
#ifndef ASYNCIO_CONDITION_H
#define ASYNCIO_CONDITION_H

#include "lock.h"

ASYNC_EXTERN_C_BEGIN_

/* async_condition: with a lock of its own, or one that several share. */
typedef struct async_condition {
    const async_enterable_ *enterable; /* for await_enter(&condition), which takes the lock */
    async_lock *lock;
    async_line_ line;
    async_lock own;
} async_condition;

/* async_condition_init: lock NULL: one of its own. Do not move it then. async_condition_deinit: a panic if somebody
 * waits. */
void async_condition_init(async_condition *condition, async_lock *lock);
void async_condition_deinit(async_condition *condition);

/* await(async_condition_acquire, .condition = &c), async_condition_release, async_condition_locked: of its lock. */
struct async_condition_acquire {
    async_leaf leaf;
    async_condition *condition;
    async_node_ node;
};
ASYNC_DECLARE(async_condition_acquire);
async_status async_condition_release(async_condition *condition);
bool async_condition_locked(const async_condition *condition);

/* await(async_condition_wait, .condition = &c): with the lock held: gives it back, waits to be notified, and has the lock
 * again when it ends, also when it was cancelled. It may end for no reason: test again. MISUSE without the lock. */
struct async_condition_wait {
    struct async_condition_acquire acquire; /* its node stands first in the condition's line, then in the lock's */
    async_condition *condition;
    bool locking;
    int16_t error;
};
ASYNC_DECLARE(async_condition_wait);

/* await(async_condition_wait_for, .condition = &c, .predicate = f, .data = p): waits until f(p) is true. */
struct async_condition_wait_for {
    async_frame frame;
    async_condition *condition;
    bool (*predicate)(void *data);
    void *data;
};
ASYNC_DECLARE(async_condition_wait_for);

/* async_condition_notify: the first n that wait go on, once they have the lock. async_condition_notify_all: all. MISUSE
 * without the lock. */
async_status async_condition_notify(async_condition *condition, size_t n);
async_status async_condition_notify_all(async_condition *condition);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_CONDITION_IMPLEMENTATION_
#define ASYNCIO_CONDITION_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The same layout as an async_lock_acquire, into which it turns. */
async_step async_condition_acquire_resume(async_stack *stack, void *frame)
{
    struct async_lock_acquire *acquire = (struct async_lock_acquire *)frame;
    if (acquire->leaf.frame.state == ASYNC_LEAF_NEW)
        acquire->lock = ((struct async_condition_acquire *)frame)->condition->lock;
    return async_lock_acquire_resume(stack, acquire);
}

ASYNC_LEAF_DEFINE(async_condition_acquire, async_leaf_cancel);

async_status async_condition_release(async_condition *condition) { return async_lock_release(condition->lock); }

bool async_condition_locked(const async_condition *condition) { return async_lock_locked(condition->lock); }

static void async_condition_wake_(async_condition *condition, size_t n)
{
    async_node_ *node;
    for (node = condition->line.first; node != NULL && n > 0; node = node->next)
        if (async_leaf_complete(&async_node_acquire_(node)->leaf))
            n--;
}

async_status async_condition_notify(async_condition *condition, size_t n)
{
    if (!async_condition_locked(condition))
        return ASYNC_MISUSE;
    async_condition_wake_(condition, n);
    return ASYNC_OK;
}

async_status async_condition_notify_all(async_condition *condition) { return async_condition_notify(condition, SIZE_MAX); }

async_step async_condition_wait_resume(async_stack *stack, void *frame)
{
    struct async_condition_wait *wait = (struct async_condition_wait *)frame;
    async_leaf *leaf = &wait->acquire.leaf;
    async_condition *condition = wait->condition;
    async_step step;
    if (!wait->locking) {
        if (leaf->frame.state == ASYNC_LEAF_NEW) {
            if (!async_condition_locked(condition))
                return async_step_(ASYNC_MISUSE);
            async_condition_release(condition);
            async_line_append_(&condition->line, &wait->acquire.node);
            return async_leaf_wait(stack, leaf);
        }
        async_line_remove_(&condition->line, &wait->acquire.node);
        wait->error = (int16_t)async_leaf_outcome(leaf);
        wait->locking = true;
        leaf->frame.state = ASYNC_LEAF_NEW;
    }
    for (;;) { /* whatever happens, it ends with the lock held */
        if (leaf->frame.state == ASYNC_LEAF_NEW) {
            if (!stack->running) /* the loop is being closed: nobody could give the lock back */
                return async_step_(ASYNC_CANCELLED);
            leaf->frame.status = 0;
            wait->acquire.condition = condition;
        }
        step = async_condition_acquire_resume(stack, &wait->acquire);
        if (step.code >= 0)
            break;
        wait->error = (int16_t)step.code;
        leaf->frame.state = ASYNC_LEAF_NEW;
    }
    if (step.code != ASYNC_OK)
        return step;
    if (wait->error < 0) /* it may have been notified: that is passed on */
        async_condition_wake_(condition, 1);
    return async_step_(wait->error);
}

ASYNC_LEAF_DEFINE(async_condition_wait, async_leaf_cancel);

ASYNC_DEFINE(async_condition_wait_for)
{
    ASYNC_BEGIN;
    while (!self->predicate(self->data))
        AWAIT(async_condition_wait, .condition = self->condition);
    ASYNC_END;
}

static int async_condition_exit_(async_stack *stack, async_frame *self, void *object, int status)
{
    return async_lock_exit_(stack, self, ((async_condition *)object)->lock, status);
}

static const async_enterable_ async_condition_enterable_ = { &async_condition_acquire_type, async_condition_exit_ };

void async_condition_init(async_condition *condition, async_lock *lock)
{
    ASYNC_MEMSET_(condition, 0, sizeof *condition);
    async_lock_init(&condition->own);
    condition->lock = lock != NULL ? lock : &condition->own;
    condition->enterable = &async_condition_enterable_;
    ASYNC_RECORD_ENTER_(async_condition_acquire, *condition)
}

void async_condition_deinit(async_condition *condition)
{
    if (condition->line.first != NULL)
        ASYNC_PANIC_("async_condition_deinit: somebody waits for it");
    if (condition->lock == &condition->own)
        async_lock_deinit(&condition->own);
    condition->enterable = NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
