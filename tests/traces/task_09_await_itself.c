/* A task that joins itself gets MISUSE instead of a deadlock. */
#include "trace.h"

struct job { async_frame frame; async_task **bag; async_status status; const char *result; };

async(job)
{
    async_begin;
    await(async_sleep, .delay = 0);
    await_catch(self->status, async_join, .task = *self->bag);
    if (self->status == ASYNC_MISUSE)
        puts("RuntimeError");
    async_return("fine");
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(job, .bag = &self->t);
    await(async_join, .task = self->t);
    puts(async_result(self->t, job));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
