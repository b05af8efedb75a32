/* An error in a callback goes to the loop's exception handler; the loop and the other callbacks of the pass go on. A
 * callback in C returns nothing: it hands its error to the handler itself. */
#include "trace.h"

static void bad(async_handle *handle)
{
    async_exception e = { .message = "error in a callback", .status = BOOM };
    (void)handle;
    puts("bad");
    async_loop_call_exception_handler(async_get_running_loop(), &e);
}

static void handler(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop, (void)data;
    printf("handler: %s\n", error_name(e->status));
}

int main(void)
{
    async_loop *loop = new_loop();
    async_handle handles[4] = { { .data = NULL } };
    async_loop_set_exception_handler(loop, handler, NULL);
    async_loop_call_soon(loop, &handles[0], say, "before");
    async_loop_call_soon(loop, &handles[1], bad, NULL);
    async_loop_call_soon(loop, &handles[2], say, "after");
    async_loop_call_soon(loop, &handles[3], stop, loop);
    async_loop_run_forever(loop);
    puts("stopped");
    async_loop_close(loop);
    return 0;
}
