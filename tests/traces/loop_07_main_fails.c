/* An error of the main function comes out of run_until_complete(). */
#include "trace.h"

struct top { async_frame frame; };

async(top)
{
    async_begin;
    puts("main");
    await(async_sleep, .delay = 0);
    async_raise(BOOM);
    async_end;
}

struct yes { async_frame frame; const char *result; };

async(yes)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_return("yes");
    async_end;
}

int main(void)
{
    async_loop *loop = new_loop();
    async_task *t;
    if (run_task(loop, async_loop_create_task(loop, top)) == BOOM)
        puts("caught Boom");
    t = async_loop_create_task(loop, yes);
    if (async_loop_run_until_complete(loop, t) == ASYNC_OK)
        printf("usable: %s\n", async_result(t, yes));
    async_release(t);
    async_loop_close(loop);
    return 0;
}
