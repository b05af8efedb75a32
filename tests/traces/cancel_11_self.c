/* A task that cancels itself sees it at its next suspension. */
#include "trace.h"

struct job { async_frame frame; };

async(job)
{
    async_begin;
    async_cancel(async_current_task());
    puts("still running");
    await(async_sleep, .delay = 0);
    puts("not reached");
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
    await_catch(self->status, async_join, .task = self->t);
    printf("cancelled %s\n", truth(async_task_cancelled(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
