/* threadsafe.h: starting an async function on a loop from another thread, and waiting for it there
 * (asyncio.run_coroutine_threadsafe, concurrent.futures.Future). Hosts only, with ASYNCIO_THREADS. */
#ifndef ASYNCIO_THREADSAFE_H
#define ASYNCIO_THREADSAFE_H

#include "executor.h"

#if ASYNCIO_THREADS

ASYNC_EXTERN_C_BEGIN_

/* async_concurrent_future: what becomes of an async function on another thread's loop. Its owner releases it; the loop
 * may be closed before that. Its functions may be called in any thread. */
typedef struct async_concurrent_future async_concurrent_future;

/* async_run_coroutine_threadsafe(loop, f, .a = 1, ...): runs f(a = 1, ...) as a task of a loop that is running, or will be,
 *     in another thread. NULL without memory, or for loop NULL: NULL is one that failed with NO_MEMORY. One block from
 *     the heap. Any thread, as long as nobody closes the loop. */
#define async_run_coroutine_threadsafe(loop, ...) ASYNC_RUN_THREADSAFE_(loop, __VA_ARGS__, )
#define ASYNC_RUN_THREADSAFE_(loop, name, ...)                                                              \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") async_threadsafe_begin_(loop, &name##_type ASYNC_SITE_)                                                \
            ? (ASYNC_PUT_((struct name *)async_threadsafe_frame_(), __VA_ARGS__) async_threadsafe_end_())   \
            : (async_concurrent_future *)NULL)

/* async_concurrent_future_wait: blocks the calling thread until the function has ended, at most that long, and gives its
 * status. TIMED_OUT: it goes on (or it ended with that: see _done). CLOSED: its loop was closed first. MISUSE in the
 * loop's own thread, which would wait for itself. Mirrors Future.result(timeout). */
async_status async_concurrent_future_wait(async_concurrent_future *future, async_time timeout);
bool async_concurrent_future_done(async_concurrent_future *future);
/* async_concurrent_future_cancel: has its task cancelled, soon. False if it was done already. */
bool async_concurrent_future_cancel(async_concurrent_future *future);
/* async_concurrent_future_result(future, f): what the function returned: an lvalue, there until the release. A panic when
 * it is not done or is another function. */
#define async_concurrent_future_result(future, name) \
    (((struct name *)async_concurrent_result_((future), &name##_type))->result)
/* async_concurrent_future_release: its owner has done with it; the function runs on. NULL does nothing. */
void async_concurrent_future_release(async_concurrent_future *future);

bool async_threadsafe_begin_(async_loop *loop, const async_type *type ASYNC_SITE_PARAMETERS_);
void *async_threadsafe_frame_(void);
async_concurrent_future *async_threadsafe_end_(void);
void *async_concurrent_result_(async_concurrent_future *future, const async_type *type);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_THREADS
#ifndef ASYNCIO_THREADSAFE_IMPLEMENTATION_
#define ASYNCIO_THREADSAFE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* Behind it lies the function's frame: first its arguments, then what it left. */
struct async_concurrent_future {
    async_node_ node; /* among the loop's, under the loop's lock */
    async_concurrent_future *next; /* the one whose arguments are evaluated round this one's */
    async_handle start, cancel, ended;
    const async_type *type;
    async_task *task; /* the loop's thread */
#if ASYNCIO_DEBUG
    const char *file;
    int line;
#endif
    pthread_mutex_t lock; /* of the following; taken before a loop's */
    pthread_cond_t done;
    async_loop *loop; /* NULL: done */
    int status;
    unsigned users; /* its owner, the task, the cancel that is under way */
};

static unsigned char *async_concurrent_frame_(async_concurrent_future *future)
{
    return (unsigned char *)future + ASYNC_ROUND_(sizeof *future);
}

/* One user less; with the lock, which is given back. */
static void async_concurrent_leave_(async_concurrent_future *future)
{
    bool last = --future->users == 0;
    pthread_mutex_unlock(&future->lock);
    if (!last)
        return;
    pthread_cond_destroy(&future->done);
    pthread_mutex_destroy(&future->lock);
    ASYNCIO_FREE(future);
}

/* ---- in the loop's thread ------------------------------------------------------------------------------------- */

static void async_concurrent_complete_(async_concurrent_future *future, int status)
{
    async_loop *loop = future->loop;
    pthread_mutex_lock(&loop->lock);
    async_line_remove_(&loop->concurrent, &future->node);
    pthread_mutex_unlock(&loop->lock);
    pthread_mutex_lock(&future->lock);
    future->loop = NULL;
    future->status = status;
    pthread_cond_broadcast(&future->done);
    async_concurrent_leave_(future);
}

static void async_concurrent_ended_(async_handle *handle)
{
    async_concurrent_future *future = (async_concurrent_future *)handle->data;
    async_task *task = future->task;
    int status = async_task_exception(task);
    future->task = NULL;
    ASYNC_MEMCPY_(async_concurrent_frame_(future), async_root_(task), future->type->size);
    async_release(task);
    async_concurrent_complete_(future, status);
}

static void async_concurrent_start_(async_handle *handle)
{
    async_concurrent_future *future = (async_concurrent_future *)handle->data;
    unsigned char *frame;
#if ASYNCIO_DEBUG
    if (!async_create_begin_(future->loop, future->type, future->file, future->line))
#else
    if (!async_create_begin_(future->loop, future->type))
#endif
    {
        async_concurrent_complete_(future, ASYNC_NO_MEMORY);
        return;
    }
    frame = (unsigned char *)async_creating_();
    ASYNC_MEMCPY_(frame + sizeof(async_frame), async_concurrent_frame_(future) + sizeof(async_frame),
        future->type->size - sizeof(async_frame));
    future->task = async_create_end_();
    async_task_add_done_callback(future->task, &future->ended, async_concurrent_ended_, future);
}

static void async_concurrent_cancelled_(async_handle *handle)
{
    async_concurrent_future *future = (async_concurrent_future *)handle->data;
    if (future->task != NULL)
        async_cancel(future->task);
    pthread_mutex_lock(&future->lock);
    handle->data = NULL;
    async_concurrent_leave_(future);
}

/* The loop is being closed, its tasks are gone: who waits is told. */
static void async_concurrent_close_(async_loop *loop)
{
    for (;;) {
        async_concurrent_future *future;
        async_node_ *node;
        pthread_mutex_lock(&loop->lock);
        node = loop->concurrent.first;
        pthread_mutex_unlock(&loop->lock);
        if (node == NULL)
            return;
        future = ASYNC_CONTAINER_(node, async_concurrent_future, node);
        pthread_mutex_lock(&future->lock);
        if (future->cancel.data != NULL) /* it will not be run */
            future->users--;
        pthread_mutex_unlock(&future->lock);
        if (future->task != NULL)
            async_concurrent_ended_(&future->ended);
        else
            async_concurrent_complete_(future, ASYNC_CLOSED);
    }
}

/* ---- in any thread -------------------------------------------------------------------------------------------- */

static ASYNC_THREAD_LOCAL_ async_concurrent_future *async_concurrent_new_; /* its arguments are being evaluated */

void *async_threadsafe_frame_(void) { return async_concurrent_frame_(async_concurrent_new_); }

/* Its lock and its condition, by the clock that nobody sets. */
static bool async_concurrent_init_(async_concurrent_future *future)
{
    pthread_condattr_t monotonic;
    bool well = pthread_condattr_init(&monotonic) == 0;
    if (!well)
        return false;
#ifndef __APPLE__
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
#endif
    well = pthread_cond_init(&future->done, &monotonic) == 0;
    if (well && pthread_mutex_init(&future->lock, NULL) != 0) {
        pthread_cond_destroy(&future->done);
        well = false;
    }
    pthread_condattr_destroy(&monotonic);
    return well;
}

bool async_threadsafe_begin_(async_loop *loop, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    async_concurrent_future *future;
    if (loop == NULL)
        return false;
    future = (async_concurrent_future *)ASYNCIO_MALLOC(ASYNC_ROUND_(sizeof *future) + type->size);
    if (future == NULL)
        return false;
    ASYNC_MEMSET_(future, 0, ASYNC_ROUND_(sizeof *future) + type->clear);
    if (!async_concurrent_init_(future)) {
        ASYNCIO_FREE(future);
        return false;
    }
    future->loop = loop;
    future->type = type;
    future->users = 2;
#if ASYNCIO_DEBUG
    future->file = file;
    future->line = line;
#endif
    future->next = async_concurrent_new_;
    async_concurrent_new_ = future;
    return true;
}

async_concurrent_future *async_threadsafe_end_(void)
{
    async_concurrent_future *future = async_concurrent_new_;
    async_loop *loop = future->loop;
    async_concurrent_new_ = future->next;
    pthread_mutex_lock(&loop->lock);
    async_line_append_(&loop->concurrent, &future->node);
    pthread_mutex_unlock(&loop->lock);
    async_loop_call_soon_threadsafe(loop, &future->start, async_concurrent_start_, future);
    return future;
}

async_status async_concurrent_future_wait(async_concurrent_future *future, async_time timeout)
{
    async_time now, until = ASYNC_FOREVER;
    async_status status = ASYNC_TIMED_OUT;
    if (future == NULL)
        return ASYNC_NO_MEMORY;
    if (timeout != ASYNC_FOREVER) {
        now = async_port_now();
        until = ASYNC_LATER_(now, timeout);
    }
    pthread_mutex_lock(&future->lock);
    while (future->loop != NULL) {
        struct timespec ts;
        if (future->loop == async_running_) {
            status = ASYNC_MISUSE;
            break;
        }
        if (until == ASYNC_FOREVER) {
            pthread_cond_wait(&future->done, &future->lock);
            continue;
        }
        now = async_port_now();
        if (!ASYNC_BEFORE_(now, until))
            break;
#ifdef __APPLE__
        ts.tv_sec = (time_t)((until - now) / 1000000000);
        ts.tv_nsec = (long)((until - now) % 1000000000);
        pthread_cond_timedwait_relative_np(&future->done, &future->lock, &ts);
#else
        ts.tv_sec = (time_t)(until / 1000000000);
        ts.tv_nsec = (long)(until % 1000000000);
        pthread_cond_timedwait(&future->done, &future->lock, &ts);
#endif
    }
    if (future->loop == NULL)
        status = future->status;
    pthread_mutex_unlock(&future->lock);
    return status;
}

bool async_concurrent_future_done(async_concurrent_future *future)
{
    bool done;
    if (future == NULL)
        return true;
    pthread_mutex_lock(&future->lock);
    done = future->loop == NULL;
    pthread_mutex_unlock(&future->lock);
    return done;
}

bool async_concurrent_future_cancel(async_concurrent_future *future)
{
    bool pending;
    if (future == NULL)
        return false;
    pthread_mutex_lock(&future->lock); /* under which it stays pending, and its loop open */
    pending = future->loop != NULL;
    if (pending && future->cancel.data == NULL) {
        future->users++;
        async_loop_call_soon_threadsafe(future->loop, &future->cancel, async_concurrent_cancelled_, future);
    }
    pthread_mutex_unlock(&future->lock);
    return pending;
}

void *async_concurrent_result_(async_concurrent_future *future, const async_type *type)
{
    if (!async_concurrent_future_done(future) || future == NULL || future->type != type)
        ASYNC_PANIC_("async_concurrent_future_result: it is not done, or runs another function");
    return async_concurrent_frame_(future);
}

void async_concurrent_future_release(async_concurrent_future *future)
{
    if (future == NULL)
        return;
    pthread_mutex_lock(&future->lock);
    async_concurrent_leave_(future);
}

ASYNC_EXTERN_C_END_

#endif
#endif
