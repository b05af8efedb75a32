/* Timers fire in order of their deadline, not of their creation. */
#include "trace.h"

int main(void)
{
    async_loop *loop = new_loop();
    async_timer_handle timers[4] = { { .handle.prev = 0 } };
    async_handle soon = { .data = NULL };
    async_loop_call_later(loop, 3 * TICK, &timers[0], say, "three");
    async_loop_call_later(loop, 1 * TICK, &timers[1], say, "one");
    async_loop_call_later(loop, 2 * TICK, &timers[2], say, "two");
    if (async_loop_call_later(loop, 4 * TICK, &timers[3], stop, loop) < 0)
        async_loop_stop(loop);
    async_loop_call_soon(loop, &soon, say, "soon");
    async_loop_run_forever(loop);
    puts("stopped");
    async_loop_close(loop);
    return 0;
}
