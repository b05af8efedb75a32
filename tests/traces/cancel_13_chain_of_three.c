/* Cancel runs down a chain of functions in one task, inside out. */
#include "trace.h"

struct level { async_frame frame; int n; async_event never; };

async(level)
{
    async_begin;
    if (self->n == 3)
        await(async_event_wait, .event = &self->never);
    else
        await(level, .n = self->n + 1);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        printf("level %d Cancelled\n", self->n);
    printf("level %d cleanup\n", self->n);
    async_end;
}

struct top { async_frame frame; async_task *t; async_status status; };

async(top)
{
    async_begin;
    self->t = async_create_task(level, .n = 1);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    await_catch(self->status, async_join, .task = self->t);
    printf("cancelled %s\n", truth(async_task_cancelled(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
