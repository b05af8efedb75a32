/* semaphore.h: a count of permits (asyncio.Semaphore, BoundedSemaphore). No memory is allocated. Loop thread only. */
#ifndef ASYNCIO_SEMAPHORE_H
#define ASYNCIO_SEMAPHORE_H

#include "cancel.h"

ASYNC_EXTERN_C_BEGIN_

/* async_semaphore: fair: who waits is not overtaken by a newcomer. */
typedef struct async_semaphore {
    const async_enterable_ *enterable; /* for await_enter(&semaphore) */
    async_line_ line;
    size_t value, bound;
} async_semaphore;

/* async_semaphore_init: with that many permits. async_bounded_semaphore_init: the same, and it is an error to give back
 * more than there were. async_semaphore_deinit: a panic if somebody waits. */
void async_semaphore_init(async_semaphore *semaphore, size_t value);
void async_bounded_semaphore_init(async_semaphore *semaphore, size_t value);
void async_semaphore_deinit(async_semaphore *semaphore);

/* await(async_semaphore_acquire, .semaphore = &s): waits for a permit and takes it. Does not suspend when there is one
 * and nobody waits. await_enter(&s) also gives it back when the function leaves. */
struct async_semaphore_acquire {
    async_leaf leaf;
    async_semaphore *semaphore;
    async_node_ node;
};
ASYNC_DECLARE(async_semaphore_acquire);

/* async_semaphore_release: gives a permit back, to the first in line if there is one. INVALID_ARGUMENT when a bounded
 * one would get more than it had. */
async_status async_semaphore_release(async_semaphore *semaphore);
/* async_semaphore_locked: an acquire would wait. */
bool async_semaphore_locked(const async_semaphore *semaphore);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_SEMAPHORE_IMPLEMENTATION_
#define ASYNCIO_SEMAPHORE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

static struct async_semaphore_acquire *async_node_permit_(async_node_ *node)
{
    return ASYNC_CONTAINER_(node, struct async_semaphore_acquire, node);
}

/* The first that still waits gets a permit, at once. */
static bool async_semaphore_wake_(async_semaphore *semaphore)
{
    async_node_ *node;
    for (node = semaphore->line.first; node != NULL; node = node->next)
        if (async_leaf_complete(&async_node_permit_(node)->leaf)) {
            semaphore->value--;
            return true;
        }
    return false;
}

bool async_semaphore_locked(const async_semaphore *semaphore)
{
    async_node_ *node;
    if (semaphore->value == 0)
        return true;
    for (node = semaphore->line.first; node != NULL; node = node->next)
        if (async_node_permit_(node)->leaf.frame.state != ASYNC_LEAF_CANCELLED)
            return true;
    return false;
}

async_status async_semaphore_release(async_semaphore *semaphore)
{
    if (semaphore->value >= semaphore->bound)
        return ASYNC_INVALID_ARGUMENT;
    semaphore->value++;
    async_semaphore_wake_(semaphore);
    return ASYNC_OK;
}

async_step async_semaphore_acquire_resume(async_stack *stack, void *frame)
{
    struct async_semaphore_acquire *acquire = (struct async_semaphore_acquire *)frame;
    async_semaphore *semaphore = acquire->semaphore;
    async_status status;
    if (acquire->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (!async_semaphore_locked(semaphore)) {
            semaphore->value--;
            return async_step_(ASYNC_OK);
        }
        async_line_append_(&semaphore->line, &acquire->node);
        return async_leaf_wait(stack, &acquire->leaf);
    }
    async_line_remove_(&semaphore->line, &acquire->node);
    status = async_leaf_outcome(&acquire->leaf);
    if (status < 0 && acquire->leaf.frame.state == ASYNC_LEAF_DONE)
        semaphore->value++;
    /* a release may have coincided with waiters that were being cancelled */
    while (semaphore->value > 0 && async_semaphore_wake_(semaphore)) {
    }
    return async_step_(status);
}

ASYNC_LEAF_DEFINE(async_semaphore_acquire, async_leaf_cancel);

static int async_semaphore_exit_(async_stack *stack, async_frame *self, void *object, int status)
{
    (void)stack;
    (void)self;
    if (async_semaphore_release((async_semaphore *)object) < 0)
        ASYNC_PANIC_("a permit that await_enter took was given back by another");
    return status;
}

static const async_enterable_ async_semaphore_enterable_ = { &async_semaphore_acquire_type, async_semaphore_exit_ };

void async_semaphore_init(async_semaphore *semaphore, size_t value)
{
    ASYNC_MEMSET_(semaphore, 0, sizeof *semaphore);
    semaphore->enterable = &async_semaphore_enterable_;
    ASYNC_RECORD_ENTER_(async_semaphore_acquire, *semaphore)
    semaphore->value = value;
    semaphore->bound = SIZE_MAX;
}

void async_bounded_semaphore_init(async_semaphore *semaphore, size_t value)
{
    async_semaphore_init(semaphore, value);
    semaphore->bound = value;
}

void async_semaphore_deinit(async_semaphore *semaphore)
{
    if (semaphore->line.first != NULL)
        ASYNC_PANIC_("async_semaphore_deinit: somebody waits for it");
    semaphore->enterable = NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
