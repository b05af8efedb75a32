/* Running a loop that is running is an error; the outer run is unharmed. */
#include "trace.h"

struct top { async_frame frame; async_loop *loop; const char *result; };

async(top)
{
    async_begin;
    if (async_loop_run_forever(self->loop) == ASYNC_MISUSE)
        puts("nested: RuntimeError");
    await(async_sleep, .delay = 0);
    async_return("outer fine");
    async_end;
}

int main(void)
{
    async_loop *loop = new_loop();
    async_task *t = async_loop_create_task(loop, top, .loop = loop);
    if (async_loop_run_until_complete(loop, t) == ASYNC_OK)
        puts(async_result(t, top));
    async_release(t);
    async_loop_close(loop);
    return 0;
}
