/* Cancelling the caller of shield(): the caller is cancelled, the inner task goes on. */
#include "trace.h"

struct inner { async_frame frame; async_event *gate; const char *result; };

async(inner)
{
    async_begin;
    await(async_event_wait, .event = self->gate);
    puts("inner ends");
    async_return("inner result");
    async_end;
}

struct outer { async_frame frame; async_task *task; };

async(outer)
{
    async_begin;
    await(async_shield, .task = self->task);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("outer: Cancelled");
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_event gate;

struct top { async_frame frame; async_task *tasks[2]; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(inner, .gate = &gate);
    self->tasks[1] = async_create_task(outer, .task = self->tasks[0]);
    await(async_sleep);
    async_cancel(self->tasks[1]);
    await(async_wait, .tasks = self->tasks + 1, .count = 1);
    printf("outer cancelled %s inner done %s\n", truth(async_task_cancelled(self->tasks[1])),
        truth(async_task_done(self->tasks[0])));
    async_event_set(&gate);
    await(async_join, .task = self->tasks[0]);
    puts(async_result(self->tasks[0], inner));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
