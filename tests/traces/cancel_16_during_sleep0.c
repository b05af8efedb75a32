/* A task in a sleep of 0 can be cancelled as well. */
#include "trace.h"

struct job { async_frame frame; int i; };

async(job)
{
    async_begin;
    for (;;) {
        printf("step %d\n", self->i++);
        await(async_sleep, .delay = 0);
    }
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        printf("Cancelled after %d\n", self->i);
    async_end;
}

struct top { async_frame frame; async_task *t; async_status status; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    await_catch(self->status, async_join, .task = self->t);
    printf("cancelled %s\n", truth(async_task_cancelled(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
