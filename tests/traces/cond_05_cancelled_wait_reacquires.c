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

/* not in the frame of top, which may be gone first */
static async_condition cond;

struct top { async_frame frame; async_task *task; int i; };

async(top)
{
    async_begin;
    async_condition_init(&cond, NULL);
    self->task = async_create_task(waiter, .cond = &cond);
    await(async_sleep);
    await_enter(&cond);
    async_cancel(self->task);
    for (self->i = 0; self->i < 3; self->i++)
        await(async_sleep);
    printf("main holds the lock, waiter done %s\n", truth(async_task_done(self->task)));
    async_exit(&cond);
    await(async_wait, .tasks = &self->task, .count = 1);
    printf("locked %s cancelled %s\n", truth(async_condition_locked(&cond)),
        truth(async_task_cancelled(self->task)));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void)
{
    async_status status = async_run_with(&virtual_time, top);
    async_condition_deinit(&cond);
    return status < 0;
}
