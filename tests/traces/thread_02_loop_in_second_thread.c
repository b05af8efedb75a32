/* A loop running in a second thread, stopped from the first. */
#include "trace.h"
#include "gate.h"

static async_loop *loop;
static gate done = GATE_INIT;

static void *run(void *data)
{
    (void)data;
    async_loop_run_forever(loop);
    puts("loop ended");
    return NULL;
}

static void set_done(async_handle *handle)
{
    (void)handle;
    gate_set(&done);
}

int main(void)
{
    static async_handle handles[3];
    pthread_t thread;
    loop = async_new_event_loop();
    if (loop == NULL || pthread_create(&thread, NULL, run, NULL) != 0)
        return 1;
    async_loop_call_soon_threadsafe(loop, &handles[0], say, (void *)"hello from the loop");
    async_loop_call_soon_threadsafe(loop, &handles[1], set_done, NULL);
    gate_wait(&done);
    puts("stopping");
    async_loop_call_soon_threadsafe(loop, &handles[2], stop, loop);
    pthread_join(thread, NULL);
    printf("joined, running %s\n", truth(async_loop_is_running(loop)));
    async_loop_close(loop);
    return 0;
}
