/* Cancelling a task inside wait() does not cancel what it waits for. */
#include "trace.h"

struct hang { async_frame frame; async_event *gate; const char *result; };

async(hang)
{
    async_begin;
    await(async_event_wait, .event = self->gate);
    async_return("hung on");
    async_end;
}

struct waiter { async_frame frame; async_task *const *tasks; };

async(waiter)
{
    async_begin;
    await(async_wait, .tasks = self->tasks, .count = 1);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("waiter: Cancelled");
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_event gate;

struct top { async_frame frame; async_task *tasks[2]; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(hang, .gate = &gate);
    self->tasks[1] = async_create_task(waiter, .tasks = self->tasks);
    await(async_sleep);
    await(async_sleep);
    async_cancel(self->tasks[1]);
    await(async_wait, .tasks = self->tasks + 1, .count = 1);
    printf("w cancelled %s t done %s\n", truth(async_task_cancelled(self->tasks[1])),
        truth(async_task_done(self->tasks[0])));
    async_event_set(&gate);
    await(async_join, .task = self->tasks[0]);
    puts(async_result(self->tasks[0], hang));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
