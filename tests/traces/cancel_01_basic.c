/* cancel() asks; the task sees CANCELLED at its await, one pass later. */
#include "trace.h"

struct job { async_frame frame; async_event never; };

async(job)
{
    async_begin;
    puts("job waits");
    await(async_event_wait, .event = &self->never);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("job: Cancelled");
    async_end;
}

struct top { async_frame frame; async_task *t; async_status status; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    printf("cancel %s\n", truth(async_cancel(self->t)));
    printf("done yet %s\n", truth(async_task_done(self->t)));
    await_catch(self->status, async_join, .task = self->t);
    if (self->status == ASYNC_CANCELLED)
        puts("main: Cancelled");
    printf("done %s cancelled %s\n", truth(async_task_done(self->t)), truth(async_task_cancelled(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
