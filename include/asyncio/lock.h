/* lock.h: a mutex between tasks (asyncio.Lock). No memory is allocated. Loop thread only. */
#ifndef ASYNCIO_LOCK_H
#define ASYNCIO_LOCK_H

#include "cancel.h"

ASYNC_EXTERN_C_BEGIN_

/* async_lock: fair; has no owner and is not recursive. */
typedef struct async_lock {
    const async_enterable_ *enterable; /* for await_enter(&lock) */
    async_line_ line;
    bool locked;
} async_lock;

/* async_lock_init: a free lock. async_lock_deinit: a panic if somebody holds it or waits for it. */
void async_lock_init(async_lock *lock);
void async_lock_deinit(async_lock *lock);

/* await(async_lock_acquire, .lock = &l): waits until it is free, and takes it. Does not suspend if it is free and
 * nobody waits. await_enter(&l) also gives it back when the function leaves. */
struct async_lock_acquire {
    async_leaf leaf;
    async_lock *lock;
    async_node_ node;
};
ASYNC_DECLARE(async_lock_acquire);

/* async_lock_release: gives it back; the first in line gets it in a later pass. MISUSE when it is not held. */
async_status async_lock_release(async_lock *lock);
bool async_lock_locked(const async_lock *lock);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_LOCK_IMPLEMENTATION_
#define ASYNCIO_LOCK_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

static struct async_lock_acquire *async_node_acquire_(async_node_ *node)
{
    return ASYNC_CONTAINER_(node, struct async_lock_acquire, node);
}

/* Only the first in line is looked at: if a cancel got there first, that one hands on when it is resumed. */
static void async_lock_wake_first_(async_lock *lock)
{
    if (lock->line.first != NULL)
        async_leaf_complete(&async_node_acquire_(lock->line.first)->leaf);
}

async_status async_lock_release(async_lock *lock)
{
    if (!lock->locked)
        return ASYNC_MISUSE;
    lock->locked = false;
    async_lock_wake_first_(lock);
    return ASYNC_OK;
}

bool async_lock_locked(const async_lock *lock) { return lock->locked; }

async_step async_lock_acquire_resume(async_stack *stack, void *frame)
{
    struct async_lock_acquire *acquire = (struct async_lock_acquire *)frame;
    async_lock *lock = acquire->lock;
    async_status status;
    if (acquire->leaf.frame.state == ASYNC_LEAF_NEW) {
        async_node_ *node = lock->line.first;
        /* a newcomer does not overtake one that waits or was woken */
        while (node != NULL && async_node_acquire_(node)->leaf.frame.state == ASYNC_LEAF_CANCELLED)
            node = node->next;
        if (!lock->locked && node == NULL) {
            lock->locked = true;
            return async_step_(ASYNC_OK);
        }
        async_line_append_(&lock->line, &acquire->node);
        return async_leaf_wait(stack, &acquire->leaf);
    }
    async_line_remove_(&lock->line, &acquire->node);
    status = async_leaf_outcome(&acquire->leaf);
    if (status == ASYNC_OK)
        lock->locked = true;
    else if (!lock->locked)
        async_lock_wake_first_(lock);
    return async_step_(status);
}

ASYNC_LEAF_DEFINE(async_lock_acquire, async_leaf_cancel);

static int async_lock_exit_(async_stack *stack, async_frame *self, void *object, int status)
{
    (void)stack;
    (void)self;
    if (async_lock_release((async_lock *)object) < 0)
        ASYNC_PANIC_("a lock that await_enter took was given back by another");
    return status;
}

static const async_enterable_ async_lock_enterable_ = { &async_lock_acquire_type, async_lock_exit_ };

void async_lock_init(async_lock *lock)
{
    ASYNC_MEMSET_(lock, 0, sizeof *lock);
    lock->enterable = &async_lock_enterable_;
    ASYNC_RECORD_ENTER_(async_lock_acquire, *lock)
}

void async_lock_deinit(async_lock *lock)
{
    if (lock->locked || lock->line.first != NULL)
        ASYNC_PANIC_("async_lock_deinit: somebody holds it or waits for it");
    lock->enterable = NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
