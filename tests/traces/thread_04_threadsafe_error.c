/* An error in that coroutine comes back too. */
#include "trace.h"
#include <pthread.h>

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_raise(BOOM);
    async_end;
}

static void *run(void *loop)
{
    async_loop_run_forever((async_loop *)loop);
    return NULL;
}

int main(void)
{
    static async_handle last;
    pthread_t thread;
    async_concurrent_future *f;
    async_loop *loop = async_new_event_loop();
    if (loop == NULL || pthread_create(&thread, NULL, run, loop) != 0)
        return 1;
    f = async_run_coroutine_threadsafe(loop, bad);
    puts(error_name(async_concurrent_future_wait(f, async_seconds(5))));
    async_concurrent_future_release(f);
    async_loop_call_soon_threadsafe(loop, &last, stop, loop);
    pthread_join(thread, NULL);
    async_loop_close(loop);
    return 0;
}
