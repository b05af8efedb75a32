/* Cancelling a task that awaits another task cancels the inner one first. */
#include "trace.h"

struct inner { async_frame frame; async_event never; };

async(inner)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("inner: Cancelled");
    async_end;
}

struct outer { async_frame frame; async_task *t; };

async(outer)
{
    async_begin;
    await(async_join, .task = self->t);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("outer: Cancelled");
    async_end;
}

struct top { async_frame frame; async_task *i, *o; async_status status; };

async(top)
{
    async_begin;
    self->i = async_create_task(inner);
    self->o = async_create_task(outer, .t = self->i);
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0);
    async_cancel(self->o);
    await_catch(self->status, async_join, .task = self->o);
    if (self->status == ASYNC_CANCELLED)
        puts("main: Cancelled");
    printf("%s %s\n", truth(async_task_cancelled(self->i)), truth(async_task_cancelled(self->o)));
    async_finally;
    async_release(self->o);
    async_release(self->i);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
