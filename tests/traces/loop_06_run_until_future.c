/* A loop can be run until a future is done, too. */
#include "trace.h"

static void set_result(async_handle *handle)
{
    static int value = 42;
    async_future_set_result(handle->data, &value);
}

static void run_and_print(async_loop *loop, const char *what, async_future *fut)
{
    void *value;
    async_loop_run_until_done(loop, fut);
    if (async_future_result(fut, &value) == ASYNC_OK)
        printf("%s %d\n", what, *(int *)value);
}

int main(void)
{
    async_loop *loop = new_loop();
    async_future fut;
    async_timer_handle timer = { 0 };
    async_future_init(&fut);
    async_loop_call_later(loop, TICK, &timer, set_result, &fut);
    run_and_print(loop, "result", &fut);
    run_and_print(loop, "again", &fut);
    async_future_deinit(&fut);
    async_loop_close(loop);
    return 0;
}
