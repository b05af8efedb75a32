/* A task may swallow CANCELLED and return: then it is not cancelled. */
#include "trace.h"

struct job { async_frame frame; async_event never; async_status status; const char *result; };

async(job)
{
    async_begin;
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        puts("job: Cancelled, ignored");
    await(async_sleep, .delay = 0);
    async_return("survived");
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    await(async_join, .task = self->t);
    puts(async_result(self->t, job));
    printf("cancelled %s cancelling %d\n", truth(async_task_cancelled(self->t)), async_task_cancelling(self->t));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
