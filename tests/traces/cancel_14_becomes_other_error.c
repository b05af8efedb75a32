/* CANCELLED may be turned into another error: then the task failed. */
#include "trace.h"

struct job { async_frame frame; async_event never; async_status status; };

async(job)
{
    async_begin;
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_task *t; async_status status; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    await_catch(self->status, async_join, .task = self->t);
    if (self->status == BOOM)
        puts("main: Boom");
    printf("cancelled %s exception %s\n", truth(async_task_cancelled(self->t)),
        error_name(async_task_exception(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
