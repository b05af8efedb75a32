/* Running until a future that is done already still runs what is ready. */
#include "trace.h"

struct counter { async_handle handle; int n; };

static void cb(async_handle *handle)
{
    struct counter *counter = (struct counter *)(void *)handle;
    printf("cb %d\n", counter->n);
    if (counter->n++ < 5)
        async_call_soon(handle, cb, NULL);
}

static void run_and_print(async_loop *loop, async_future *fut)
{
    void *value;
    async_loop_run_until_done(loop, fut);
    if (async_future_result(fut, &value) == ASYNC_OK)
        puts(value);
}

int main(void)
{
    async_loop *loop = new_loop();
    async_future fut;
    struct counter counter = { .n = 0 };
    async_future_init(&fut);
    async_future_set_result(&fut, "r");
    async_loop_call_soon(loop, &counter.handle, cb, NULL);
    run_and_print(loop, &fut);
    run_and_print(loop, &fut);
    async_future_deinit(&fut);
    async_loop_close(loop);
    return 0;
}
