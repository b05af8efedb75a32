/* A loop in a second thread, which the first one talks to and stops. Compile with -pthread.
 *
 * A loop belongs to the thread that runs it. From another thread only what is marked thread-safe may be called:
 * async_loop_call_soon_threadsafe() has a callback run in the loop's thread, and there everything is allowed.
 * Each handle is left alone until its callback has run. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <pthread.h>
#include <stdio.h>

struct job {
    async_frame frame;
    int number;
};

async(job)
{
    async_begin;
    printf("job %d begins\n", self->number);
    await(async_sleep, .delay = async_ms(100));
    printf("job %d ends\n", self->number);
    async_end;
}

static void start(async_handle *handle)
{
    async_go(job, .number = *(int *)handle->data);
}

static void stop(async_handle *handle)
{
    (void)handle;
    async_loop_stop(async_get_running_loop());
}

static void *run(void *loop)
{
    async_loop_run_forever((async_loop *)loop);
    puts("the loop has ended");
    return NULL;
}

int main(void)
{
    async_handle handles[3] = {{{0}, 0, NULL, NULL}}, last = {0};
    int numbers[3] = {1, 2, 3}, i;
    struct timespec pause = {0, 300000000};
    pthread_t thread;
    async_loop *loop = async_new_event_loop();
    if (loop == NULL || pthread_create(&thread, NULL, run, loop) != 0)
        return 1;
    for (i = 0; i < 3; i++)
        async_loop_call_soon_threadsafe(loop, &handles[i], start, &numbers[i]);
    nanosleep(&pause, NULL);
    async_loop_call_soon_threadsafe(loop, &last, stop, NULL);
    pthread_join(thread, NULL);
    puts("joined");
    async_loop_close(loop);
    return 0;
}
