/* Every way to take frame stack, each taken to its end: what a task that runs the function has used. FOREVER: also what has
 * no answer, and a storage that is too small. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_HIGH_WATER 1
#include "asyncio.h"
#include <stdio.h>

struct sleeper { async_frame frame; char filler[24]; };
ASYNC(sleeper)
{
    ASYNC_BEGIN;
    AWAIT(async_sleep, .delay = 1);
    ASYNC_END;
}

struct shallow { async_frame frame; char filler[200]; };
ASYNC(shallow)
{
    ASYNC_BEGIN;
    ASYNC_END;
}

/* the way whose frames are largest is not the longest one */
struct chooses { async_frame frame; };
ASYNC(chooses)
{
    ASYNC_BEGIN;
    AWAIT(sleeper);
    AWAIT(shallow);
    ASYNC_FINALLY;
    AWAIT(sleeper);
    ASYNC_END;
}

struct waits_for { async_frame frame; async_status status; };
ASYNC(waits_for)
{
    ASYNC_BEGIN;
    AWAIT_FOR(async_seconds(1), sleeper);
    AWAIT_FOR_CATCH(1, self->status, sleeper);
    ASYNC_END;
}

struct is_shielded { async_frame frame; };
ASYNC(is_shielded)
{
    ASYNC_BEGIN;
    AWAIT_SHIELDED(chooses);
    ASYNC_END;
}

struct elsewhere { async_frame frame; struct chooses child; };
ASYNC(elsewhere)
{
    ASYNC_BEGIN;
    AWAIT_AT(&self->child, chooses);
    ASYNC_END;
}

struct counts { async_frame frame; int to, i, result; };
ASYNC(counts)
{
    ASYNC_BEGIN;
    for (self->i = 0; self->i < self->to; self->i++) {
        AWAIT(sleeper);
        ASYNC_YIELD(self->i);
    }
    ASYNC_END;
}

struct generates { async_frame frame; struct counts counts; };
ASYNC(generates)
{
    ASYNC_BEGIN;
    ASYNC_GENERATOR_OPEN(&self->counts, counts, .to = 3);
    ASYNC_FOR (&self->counts) { }
    ASYNC_FINALLY;
    AWAIT_CLOSE(&self->counts);
    ASYNC_END;
}

struct locks { async_frame frame; async_lock lock; };
ASYNC(locks)
{
    ASYNC_BEGIN;
    async_lock_init(&self->lock);
    AWAIT_ENTER(&self->lock);
    ASYNC_END;
}

struct holds { async_frame frame; async_semaphore semaphore; async_timeout timeout; };
ASYNC(holds)
{
    ASYNC_BEGIN;
    async_semaphore_init(&self->semaphore, 1);
    AWAIT_ENTER(&self->semaphore);
    async_timeout_enter(&self->timeout, async_seconds(1));
    AWAIT(chooses);
    ASYNC_END;
}

static async_barrier barrier;
struct arrives { async_frame frame; };
ASYNC(arrives)
{
    ASYNC_BEGIN;
    AWAIT(async_barrier_wait, .barrier = &barrier);
    ASYNC_END;
}
struct barriers { async_frame frame; };
ASYNC(barriers)
{
    ASYNC_BEGIN;
    async_barrier_init(&barrier, 2);
    async_go(arrives);
    AWAIT_ENTER(&barrier);
    ASYNC_FINALLY;
    async_barrier_deinit(&barrier);
    ASYNC_END;
}

static ASYNC_TASK(sleeper, async_sleep, async_task_group_child) child;
static ASYNC_TASK(sleeper, async_sleep, async_task_group_child) waiting_child;
struct groups { async_frame frame; async_task_group group; };
ASYNC(groups)
{
    ASYNC_BEGIN;
    async_task_group_enter(&self->group, .limit = 1);
    (void)async_task_group_create_task_on(&self->group, &child, sleeper);
    (void)async_task_group_create_task_on(&self->group, &waiting_child, sleeper);
    AWAIT(sleeper);
    ASYNC_END;
}

struct gathers { async_frame frame; };
ASYNC(gathers)
{
    ASYNC_BEGIN;
    AWAIT_GATHER(async_call(sleeper), async_call(chooses));
    ASYNC_END;
}

#ifdef FOREVER
struct recurs { async_frame frame; int depth; };
ASYNC_DECLARE(recurs);
struct recurs_too { async_frame frame; int depth; };
ASYNC(recurs_too)
{
    ASYNC_BEGIN;
    if (self->depth > 0)
        AWAIT(recurs, .depth = self->depth - 1);
    ASYNC_END;
}
ASYNC_DEFINE(recurs)
{
    ASYNC_BEGIN;
    AWAIT(recurs_too, .depth = self->depth);
    ASYNC_END;
}

struct drives { async_frame frame; struct counts *counts; };
ASYNC(drives)
{
    ASYNC_BEGIN;
    ASYNC_FOR (self->counts) { }
    ASYNC_END;
}
struct opens { async_frame frame; struct counts counts; };
ASYNC(opens)
{
    ASYNC_BEGIN;
    ASYNC_GENERATOR_OPEN(&self->counts, counts, .to = 3);
    AWAIT(drives, .counts = &self->counts);
    ASYNC_END;
}

static ASYNC_TASK(chooses, sleeper, async_sleep) too_small;
#endif

static async_storage(2000) storage;

#define SHOW(f)                                                                    \
    self->task = async_create_task_on(&storage, f);                                \
    AWAIT(async_join, .task = self->task);                                         \
    printf("%s %lu\n", #f, (unsigned long)async_task_high_water(self->task));      \
    async_release(self->task)

struct top { async_frame frame; async_task *task; };
ASYNC(top)
{
    ASYNC_BEGIN;
    SHOW(sleeper);
    SHOW(shallow);
    SHOW(chooses);
    SHOW(waits_for);
    SHOW(is_shielded);
    SHOW(elsewhere);
    SHOW(generates);
    SHOW(locks);
    SHOW(holds);
    SHOW(barriers);
    SHOW(groups);
    printf("child %lu\n", (unsigned long)(async_task_high_water(&child.task) + ASYNC_ROUND_(sizeof(struct async_task_group_child))));
    SHOW(gathers);
#ifdef FOREVER
    SHOW(recurs);
    SHOW(opens);
    self->task = async_create_task_on(&too_small, chooses);
    async_release(self->task);
#endif
    ASYNC_END;
}

int main(void)
{
    static async_loop_config config;
    config.virtual_clock = true;
    return async_run_with(&config, top) < 0;
}
