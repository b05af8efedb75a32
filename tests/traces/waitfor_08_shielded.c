/* wait_for(shield(task)): Timeout for the caller, the task goes on. */
#include "trace.h"

struct job { async_frame frame; async_event *gate; const char *result; };

async(job)
{
    async_begin;
    await(async_event_wait, .event = self->gate);
    async_return("job result");
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_event gate;

struct top { async_frame frame; async_task *task; async_status status; };

async(top)
{
    async_begin;
    self->task = async_create_task(job, .gate = &gate);
    await_for_catch(TICK, self->status, async_shield, .task = self->task);
    if (self->status == ASYNC_TIMED_OUT)
        printf("Timeout, task done %s\n", truth(async_task_done(self->task)));
    async_event_set(&gate);
    await(async_join, .task = self->task);
    puts(async_result(self->task, job));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
