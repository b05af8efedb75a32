/* A cancelled timer never fires and does not delay the others. */
#include "trace.h"

int main(void)
{
    async_loop *loop = new_loop();
    async_time t0 = async_loop_time(loop);
    async_timer_handle far = { .handle.prev = 0 }, near = { .handle.prev = 0 }, stopper = { .handle.prev = 0 };
    async_loop_call_later(loop, 500 * TICK, &far, say, "never");
    async_loop_call_later(loop, 1 * TICK, &near, say, "never either");
    if (async_loop_call_later(loop, 2 * TICK, &stopper, stop, loop) < 0)
        async_loop_stop(loop);
    async_timer_handle_cancel(&far);
    async_timer_handle_cancel(&near);
    async_loop_run_forever(loop);
    printf("before tick 100: %s\n", truth(async_loop_time(loop) - t0 < 100 * TICK));
    printf("cancelled %s %s\n", truth(async_handle_cancelled(&far.handle)),
        truth(async_handle_cancelled(&near.handle)));
    async_loop_close(loop);
    return 0;
}
