/* run_forever: a loop without a main function. It runs until somebody stops it, here a callback.
 *
 * A callback is a plain function; its handle belongs to the caller and stays where it is until it has run. The
 * loop, too, belongs to the caller: what is left in it when it is closed is dropped. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct ticker {
    async_frame frame;
    int i;
};

async(ticker)
{
    async_begin;
    for (;; self->i++) {
        printf("tick %d\n", self->i);
        await(async_sleep, .delay = async_ms(200));
    }
    async_end;
}

static void say(async_handle *handle)
{
    puts((const char *)handle->data);
}

static void stop(async_handle *handle)
{
    puts("stopping");
    async_loop_stop((async_loop *)handle->data);
}

int main(void)
{
    static char soon[] = "as soon as it runs";
    async_handle first = {0};
    async_timer_handle later = {0};
    async_loop *loop = async_new_event_loop();
    if (loop == NULL)
        return 1;
    async_loop_call_soon(loop, &first, say, soon);
    if (async_loop_call_later(loop, async_ms(500), &later, stop, loop) < 0)
        async_loop_stop(loop); /* no memory for the timer: one pass, then */
    async_release(async_loop_create_task(loop, ticker));
    async_loop_run_forever(loop);
    puts("stopped");
    async_loop_close(loop);
    return 0;
}
