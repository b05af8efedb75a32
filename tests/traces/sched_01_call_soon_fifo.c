/* call_soon callbacks run in the order they were scheduled, in one pass. */
#include "trace.h"

static void cb(async_handle *handle) { printf("cb %d\n", *(int *)handle->data); }

int main(void)
{
    async_loop *loop = new_loop();
    async_handle handles[5] = { { .data = NULL } }, stopper = { .data = NULL };
    int numbers[5];
    for (int i = 0; i < 5; i++) {
        numbers[i] = i;
        async_loop_call_soon(loop, &handles[i], cb, &numbers[i]);
    }
    async_loop_call_soon(loop, &stopper, stop, loop);
    async_loop_run_forever(loop);
    puts("stopped");
    async_loop_close(loop);
    return 0;
}
