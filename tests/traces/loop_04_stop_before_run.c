/* stop() before run_forever(): exactly one pass runs, then it returns. */
#include "trace.h"

struct counter { async_handle handle; int n; };

static void again(async_handle *handle)
{
    struct counter *counter = (struct counter *)(void *)handle;
    printf("callback %d\n", counter->n++);
    async_call_soon(handle, again, NULL);
}

int main(void)
{
    async_loop *loop = new_loop();
    struct counter counter = { .n = 0 };
    async_loop_call_soon(loop, &counter.handle, again, NULL);
    async_loop_stop(loop);
    async_loop_run_forever(loop);
    puts("first run over");
    async_loop_stop(loop);
    async_loop_run_forever(loop);
    puts("second run over");
    async_loop_close(loop);
    return 0;
}
