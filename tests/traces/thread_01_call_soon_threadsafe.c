/* call_soon_threadsafe() from another thread wakes a sleeping loop. */
#include "trace.h"
#include <pthread.h>

static async_loop *loop;

static void in_loop(async_handle *handle)
{
    printf("in loop %d\n", *(const int *)handle->data);
    async_loop_stop(loop);
}

static void *other_thread(void *data)
{
    static async_handle handle;
    static int x = 5;
    (void)data;
    block_thread(40);
    async_loop_call_soon_threadsafe(loop, &handle, in_loop, &x);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    loop = async_new_event_loop();
    puts("running");
    if (loop == NULL || pthread_create(&thread, NULL, other_thread, NULL) != 0)
        return 1;
    async_loop_run_forever(loop); /* nothing to do: sleeps until woken */
    puts("stopped");
    pthread_join(thread, NULL);
    async_loop_close(loop);
    return 0;
}
