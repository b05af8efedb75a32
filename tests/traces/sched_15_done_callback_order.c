/* Done callbacks are themselves scheduled with call_soon, in the order they were added, behind what is ready. */
#include "trace.h"

struct numbered { async_handle handle; int n; };

static void done(async_handle *handle)
{
    void *value = NULL;
    async_future_result(handle->data, &value);
    printf("done cb %d %d\n", ((struct numbered *)(void *)handle)->n, *(int *)value);
}

int main(void)
{
    async_loop *loop = new_loop();
    async_future fut;
    struct numbered one = { .n = 1 }, two = { .n = 2 };
    async_handle before = { .data = NULL }, after = { .data = NULL }, stopper = { .data = NULL };
    int nine = 9;
    async_future_init(&fut);
    async_future_add_done_callback(&fut, &one.handle, done, &fut);
    async_future_add_done_callback(&fut, &two.handle, done, &fut);
    async_loop_call_soon(loop, &before, say, "soon before");
    async_future_set_result(&fut, &nine);
    puts("set");
    async_loop_call_soon(loop, &after, say, "soon after");
    async_loop_call_soon(loop, &stopper, stop, loop);
    async_loop_run_forever(loop);
    async_future_deinit(&fut);
    async_loop_close(loop);
    return 0;
}
