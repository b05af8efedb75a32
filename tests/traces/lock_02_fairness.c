/* A task that releases and asks again goes behind those who wait. */
#include "trace.h"

struct worker { async_frame frame; const char *name; async_lock *lock; int i; };

async(worker)
{
    async_begin;
    for (self->i = 0; self->i < 2; self->i++) {
        await(async_lock_acquire, .lock = self->lock);
        printf("%s %d\n", self->name, self->i);
        async_lock_release(self->lock);
    }
    async_end;
}

struct top { async_frame frame; async_lock lock; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_lock_init(&self->lock);
    await(async_lock_acquire, .lock = &self->lock);
    self->tasks[0] = async_create_task(worker, .name = "a", .lock = &self->lock);
    self->tasks[1] = async_create_task(worker, .name = "b", .lock = &self->lock);
    self->tasks[2] = async_create_task(worker, .name = "c", .lock = &self->lock);
    await(async_sleep);
    async_lock_release(&self->lock);
    await(async_gather, .tasks = self->tasks, .count = 3);
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
