/* A task's result belongs to its function: set_result() is refused. */
#include "trace.h"

struct job { async_frame frame; int result; };

async(job)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_return(1);
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    if (self->t == NULL)
        async_raise(ASYNC_NO_MEMORY);
    if (async_future_set_result(&self->t->future, NULL) == ASYNC_MISUSE)
        puts("set_result: RuntimeError");
    await(async_join, .task = self->t);
    printf("result %d\n", async_result(self->t, job));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
