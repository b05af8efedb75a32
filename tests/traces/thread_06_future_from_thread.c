/* A future is completed from another thread by way of the loop. */
#include "trace.h"
#include <pthread.h>

static async_loop *loop;
static async_future future;

static void set_result(async_handle *handle) { async_future_set_result(&future, handle->data); }

static void *other_thread(void *data)
{
    static async_handle handle;
    async_loop_call_soon_threadsafe(loop, &handle, set_result, data);
    return NULL;
}

struct main_ { async_frame frame; pthread_t thread; bool started; void *text; };

async(main_)
{
    async_begin;
    loop = async_get_running_loop();
    async_future_init(&future);
    self->started = pthread_create(&self->thread, NULL, other_thread, (void *)"from thread") == 0;
    if (!self->started)
        async_raise(-EAGAIN);
    await_into(self->text, async_future_wait, .future = &future);
    puts((const char *)self->text);
    async_finally;
    if (self->started)
        pthread_join(self->thread, NULL);
    async_end;
}

int main(void) { return async_run(main_) < 0; }
