/* A lock has no owner: another task may release it. */
#include "trace.h"

struct releaser { async_frame frame; async_lock *lock; };

async(releaser)
{
    async_begin;
    puts("releaser");
    async_lock_release(self->lock);
    async_end;
}

struct top { async_frame frame; async_lock lock; async_task *releaser; };

async(top)
{
    async_begin;
    async_lock_init(&self->lock);
    await(async_lock_acquire, .lock = &self->lock);
    self->releaser = async_create_task(releaser, .lock = &self->lock);
    await(async_lock_acquire, .lock = &self->lock);
    printf("main has it again, releaser done %s\n", truth(async_task_done(self->releaser)));
    async_finally;
    async_release(self->releaser);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
