/* done(), result(), exception() of finished tasks. */
#include "trace.h"

struct good { async_frame frame; int result; };

async(good)
{
    async_begin;
    async_return(3);
    async_end;
}

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_task *g, *b; };

async(top)
{
    async_begin;
    self->g = async_create_task(good);
    self->b = async_create_task(bad);
    if (self->g == NULL || self->b == NULL)
        async_raise(ASYNC_NO_MEMORY);
    if (async_task_exception(self->g) == ASYNC_INVALID_STATE)
        puts("not yet: InvalidState");
    await(async_sleep, .delay = 0);
    printf("g %s %d %s\n", truth(async_task_done(self->g)), async_result(self->g, good),
        error_name(async_task_exception(self->g)));
    printf("b %s %s\n", truth(async_task_done(self->b)), error_name(async_task_exception(self->b)));
    if (async_task_exception(self->b) == BOOM)
        puts("result: Boom");
    async_finally;
    async_release(self->g);
    async_release(self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
