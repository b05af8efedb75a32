/* The objects that tasks share, and the operations on them that do not await. */
#ifndef FUZZ_OBJECTS_H
#define FUZZ_OBJECTS_H

#include "plain.h"

/* ---- their life ---------------------------------------------------------------------------------------------- */

static int compare_items(const void *a, const void *b)
{
    const int *left = (const int *)a, *right = (const int *)b;
    return (*left > *right) - (*left < *right);
}

/* In every second program a queue with a bound uses storage of ours. */
static void set_up_queue(int number)
{
    static int storage[MOST_OBJECTS][10];
    async_queue *queue = &world.queues[number];
    size_t size = (size_t)world.program.queues[number] % 10;
    bool own = size > 0 && world.program.number % 2 == 0;
    switch (world.program.queues[number] / 10) {
    case 0:
        own ? async_queue_init_with(queue, sizeof(int), size, storage[number])
            : async_queue_init(queue, sizeof(int), size);
        break;
    case 1:
        own ? async_lifo_queue_init_with(queue, sizeof(int), size, storage[number])
            : async_lifo_queue_init(queue, sizeof(int), size);
        break;
    default:
        own ? async_priority_queue_init_with(queue, sizeof(int), size, storage[number], compare_items)
            : async_priority_queue_init(queue, sizeof(int), size, compare_items);
        break;
    }
}

static void set_up_objects(void)
{
    int i;
    for (i = 0; i < LOCKS; i++)
        async_lock_init(&world.locks[i]);
    for (i = 0; i < EVENTS; i++)
        async_event_init(&world.events[i]);
    for (i = 0; i < FUTURES; i++)
        async_future_init(&world.futures[i]);
    for (i = 0; i < world.program.queue_count; i++)
        set_up_queue(i);
    for (i = 0; i < world.program.semaphore_count; i++) {
        size_t permits = (size_t)world.program.semaphores[i];
        i == 0 ? async_semaphore_init(&world.semaphores[i], permits)
               : async_bounded_semaphore_init(&world.semaphores[i], permits);
    }
    for (i = 0; i < CONDITIONS; i++)
        async_condition_init(&world.conditions[i], i < 4 ? &world.locks[3 + i / 2] : NULL);
    for (i = 0; i < world.program.barrier_count; i++)
        (void)async_barrier_init(&world.barriers[i], (size_t)world.program.barriers[i]);
}

/* When nobody waits for them any more. What a task held that was dropped with the loop is still held. */
static void tear_down_objects(void)
{
    int i;
    for (i = 0; i < CONDITIONS; i++) {
        if (i == 4 && async_condition_locked(&world.conditions[i]))
            async_condition_release(&world.conditions[i]);
        async_condition_deinit(&world.conditions[i]);
    }
    for (i = 0; i < LOCKS; i++) {
        if (async_lock_locked(&world.locks[i]))
            async_lock_release(&world.locks[i]);
        async_lock_deinit(&world.locks[i]);
    }
    for (i = 0; i < EVENTS; i++)
        async_event_deinit(&world.events[i]);
    for (i = 0; i < world.program.queue_count; i++)
        async_queue_deinit(&world.queues[i]);
    for (i = 0; i < world.program.semaphore_count; i++)
        async_semaphore_deinit(&world.semaphores[i]);
    for (i = 0; i < world.program.barrier_count; i++)
        async_barrier_deinit(&world.barriers[i]);
}

/* ---- operations ---------------------------------------------------------------------------------------------- */

PLAIN(unlock) { return async_lock_release(&world.locks[2]); }
PLAIN(locked) { say("%d", async_lock_locked(&world.locks[ARGUMENT(0)])); return ASYNC_OK; }
PLAIN(event_set) { async_event_set(&world.events[ARGUMENT(0)]); return ASYNC_OK; }
PLAIN(event_clear) { async_event_clear(&world.events[ARGUMENT(0)]); return ASYNC_OK; }

PLAIN(put_nowait)
{
    return async_queue_put_nowait(&world.queues[ARGUMENT(0)], &node->index);
}

PLAIN(get_nowait)
{
    int item = -1;
    async_status status = async_queue_get_nowait(&world.queues[ARGUMENT(0)], &item);
    say("%d", item);
    return status;
}

PLAIN(task_done) { return async_queue_task_done(&world.queues[ARGUMENT(0)]); }
PLAIN(size) { say("%d", (int)async_queue_qsize(&world.queues[ARGUMENT(0)])); return ASYNC_OK; }

PLAIN(shutdown)
{
    async_queue_shutdown(&world.queues[ARGUMENT(0)], ARGUMENT(1) != 0);
    return ASYNC_OK;
}

PLAIN(future_set)
{
    return async_future_set_result(&world.futures[ARGUMENT(0)], (void *)node);
}

PLAIN(future_fail)
{
    return async_future_set_exception(&world.futures[ARGUMENT(0)], ASYNC_USER_ERROR(ARGUMENT(1)));
}

PLAIN(future_cancel) { say("%d", async_future_cancel(&world.futures[ARGUMENT(0)])); return ASYNC_OK; }

PLAIN(future_look)
{
    async_future *future = &world.futures[ARGUMENT(0)];
    say("%s", peek(future, future_value(future)));
    return ASYNC_OK;
}

PLAIN(sem_release) { return async_semaphore_release(&world.semaphores[ARGUMENT(0)]); }

PLAIN(sem_locked)
{
    say("%d", async_semaphore_locked(&world.semaphores[ARGUMENT(0)]));
    return ASYNC_OK;
}

PLAIN(cond_release) { return async_condition_release(&world.conditions[ARGUMENT(0)]); }

PLAIN(cond_locked)
{
    say("%d", async_condition_locked(&world.conditions[ARGUMENT(0)]));
    return ASYNC_OK;
}

PLAIN(bump)
{
    world.counters[ARGUMENT(0)] += ARGUMENT(1);
    say("%d", world.counters[ARGUMENT(0)]);
    return ASYNC_OK;
}

PLAIN(notify) { return async_condition_notify(&world.conditions[ARGUMENT(0)], (size_t)ARGUMENT(1)); }
PLAIN(notify_all) { return async_condition_notify_all(&world.conditions[ARGUMENT(0)]); }

PLAIN(barrier_look)
{
    const async_barrier *barrier = &world.barriers[ARGUMENT(0)];
    say("%d %d", (int)async_barrier_n_waiting(barrier), async_barrier_broken(barrier));
    return ASYNC_OK;
}

#endif
