/* A task left pending goes on when the loop is run again. */
#include "trace.h"

struct background { async_frame frame; int i; const char *result; };

async(background)
{
    async_begin;
    for (self->i = 0; self->i < 5; self->i++) {
        printf("bg %d\n", self->i);
        await(async_sleep, .delay = 0);
    }
    async_return("bg result");
    async_end;
}

struct brief { async_frame frame; const char *name; };

async(brief)
{
    async_begin;
    printf("short %s\n", self->name);
    async_end;
}

int main(void)
{
    async_loop *loop = new_loop();
    async_task *t = async_loop_create_task(loop, background);
    run_task(loop, async_loop_create_task(loop, brief, .name = "one"));
    printf("between, done = %s\n", truth(async_task_done(t)));
    run_task(loop, async_loop_create_task(loop, brief, .name = "two"));
    printf("between, done = %s\n", truth(async_task_done(t)));
    if (async_loop_run_until_complete(loop, t) == ASYNC_OK)
        puts(async_result(t, background));
    async_release(t);
    async_loop_close(loop);
    return 0;
}
