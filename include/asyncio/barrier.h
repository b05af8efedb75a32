/* barrier.h: a fixed number of tasks wait for one another (asyncio.Barrier). No memory is allocated. Loop thread only. */
#ifndef ASYNCIO_BARRIER_H
#define ASYNCIO_BARRIER_H

#include "condition.h"

ASYNC_EXTERN_C_BEGIN_

/* `await_enter(&barrier)` waits for the others; leaving does nothing, as in asyncio. */
typedef struct async_barrier {
    const async_enterable_ *enterable;
    async_condition condition;
    size_t parties, count;
    uint8_t state;
} async_barrier;

/* async_barrier_init: for that many parties; INVALID_ARGUMENT for none. Do not move it. async_barrier_deinit: a panic
 * if somebody waits. */
async_status async_barrier_init(async_barrier *barrier, size_t parties);
void async_barrier_deinit(async_barrier *barrier);

/* await_into(i, async_barrier_wait, .barrier = &b): waits until as many have come as there are parties; each gets its
 * number in the order of coming, from 0 on. BROKEN_BARRIER after an abort or a reset. One that is cancelled just leaves. */
struct async_barrier_wait {
    async_frame frame;
    async_barrier *barrier;
    size_t result;
};
ASYNC_DECLARE(async_barrier_wait);

/* await(async_barrier_reset, .barrier = &b): those who wait get BROKEN_BARRIER; it is as new.
 * await(async_barrier_abort, .barrier = &b): those who wait, and all who come, get BROKEN_BARRIER, until a reset. */
struct async_barrier_reset {
    async_frame frame;
    async_barrier *barrier;
};
ASYNC_DECLARE(async_barrier_reset);
struct async_barrier_abort {
    async_frame frame;
    async_barrier *barrier;
};
ASYNC_DECLARE(async_barrier_abort);

size_t async_barrier_parties(const async_barrier *barrier);
size_t async_barrier_n_waiting(const async_barrier *barrier);
bool async_barrier_broken(const async_barrier *barrier);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_BARRIER_IMPLEMENTATION_
#define ASYNCIO_BARRIER_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_BARRIER_FILLING_, ASYNC_BARRIER_DRAINING_, ASYNC_BARRIER_RESETTING_, ASYNC_BARRIER_BROKEN_ };

/* Laid out as an async_acquire_. */
struct async_barrier_entering {
    async_frame frame;
    async_task *task;
    void *object;
};

ASYNC(async_barrier_entering)
{
    ASYNC_BEGIN;
    AWAIT(async_barrier_wait, .barrier = (async_barrier *)((async_acquire_ *)(void *)self)->object);
    ASYNC_END;
}

static int async_barrier_exit_(async_stack *stack, async_frame *self, void *object, int status)
{
    (void)stack;
    (void)self;
    (void)object;
    return status;
}

static const async_enterable_ async_barrier_enterable_ = { &async_barrier_entering_type, async_barrier_exit_ };

async_status async_barrier_init(async_barrier *barrier, size_t parties)
{
    ASYNC_MEMSET_(barrier, 0, sizeof *barrier);
    if (parties == 0)
        return ASYNC_INVALID_ARGUMENT;
    barrier->enterable = &async_barrier_enterable_;
    ASYNC_RECORD_ENTER_(async_barrier_entering, *barrier)
    async_condition_init(&barrier->condition, NULL);
    barrier->parties = parties;
    return ASYNC_OK;
}

void async_barrier_deinit(async_barrier *barrier)
{
    if (barrier->parties != 0)
        async_condition_deinit(&barrier->condition);
    barrier->enterable = NULL;
    barrier->parties = 0;
}

size_t async_barrier_parties(const async_barrier *barrier) { return barrier->parties; }
size_t async_barrier_n_waiting(const async_barrier *barrier)
{
    return barrier->state == ASYNC_BARRIER_FILLING_ ? barrier->count : 0;
}
bool async_barrier_broken(const async_barrier *barrier) { return barrier->state == ASYNC_BARRIER_BROKEN_; }

/* One party, from when it counts until it leaves; with the condition's lock held. */
struct async_barrier_party {
    async_frame frame;
    async_barrier *barrier;
    size_t result;
};

ASYNC(async_barrier_party)
{
    async_barrier *barrier = self->barrier;
    ASYNC_BEGIN;
    self->result = barrier->count++;
    if (self->result + 1 == barrier->parties) {
        barrier->state = ASYNC_BARRIER_DRAINING_;
        async_condition_notify_all(&barrier->condition);
    } else {
        while (barrier->state == ASYNC_BARRIER_FILLING_)
            AWAIT(async_condition_wait, .condition = &barrier->condition);
        if (barrier->state != ASYNC_BARRIER_DRAINING_)
            ASYNC_RAISE(ASYNC_BROKEN_BARRIER);
    }
    ASYNC_FINALLY;
    if (--barrier->count == 0) {
        if (barrier->state == ASYNC_BARRIER_RESETTING_ || barrier->state == ASYNC_BARRIER_DRAINING_)
            barrier->state = ASYNC_BARRIER_FILLING_;
        async_condition_notify_all(&barrier->condition);
    }
    ASYNC_END;
}

ASYNC_DEFINE(async_barrier_wait)
{
    async_barrier *barrier = self->barrier;
    ASYNC_BEGIN;
    AWAIT_ENTER(&barrier->condition);
    while (barrier->state == ASYNC_BARRIER_DRAINING_ || barrier->state == ASYNC_BARRIER_RESETTING_)
        AWAIT(async_condition_wait, .condition = &barrier->condition);
    if (barrier->state == ASYNC_BARRIER_BROKEN_)
        ASYNC_RAISE(ASYNC_BROKEN_BARRIER);
    AWAIT_INTO(self->result, async_barrier_party, .barrier = barrier);
    ASYNC_END;
}

ASYNC_DEFINE(async_barrier_reset)
{
    async_barrier *barrier = self->barrier;
    ASYNC_BEGIN;
    AWAIT_ENTER(&barrier->condition);
    barrier->state = barrier->count > 0 ? ASYNC_BARRIER_RESETTING_ : ASYNC_BARRIER_FILLING_;
    async_condition_notify_all(&barrier->condition);
    ASYNC_END;
}

ASYNC_DEFINE(async_barrier_abort)
{
    async_barrier *barrier = self->barrier;
    ASYNC_BEGIN;
    AWAIT_ENTER(&barrier->condition);
    barrier->state = ASYNC_BARRIER_BROKEN_;
    async_condition_notify_all(&barrier->condition);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
