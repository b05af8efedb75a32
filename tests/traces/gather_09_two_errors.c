/* Two children fail: only the first to fail is raised. */
#include "trace.h"

struct fail { async_frame frame; int passes, i; async_status error; };

async(fail)
{
    async_begin;
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep);
    printf("fails %s\n", error_name(self->error));
    async_raise(self->error);
    async_end;
}

struct top { async_frame frame; async_task *tasks[2]; async_status status; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(fail, .passes = 3, .error = BOOM);
    self->tasks[1] = async_create_task(fail, .passes = 1, .error = BANG);
    await_catch(self->status, async_gather, .tasks = self->tasks, .count = 2);
    printf("main: %s\n", error_name(self->status));
    await_catch(self->status, async_join, .task = self->tasks[0]);
    printf("a %s\n", error_name(async_task_exception(self->tasks[0])));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
