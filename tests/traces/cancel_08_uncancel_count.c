/* cancel() counts requests up, uncancel() down, never below zero. */
#include "trace.h"

struct job { async_frame frame; async_event never; async_status status; };

async(job)
{
    async_task *me = async_current_task();
    async_begin;
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        printf("Cancelled, requests %d\n", async_task_cancelling(me));
    printf("uncancel %d\n", async_task_uncancel(me));
    printf("uncancel %d\n", async_task_uncancel(me));
    printf("uncancel %d\n", async_task_uncancel(me));
    await(async_sleep, .delay = 0);
    puts("goes on");
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    async_cancel(self->t);
    await(async_join, .task = self->t);
    printf("cancelled %s\n", truth(async_task_cancelled(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
