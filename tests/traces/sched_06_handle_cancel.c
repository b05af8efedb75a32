/* A cancelled handle never runs; cancelling twice is harmless; cancelling after it ran does not matter. */
#include "trace.h"

static void print_cancelled(const async_handle *a, const async_handle *b, const async_handle *c)
{
    printf("cancelled %s %s %s\n", truth(async_handle_cancelled(a)), truth(async_handle_cancelled(b)),
        truth(async_handle_cancelled(c)));
}

int main(void)
{
    async_loop *loop = new_loop();
    async_handle a = { .data = NULL }, b = { .data = NULL }, c = { .data = NULL }, stopper = { .data = NULL };
    async_loop_call_soon(loop, &a, say, "a");
    async_loop_call_soon(loop, &b, say, "b");
    async_loop_call_soon(loop, &c, say, "c");
    async_handle_cancel(&b);
    async_handle_cancel(&b);
    print_cancelled(&a, &b, &c);
    async_loop_call_soon(loop, &stopper, stop, loop);
    async_loop_run_forever(loop);
    async_handle_cancel(&a);
    print_cancelled(&a, &b, &c);
    async_loop_close(loop);
    return 0;
}
