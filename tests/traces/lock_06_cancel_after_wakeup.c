/* A waiter that was woken and is cancelled before it runs hands the lock on. */
#include "trace.h"

struct worker { async_frame frame; const char *name; async_lock *lock; };

async(worker)
{
    async_begin;
    await(async_lock_acquire, .lock = self->lock);
    printf("%s has\n", self->name);
    async_lock_release(self->lock);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        printf("%s Cancelled\n", self->name);
    async_end;
}

struct top { async_frame frame; async_lock lock; async_task *tasks[2]; };

async(top)
{
    async_begin;
    async_lock_init(&self->lock);
    await(async_lock_acquire, .lock = &self->lock);
    self->tasks[0] = async_create_task(worker, .name = "a", .lock = &self->lock);
    self->tasks[1] = async_create_task(worker, .name = "b", .lock = &self->lock);
    await(async_sleep);
    async_lock_release(&self->lock); /* wakes a */
    async_cancel(self->tasks[0]);    /* before a runs */
    await(async_gather, .tasks = self->tasks, .count = 2, .return_exceptions = true);
    printf("locked %s\n", truth(async_lock_locked(&self->lock)));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
