/* Turns after the deadline fail with Timeout; the tasks are not cancelled. */
#include "trace.h"

struct quick { async_frame frame; const char *result; };

async(quick)
{
    async_begin;
    async_return("quick");
    async_end;
}

struct hang { async_frame frame; async_future *future; };

async(hang)
{
    async_begin;
    await(async_future_wait, .future = self->future);
    async_end;
}

struct top {
    async_frame frame;
    async_future future;
    async_as_completed done;
    async_task *tasks[2], *task;
    int i;
    async_status status;
};

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(quick);
    self->tasks[1] = async_create_task(hang, .future = &self->future);
    if (async_as_completed_init(&self->done, self->tasks, 2, 2 * TICK) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await_into(self->task, async_as_completed_next, .iterator = &self->done);
    puts(async_result(self->task, quick));
    await_catch(self->status, async_as_completed_next, .iterator = &self->done);
    if (self->status == ASYNC_TIMED_OUT)
        printf("Timeout, hang cancelled %s\n", truth(async_future_cancelled(&self->future)));
    async_finally;
    async_as_completed_deinit(&self->done);
    async_cancel(self->tasks[1]); /* it waits on what lies in this frame */
    await_catch(self->status, async_join, .task = self->tasks[1]);
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
