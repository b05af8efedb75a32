/* wait() tells how many are done; it fails with none of their failures. */
#include "trace.h"

struct good { async_frame frame; int result; };

async(good)
{
    async_begin;
    async_return(1);
    async_end;
}

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_task *tasks[2]; size_t done; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(good);
    self->tasks[1] = async_create_task(bad);
    await_into(self->done, async_wait, .tasks = self->tasks, .count = 2);
    if (self->tasks[0] == NULL)
        async_raise(ASYNC_NO_MEMORY);
    printf("done %d pending %d\n", (int)self->done, 2 - (int)self->done);
    printf("%s %s %d %s\n", truth(async_task_done(self->tasks[0])), truth(async_task_done(self->tasks[1])),
        async_result(self->tasks[0], good), error_name(async_task_exception(self->tasks[1])));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
