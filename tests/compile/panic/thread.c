/* What is for the loop's own thread, called in another one: noticed in debug builds.
 *
 * panic 1: async_loop_call_soon: the loop runs in another thread: use async_loop_call_soon_threadsafe
 * panic 2: async_loop_call_at: the loop runs in another thread: call it there, with async_loop_call_soon_threadsafe
 * panic 3: async_cancel: the task's loop runs in another thread: .* or start the task with async_run_coroutine_threadsafe
 * panic 4: a future is completed outside the thread of the loop that waits for it
 * panic 5: async_loop_stop: the loop runs in another thread: call it there
 * panic 6: async_loop_create_task: the loop runs in another thread: use async_run_coroutine_threadsafe
 * panic 7: async_release: the task's loop runs in another thread
 * panic 8: a future is completed outside the thread of the loop that waits for it
 * flags -DASYNCIO_DEBUG=1
 * compilers gcc-O0 gcc-Os clang-O2
 */
#include "asyncio.h"
#include <pthread.h>

static async_loop *loop;
static async_future future;
static async_task *task;
static async_handle handles[3];
static async_timer_handle timer;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct waits {
    async_frame frame;
};

async(waits)
{
    async_begin;
    await(async_future_wait, .future = &future);
    async_end;
}

static void begin(async_handle *handle)
{
    (void)handle;
    task = async_create_task(waits);
}

/* It waits by now: the other thread goes on. */
static void waiting(async_handle *handle)
{
    (void)handle;
    pthread_mutex_unlock(&lock);
}

static void end(async_handle *handle)
{
    (void)handle;
    async_future_set_result(&future, NULL);
    async_release(task);
    async_loop_stop(loop);
}

static void *other_thread(void *data)
{
    (void)data;
    pthread_mutex_lock(&lock);
#if TRAP == 1
    async_loop_call_soon(loop, &handles[0], end, NULL);
#elif TRAP == 2
    async_loop_call_later(loop, async_ms(1), &timer, end, NULL);
#elif TRAP == 3
    async_cancel(task);
#elif TRAP == 4
    async_future_set_result(&future, NULL);
#elif TRAP == 5
    async_loop_stop(loop);
#elif TRAP == 6
    async_release(async_loop_create_task(loop, waits));
#elif TRAP == 7
    async_release(task);
#elif TRAP == 8
    async_future_cancel(&future);
#endif
    async_loop_call_soon_threadsafe(loop, &handles[0], end, NULL);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    loop = async_new_event_loop();
    pthread_mutex_lock(&lock);
    async_loop_call_soon(loop, &handles[1], begin, NULL);
    async_loop_call_later(loop, async_ms(5), &timer, waiting, NULL);
    pthread_create(&thread, NULL, other_thread, NULL);
    async_loop_run_forever(loop);
    pthread_join(thread, NULL);
    async_loop_close(loop);
    return 0;
}
