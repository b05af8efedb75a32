/* as_completed() gives results in order of completion. */
#include "trace.h"

struct job { async_frame frame; const char *name; int passes, i; const char *result; };

async(job)
{
    async_begin;
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep);
    async_return(self->name);
    async_end;
}

struct top { async_frame frame; async_as_completed done; async_task *tasks[3], *task; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(job, .name = "slow", .passes = 12);
    self->tasks[1] = async_create_task(job, .name = "quick", .passes = 2);
    self->tasks[2] = async_create_task(job, .name = "middle", .passes = 7);
    if (async_as_completed_init(&self->done, self->tasks, 3, ASYNC_FOREVER) < 0)
        async_raise(ASYNC_NO_MEMORY);
    for (;;) {
        await_into(self->task, async_as_completed_next, .iterator = &self->done);
        if (self->task == NULL)
            break;
        puts(async_result(self->task, job));
    }
    async_finally;
    async_as_completed_deinit(&self->done);
    release_all(self->tasks, 3);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
