/* A cancelled wait() takes the lock again before Cancelled comes out. */
#include "trace.h"

struct waiter { async_frame frame; async_condition *cond; async_status status; };

async(waiter)
{
    async_begin;
    await_enter(self->cond);
    await_catch(self->status, async_condition_wait, .condition = self->cond);
    if (self->status == ASYNC_CANCELLED)
        printf("waiter: Cancelled, locked %s\n", truth(async_condition_locked(self->cond)));
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

struct top { async_frame frame; async_condition cond; async_task *task; int i; };

async(top)
{
    async_begin;
    async_condition_init(&self->cond, NULL);
    self->task = async_create_task(waiter, .cond = &self->cond);
    await(async_sleep);
    await_enter(&self->cond);
    async_cancel(self->task);
    for (self->i = 0; self->i < 3; self->i++)
        await(async_sleep);
    printf("main holds the lock, waiter done %s\n", truth(async_task_done(self->task)));
    async_exit(&self->cond);
    await(async_wait, .tasks = &self->task, .count = 1);
    printf("locked %s cancelled %s\n", truth(async_condition_locked(&self->cond)),
        truth(async_task_cancelled(self->task)));
    async_finally;
    async_release(self->task);
    async_condition_deinit(&self->cond);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
