/* Nothing runs when a loop is closed, and without a loop call_soon, call_later and run are refused; closing twice is
 * fine. Closing frees a loop in C: what is left to call is no loop at all. */
#include "trace.h"

int main(void)
{
    async_loop *loop = new_loop();
    async_handle handle = { .data = NULL };
    async_timer_handle timer = { .handle.prev = 0 };
    async_loop_call_soon(loop, &handle, say, "never runs");
    async_loop_close(loop);
    loop = async_get_event_loop();
    async_loop_close(loop);
    printf("closed %s\n", truth(loop == NULL));
    printf("call_soon %s\n", error_name(async_loop_call_soon(loop, &handle, say, "")));
    printf("call_later %s\n", error_name(async_loop_call_later(loop, async_seconds(1), &timer, say, "")));
    printf("run_forever %s\n", error_name(async_loop_run_forever(loop)));
    return 0;
}
