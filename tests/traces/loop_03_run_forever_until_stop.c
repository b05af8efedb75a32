/* run_forever() goes on until stop(); tasks that finish do not end it. */
#include "trace.h"

struct hello { async_frame frame; };

async(hello)
{
    async_begin;
    puts("hello");
    await(async_sleep, .delay = TICK);
    puts("world");
    async_end;
}

int main(void)
{
    async_loop *loop = new_loop();
    async_timer_handle timer = { 0 };
    async_release(async_loop_create_task(loop, hello));
    if (async_loop_call_later(loop, 3 * TICK, &timer, stop, loop) < 0)
        async_loop_stop(loop);
    printf("running %s\n", truth(async_loop_is_running(loop)));
    async_loop_run_forever(loop);
    printf("running %s\n", truth(async_loop_is_running(loop)));
    async_loop_close(loop);
    printf("closed %s\n", truth(async_get_event_loop() == NULL));
    return 0;
}
