/* Joining a cancelled task gives CANCELLED to a task that nobody asked to cancel: its own count stays zero, and it may
 * go on. */
#include "trace.h"

struct job { async_frame frame; async_event never; };

async(job)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_end;
}

struct top { async_frame frame; async_task *t; int i; async_status status; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    await(async_sleep, .delay = 0);
    for (self->i = 0; self->i < 2; self->i++) {
        await_catch(self->status, async_join, .task = self->t);
        if (self->status == ASYNC_CANCELLED)
            printf("Cancelled, my requests %d\n", async_task_cancelling(async_current_task()));
    }
    puts("main goes on");
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
