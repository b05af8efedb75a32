/* Two timers with exactly the same deadline run in creation order. */
#include "trace.h"

int main(void)
{
    async_loop *loop = new_loop();
    async_timer_handle timers[3] = { { .handle.prev = 0 } };
    async_time when = async_loop_time(loop) + TICK;
    async_loop_call_at(loop, when, &timers[0], say, "first");
    async_loop_call_at(loop, when, &timers[1], say, "second");
    if (async_loop_call_at(loop, when + TICK, &timers[2], stop, loop) < 0)
        async_loop_stop(loop);
    async_loop_run_forever(loop);
    puts("done");
    async_loop_close(loop);
    return 0;
}
