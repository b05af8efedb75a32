/* Cancelling the task that awaits gather cancels every child. */
#include "trace.h"

struct job { async_frame frame; const char *name; async_event never; };

async(job)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        printf("%s Cancelled\n", self->name);
    async_end;
}

struct outer { async_frame frame; async_task *tasks[2]; };

async(outer)
{
    async_begin;
    self->tasks[0] = async_create_task(job, .name = "a");
    self->tasks[1] = async_create_task(job, .name = "b");
    await(async_gather, .tasks = self->tasks, .count = 2);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("outer: Cancelled");
    release_all(self->tasks, 2);
    async_end;
}

struct top { async_frame frame; async_task *task; async_status status; };

async(top)
{
    async_begin;
    self->task = async_create_task(outer);
    await(async_sleep);
    await(async_sleep);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    printf("cancelled %s\n", truth(async_task_cancelled(self->task)));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
