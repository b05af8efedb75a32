/* One holder at a time. */
#include "trace.h"

struct worker { async_frame frame; const char *name; async_lock *lock; };

async(worker)
{
    async_begin;
    printf("%s wants\n", self->name);
    await_enter(self->lock);
    printf("%s has\n", self->name);
    await(async_sleep);
    await(async_sleep);
    printf("%s leaves\n", self->name);
    async_end;
}

struct top { async_frame frame; async_lock lock; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_lock_init(&self->lock);
    self->tasks[0] = async_create_task(worker, .name = "a", .lock = &self->lock);
    self->tasks[1] = async_create_task(worker, .name = "b", .lock = &self->lock);
    self->tasks[2] = async_create_task(worker, .name = "c", .lock = &self->lock);
    await(async_gather, .tasks = self->tasks, .count = 3);
    printf("locked %s\n", truth(async_lock_locked(&self->lock)));
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
