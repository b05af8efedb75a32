/* create_task() does not run anything; the first step runs in the next pass. */
#include "trace.h"

struct child { async_frame frame; int result; };

async(child)
{
    async_begin;
    puts("child runs");
    async_return(5);
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(child);
    if (self->t == NULL)
        async_raise(ASYNC_NO_MEMORY);
    printf("created, done = %s\n", truth(async_task_done(self->t)));
    await(async_sleep, .delay = 0);
    printf("one pass, done = %s\n", truth(async_task_done(self->t)));
    printf("result %d\n", async_result(self->t, child));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
