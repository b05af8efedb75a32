/* A callback that blocks delays timers; late timers still fire by deadline. It blocks for real, so the loop is one with
 * the real clock; the tick is short. */
#include "trace.h"

#define SHORT_TICK async_ms(2)

static void block(async_handle *handle)
{
    (void)handle;
    puts("block begins");
    block_thread(10);
    puts("block ends");
}

int main(void)
{
    async_loop *loop = async_new_event_loop();
    async_timer_handle timers[4] = { { .handle.prev = 0 } };
    async_handle blocker = { .data = NULL };
    if (loop == NULL)
        return 1;
    async_loop_call_later(loop, 3 * SHORT_TICK, &timers[0], say, "t3");
    async_loop_call_later(loop, 1 * SHORT_TICK, &timers[1], say, "t1");
    async_loop_call_later(loop, 2 * SHORT_TICK, &timers[2], say, "t2");
    async_loop_call_soon(loop, &blocker, block, NULL);
    if (async_loop_call_later(loop, 8 * SHORT_TICK, &timers[3], stop, loop) < 0)
        async_loop_stop(loop);
    async_loop_run_forever(loop);
    async_loop_close(loop);
    return 0;
}
