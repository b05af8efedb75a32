/* SIGTERM as a polite stop. */
#include "trace.h"
#include <signal.h>
#include <unistd.h>

static void term(async_handle *handle)
{
    puts("SIGTERM");
    async_loop_stop((async_loop *)handle->data);
}

static void send_term(async_handle *handle)
{
    (void)handle;
    kill(getpid(), SIGTERM);
}

int main(void)
{
    async_loop *loop = new_loop();
    async_handle handle = { 0 };
    async_timer_handle timer = { 0 };
    if (async_loop_add_signal_handler(loop, SIGTERM, &handle, term, loop) < 0 ||
        async_loop_call_later(loop, TICK, &timer, send_term, NULL) < 0)
        async_loop_stop(loop);
    async_loop_run_forever(loop);
    puts("stopped");
    async_loop_close(loop);
    return 0;
}
