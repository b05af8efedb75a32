/* In a debug build a callback that takes too long is reported. */
#define ASYNCIO_DEBUG 1
#include "trace.h"

static void sleeps(async_handle *handle)
{
    (void)handle;
    block_thread(100);
}

static void show(async_loop *loop, const async_exception *exception, void *data)
{
    (void)loop;
    (void)data;
    if (exception->elapsed > 0 && strcmp(exception->name, "sleeps") == 0)
        puts("slow callback reported");
}

int main(void)
{
    static const async_loop_config config = { .slow_callback_duration = async_ms(50) };
    static async_handle quick, slow, quick_again, end;
    static char first[] = "quick", second[] = "quick again";
    async_loop *loop = async_new_event_loop_with(&config);
    if (loop == NULL)
        return 1;
    async_loop_set_exception_handler(loop, show, NULL);
    async_loop_call_soon(loop, &quick, say, first);
    async_loop_call_soon(loop, &slow, sleeps, NULL);
    async_loop_call_soon(loop, &quick_again, say, second);
    async_loop_call_soon(loop, &end, stop, loop);
    async_loop_run_forever(loop);
    printf("debug %s\n", truth(ASYNCIO_DEBUG));
    async_loop_close(loop);
    return 0;
}
