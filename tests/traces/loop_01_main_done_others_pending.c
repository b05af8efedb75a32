/* run_until_complete() returns as soon as its task is done; other tasks are left pending where they are. */
#include "trace.h"

struct background { async_frame frame; int i; };

async(background)
{
    async_begin;
    for (self->i = 0; self->i < 10; self->i++) {
        printf("background %d\n", self->i);
        await(async_sleep, .delay = 0);
    }
    async_end;
}

struct top { async_frame frame; async_task **bag; const char *result; };

async(top)
{
    async_begin;
    *self->bag = async_create_task(background);
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0);
    async_return("main result");
    async_end;
}

int main(void)
{
    async_loop *loop = new_loop();
    async_task *bag = NULL, *t = async_loop_create_task(loop, top, .bag = &bag);
    if (async_loop_run_until_complete(loop, t) == ASYNC_OK)
        puts(async_result(t, top));
    printf("background done = %s\n", truth(async_task_done(bag)));
    async_cancel(bag);
    if (async_loop_run_until_complete(loop, bag) == ASYNC_CANCELLED)
        puts("background: Cancelled");
    async_release(t);
    async_release(bag);
    async_loop_close(loop);
    return 0;
}
