/* The caller is cancelled in the moment in which the awaited future got its result: Cancelled wins, the
 * result stays * in the future. */
#include "trace.h"

struct outer { async_frame frame; async_future *future; void *value; };

async(outer)
{
    async_begin;
    await_into(self->value, async_wait_for, .future = self->future, .timeout = async_seconds(100));
    printf("got %s\n", (const char *)self->value);
    async_finally;
    if (async_error == ASYNC_CANCELLED && async_future_result(self->future, &self->value) == ASYNC_OK)
        printf("outer: Cancelled, future %s\n", (const char *)self->value);
    async_end;
}

struct top { async_frame frame; async_future future; async_task *task; async_status status; };

async(top)
{
    async_begin;
    async_future_init(&self->future);
    self->task = async_create_task(outer, .future = &self->future);
    await(async_sleep);
    async_future_set_result(&self->future, (void *)"value");
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    printf("cancelled %s\n", truth(async_task_cancelled(self->task)));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
