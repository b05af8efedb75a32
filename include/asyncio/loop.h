/* loop.h: the event loop's lists: callbacks that are ready, timers, and the loop of this thread.
 *
 * One FIFO holds task wakes, callbacks and due timers. A pass of the loop (run.h) moves the due timers behind what is
 * ready and runs what was ready when it began; what is queued meanwhile is the next pass. */
#ifndef ASYNCIO_LOOP_H
#define ASYNCIO_LOOP_H

#include "frame.h"
#include "timers.h"
#include "port/port.h"

ASYNC_EXTERN_C_BEGIN_

/* async_loop: an event loop. One runs in a thread at a time; its functions are for that thread only, but for
 * async_loop_call_soon_threadsafe(). */
typedef struct async_loop async_loop;

#if !ASYNCIO_BARE
/* async_poller: how a loop learns that descriptors are ready. One that was compiled out is not declared. */
typedef enum async_poller {
    ASYNC_POLLER_AUTO = 0, /* poll(2), and epoll or kqueue once many are watched and few of them busy */
#if ASYNCIO_EPOLL
    ASYNC_POLLER_EPOLL = 2,
#endif
#if ASYNCIO_KQUEUE
    ASYNC_POLLER_KQUEUE = 3,
#endif
    ASYNC_POLLER_POLL = 1
} async_poller;
#endif

/* async_loop_config: how a loop differs from the usual. All zeros: the usual. */
typedef struct async_loop_config { /* hosts */
    bool virtual_clock; /* time stands still while anything is ready, or a function awaited runs in a thread, and jumps to
                         * the next deadline when nothing is */
    bool pass_clock;    /* delays count from the beginning of the pass, which saves reading the clock */
#if !ASYNCIO_BARE
    async_poller poller; /* another than the automatic choice: this one, whatever happens */
#endif
    /* a debug build reports a callback, or a step of a task, that takes longer. 0: 100 ms; ASYNC_FOREVER: never */
    async_time slow_callback_duration;
#if ASYNCIO_VERIFY
    uint32_t seed; /* not 0: what is ready in a pass is shuffled, always the same way for the same seed (verify.h) */
#endif
} async_loop_config;

/* async_exception: what an exception handler is told. */
typedef struct async_exception {
    const char *message;
    async_status status;     /* of the failure; 0: none */
    struct async_task *task; /* whose it is; NULL: nobody's */
    const char *name;        /* of the async function or the callback, or NULL */
    const char *file;        /* where it is defined, goes on or was scheduled; or NULL */
    int line;
    async_time elapsed;      /* of something slow */
} async_exception;

typedef void (*async_exception_handler)(async_loop *loop, const async_exception *exception, void *data);

#if !ASYNCIO_NO_HEAP
/* async_new_event_loop: a new loop, not running; NULL without memory. Close it with async_loop_close(). Any thread. */
async_loop *async_new_event_loop(void);
async_loop *async_new_event_loop_with(const async_loop_config *config);
#endif

/* async_get_running_loop: the loop that runs in this thread, or NULL. */
async_loop *async_get_running_loop(void);

/* async_get_event_loop: the running loop or, outside a run, the one that was made last in this thread; NULL without one.
 * On boards: the one loop there is. Mirrors asyncio.get_event_loop(). */
async_loop *async_get_event_loop(void);

/* async_loop_close: drops what is left (callbacks and timers are not run, tasks end without being resumed) and frees
 * the loop. MISUSE while it runs; NULL does nothing. In the thread that made the loop. Mirrors loop.close(). */
async_status async_loop_close(async_loop *loop);

/* async_loop_is_running, async_loop_time: mirror loop.is_running(), loop.time(). */
bool async_loop_is_running(const async_loop *loop);
async_time async_loop_time(const async_loop *loop);

/* async_loop_stop: the loop returns after the pass that is under way; before a run: after one pass. Loop thread. */
void async_loop_stop(async_loop *loop);

/* async_loop_call_soon: calls callback(handle) in the next pass, with handle->data = data. The handle is the caller's
 * and stays in place until then. OK, MISUSE when it is scheduled already, NO_RUNNING_LOOP for loop NULL. */
async_status async_loop_call_soon(async_loop *loop, async_handle *handle, void (*callback)(async_handle *), void *data);

/* async_loop_call_later, async_loop_call_at: the same after a delay, or at a moment of async_loop_time(). handle->data
 * as above; the callback receives &timer->handle. Also NO_MEMORY. */
async_status async_loop_call_later(async_loop *loop, async_time delay, async_timer_handle *timer,
    void (*callback)(async_handle *), void *data);
async_status async_loop_call_at(async_loop *loop, async_time when, async_timer_handle *timer,
    void (*callback)(async_handle *), void *data);

/* async_call_soon, async_call_later, async_call_at: the same on the running loop. */
async_status async_call_soon(async_handle *handle, void (*callback)(async_handle *), void *data);
async_status async_call_later(async_time delay, async_timer_handle *timer, void (*callback)(async_handle *), void *data);
async_status async_call_at(async_time when, async_timer_handle *timer, void (*callback)(async_handle *), void *data);

#if ASYNCIO_DEBUG
/* Who schedules it, for reports. */
void async_site_(const char *name, const char *file, int line);
#define ASYNC_CALLBACK_SITE_(callback) async_site_(#callback, __FILE__, __LINE__)
#define async_loop_call_soon(loop, handle, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_loop_call_soon)(loop, handle, callback, data))
#define async_loop_call_later(loop, delay, timer, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_loop_call_later)(loop, delay, timer, callback, data))
#define async_loop_call_at(loop, when, timer, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_loop_call_at)(loop, when, timer, callback, data))
#define async_call_soon(handle, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_call_soon)(handle, callback, data))
#define async_call_later(delay, timer, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_call_later)(delay, timer, callback, data))
#define async_call_at(when, timer, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_call_at)(when, timer, callback, data))
#endif

/* async_handle_cancel, async_timer_handle_cancel: it will not be called. True if it would have been. Works on a handle
 * of the pass under way too; not on one that a future holds, which async_future_remove_done_callback() takes out: debug
 * builds panic. Mirrors Handle.cancel(). */
bool async_handle_cancel(async_handle *handle);
bool async_timer_handle_cancel(async_timer_handle *timer);
/* async_handle_cancelled: it was cancelled since it was last scheduled, or never scheduled. Mirrors
 * Handle.cancelled(). */
bool async_handle_cancelled(const async_handle *handle);

/* async_loop_set_exception_handler: who is told of failures that nobody sees (a task that failed and was released
 * unread, a deadlock). NULL: the default, which prints to stderr. Mirrors loop.set_exception_handler(). */
void async_loop_set_exception_handler(async_loop *loop, async_exception_handler handler, void *data);
/* async_loop_call_exception_handler: tells it, at once. Mirrors loop.call_exception_handler(). */
void async_loop_call_exception_handler(async_loop *loop, const async_exception *exception);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_LOOP_IMPLEMENTATION_
#define ASYNCIO_LOOP_IMPLEMENTATION_

#include "pool.h"
#if !ASYNCIO_BARE
#include <pthread.h>
#include <stdio.h>
#endif

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_HINTS_ = 64 };

#if !ASYNCIO_NO_HEAP
/* How much frame stack the tasks of a function turned out to need: so that the next need not grow. */
struct async_hint_ {
    const async_type *type;
    size_t size; /* 0: not known yet */
    unsigned spacious; /* how many get plenty until it is known */
    uint16_t units;    /* of memory for a task of it, once that changes no more; 0: to be found out */
};
struct async_extra_;
struct async_bindings_;
/* Where the bindings of a task or callback are kept. */
struct async_context_place_ {
    struct async_bindings_ *bindings;
    unsigned long number; /* which context it is, for tokens; 0: nothing was set there */
};
#endif

#if !ASYNCIO_NO_HEAP
/* What context.h does, in a thread that has context variables: a new task inherits them; a callback is bound to those of
 * now, and unbound; which callback a bound handle stands for; one has returned. */
struct async_context_hooks_ {
    bool (*inherit)(async_loop *loop, async_task *task);
    bool (*bind)(async_loop *loop, async_handle *handle);
    void (*unbind)(async_handle *handle);
    bool (*calls)(const async_handle *handle, void (*callback)(async_handle *));
    void (*release)(struct async_bindings_ *bindings);
    void (*leave)(async_loop *loop);
    void (*close)(async_loop *loop);
};
static ASYNC_THREAD_LOCAL_ const struct async_context_hooks_ *async_context_hooks_;
#endif

/* What a later part has hung on the loop: closed with it, before its tasks are dropped or when they are gone. */
typedef struct async_closer_ {
    async_node_ node;
    void (*close)(async_loop *loop, struct async_closer_ *closer);
} async_closer_;

struct async_loop {
    async_stack stack; /* first: a stack is its loop */
    async_fifo_ ready;
    async_link pass; /* what is left of the pass under way */
    async_timers_ timers;
    async_line_ shields; /* async_shielded_ */
#if ASYNCIO_NO_HEAP
#if ASYNCIO_ALL_TASKS
    async_task *first_task;
#endif
    bool (*cancel_sleep)(async_task *task, void *frame);
    bool (*take_raised)(async_port_state before); /* isr.h's: wakes who waits for interrupts; true: there are more */
#endif
#if !ASYNCIO_NO_HEAP
    size_t reserve; /* bytes the next task has at its end for whoever creates it */
    async_time now; /* of the pass, or of the virtual clock */
    bool virtual_clock, pass_clock;
    bool once; /* async_run() made it and closes it */
    struct async_context *run_context; /* of the runner */
    volatile bool interrupted; /* a signal has come: Ctrl-C for async_run(), or one that signal.h is told of */
    volatile bool ctrl_c;
    async_task *interrupt_task;
    unsigned holds; /* what may still wake the loop, though nothing shows */
    async_pool_ *pool;
    struct async_hint_ hints[ASYNC_HINTS_];
    struct async_extra_ **extras; /* of tasks, by their addresses */
    uint32_t extra_count, extra_places;
#if ASYNCIO_DEBUG
    async_line_ alive; /* tasks with a handle */
    async_time slow;   /* what takes longer is reported */
#endif
    bool (*start_eagerly)(async_loop *loop, async_task *task); /* false: it is to be started as usual */
    unsigned eager_depth;
    async_line_ bound; /* callbacks with a context */
    struct async_context_place_ callback_context; /* of the callback that runs */
    async_exception_handler handler;
    void *handler_data;
    async_loop *next_loop; /* of this thread */
    async_loop *(*owner)(const async_link *task);
    void (*child_ended)(async_handle *handle); /* a group's callback: what it holds is released at the loop's end */
    void (*child_drop)(async_handle *handle);
    void (*print_stack)(async_task *task);
#if ASYNCIO_VERIFY
    uint32_t seed;
    uint64_t random;
#endif
    async_task **tasks;
    uint32_t task_count, task_capacity;
    uint32_t left; /* how many the end of the run waits for */
    async_handle left_ended;
#endif
#if !ASYNCIO_BARE
    struct async_poller_ *poller;
    struct async_signals_ *signals;
    struct async_processes_ *processes;
    void (*signals_arrived)(async_loop *loop);
    async_line_ closers, last_closers; /* async_closer_ */
#if ASYNCIO_NET
    void *blocks; /* stream.h: some free ones, each beginning with the address of the next */
    unsigned block_count;
#endif
#if ASYNCIO_THREADS
    struct async_executor *executor; /* the default one; NULL: the loop's own */
    struct async_workers_ *workers;  /* the loop's own, once it was needed */
    async_line_ concurrent; /* what other threads have started here; under the lock */
    unsigned jobs; /* of its tasks, in threads */
    bool executor_closed;
#endif
    pthread_mutex_t lock; /* of the following */
    async_handle *first_remote, *last_remote; /* from other threads */
    bool closing; /* it takes no more of them */
    int wake_fds[2];
    bool has_wake_fds;
    int forks; /* how many there had been when the pipe was made */
    async_poller poller_choice;
    void (*moved)(async_loop *loop); /* embed.h: the poller is another one */
    int fileno;
#endif
};

#if ASYNCIO_VERIFY
/* What verify.h does: when a loop with a seed is made, when it deadlocks, before a pass is run, and when a task begins
 * or goes on, or suspends. */
void async_verify_loop_(async_loop *loop);
void async_verify_say_(const async_loop *loop);
void async_verify_pass_(async_loop *loop);
void async_verify_point_(async_loop *loop, async_task *task, bool resumes);
#define ASYNC_VERIFY_(call) call
#else
#define ASYNC_VERIFY_(call) ((void)0)
#endif

#if ASYNCIO_NO_HEAP
static async_loop async_the_loop_;
#define async_running_ (async_the_loop_.stack.running ? &async_the_loop_ : (async_loop *)NULL)
#else
static ASYNC_THREAD_LOCAL_ async_loop *async_running_;
#endif

static async_loop *async_loop_of_(async_stack *stack) { return (async_loop *)(void *)stack; }

async_loop *async_get_running_loop(void) { return async_running_; }

/* In debug builds, what must be called in the thread of a loop that is running. */
#if ASYNCIO_DEBUG && !ASYNCIO_BARE
static void async_check_thread_(const async_loop *loop, const char *message)
{
    if (loop != NULL && loop != async_running_ && loop->stack.running)
        ASYNC_PANIC_(message);
}
#else
#define async_check_thread_(loop, message) ((void)0)
#endif

bool async_loop_is_running(const async_loop *loop) { return loop != NULL && loop->stack.running; }

async_time async_loop_time(const async_loop *loop)
{
#if ASYNCIO_NO_HEAP
    (void)loop;
#else
    if (loop->virtual_clock || (loop->pass_clock && loop->stack.running))
        return loop->now;
#endif
    return async_port_now();
}

void async_loop_stop(async_loop *loop)
{
    async_check_thread_(loop, "async_loop_stop: the loop runs in another thread: call it there, with "
        "async_loop_call_soon_threadsafe");
    loop->stack.stopping = true;
}

#if !ASYNCIO_NO_HEAP

static ASYNC_THREAD_LOCAL_ async_loop *async_loops_;

async_loop *async_new_event_loop_with(const async_loop_config *config)
{
    async_loop *loop = (async_loop *)ASYNCIO_MALLOC(sizeof *loop);
    if (loop == NULL)
        return NULL;
    ASYNC_MEMSET_(loop, 0, sizeof *loop);
    async_fifo_clear_(&loop->ready);
    loop->pool = async_pool_new_();
#if !ASYNCIO_BARE
    if (loop->pool != NULL && pthread_mutex_init(&loop->lock, NULL) != 0) {
        async_pool_close_(loop->pool);
        loop->pool = NULL;
    }
#endif
    if (loop->pool == NULL) {
        ASYNCIO_FREE(loop);
        return NULL;
    }
    if (config != NULL) {
        loop->virtual_clock = config->virtual_clock;
        loop->pass_clock = config->pass_clock;
#if !ASYNCIO_BARE
        loop->poller_choice = config->poller;
#endif
#if ASYNCIO_DEBUG
        loop->slow = config->slow_callback_duration;
#endif
#if ASYNCIO_VERIFY
        loop->seed = config->seed;
        async_verify_loop_(loop);
#endif
    }
#if ASYNCIO_DEBUG
    if (loop->slow == 0)
        loop->slow = async_ms(100);
#endif
    loop->next_loop = async_loops_;
    async_loops_ = loop;
    return loop;
}

async_loop *async_new_event_loop(void) { return async_new_event_loop_with(NULL); }

/* The loop a call from outside any run is meant for: the one that was made last. */
static async_loop *async_loop_here_(void) { return async_running_ != NULL ? async_running_ : async_loops_; }

#else

static async_loop *async_loop_here_(void) { return &async_the_loop_; }

#endif

async_loop *async_get_event_loop(void) { return async_loop_here_(); }

/* ---- callbacks ----------------------------------------------------------------------------------------------- */

#if ASYNCIO_DEBUG
static ASYNC_THREAD_LOCAL_ async_site async_scheduling_;

void async_site_(const char *name, const char *file, int line)
{
    async_scheduling_.name = name;
    async_scheduling_.file = file;
    async_scheduling_.line = line;
}
#endif

static void async_handle_set_(async_handle *handle, void (*callback)(async_handle *), void *data)
{
    handle->callback = callback;
    handle->data = data;
#if ASYNCIO_DEBUG
    handle->site = async_scheduling_;
    async_scheduling_.name = NULL;
#endif
}

/* For the library's own callbacks, which have no context. */
static async_status async_loop_soon_(async_loop *loop, async_handle *handle, void (*callback)(async_handle *), void *data)
{
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    async_check_thread_(loop, "async_loop_call_soon: the loop runs in another thread: use "
        "async_loop_call_soon_threadsafe");
    if (handle->prev != 0)
        return ASYNC_MISUSE;
    async_handle_set_(handle, callback, data);
    async_fifo_push_handle_(&loop->ready, handle);
    return ASYNC_OK;
}

static async_status async_loop_at_(async_loop *loop, async_time when, async_timer_handle *timer,
    void (*callback)(async_handle *), void *data)
{
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    async_check_thread_(loop, "async_loop_call_at: the loop runs in another thread: call it there, with "
        "async_loop_call_soon_threadsafe");
#if !ASYNCIO_NO_HEAP
    if (timer->loop != NULL)
        return ASYNC_MISUSE;
#endif
    if (timer->handle.prev != 0)
        return ASYNC_MISUSE;
    async_handle_set_(&timer->handle, callback, data);
#if !ASYNCIO_NO_HEAP
    timer->when = when;
#endif
    if (!async_timers_add_(&loop->timers, &timer->handle.link, ASYNC_KIND_HANDLE_, when))
        return ASYNC_NO_MEMORY;
#if ASYNCIO_NO_HEAP
    timer->handle.prev = 1; /* scheduled, here and later in the ready list */
#else
    timer->loop = loop;
#endif
    return ASYNC_OK;
}

ASYNC_UNUSED_ static async_status async_loop_later_(async_loop *loop, async_time delay, async_timer_handle *timer,
    void (*callback)(async_handle *), void *data)
{
    async_time now;
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    now = async_loop_time(loop);
    return async_loop_at_(loop, ASYNC_LATER_(now, delay), timer, callback, data);
}

async_status (async_loop_call_soon)(async_loop *loop, async_handle *handle, void (*callback)(async_handle *), void *data)
{
    async_status status = async_loop_soon_(loop, handle, callback, data);
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(async_context_hooks_ != NULL) && status == ASYNC_OK && !async_context_hooks_->bind(loop, handle)) {
        async_fifo_remove_(&loop->ready, &loop->pass, handle);
        return ASYNC_NO_MEMORY;
    }
#endif
    return status;
}

async_status (async_loop_call_at)(async_loop *loop, async_time when, async_timer_handle *timer,
    void (*callback)(async_handle *), void *data)
{
    async_status status = async_loop_at_(loop, when, timer, callback, data);
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(async_context_hooks_ != NULL) && status == ASYNC_OK &&
        !async_context_hooks_->bind(loop, &timer->handle)) {
        async_timer_handle_cancel(timer);
        return ASYNC_NO_MEMORY;
    }
#endif
    return status;
}

async_status (async_loop_call_later)(async_loop *loop, async_time delay, async_timer_handle *timer,
    void (*callback)(async_handle *), void *data)
{
    async_time now;
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    now = async_loop_time(loop);
    return (async_loop_call_at)(loop, ASYNC_LATER_(now, delay), timer, callback, data);
}

async_status (async_call_soon)(async_handle *handle, void (*callback)(async_handle *), void *data)
{
    return (async_loop_call_soon)(async_running_, handle, callback, data);
}

async_status (async_call_at)(async_time when, async_timer_handle *timer, void (*callback)(async_handle *), void *data)
{
    return (async_loop_call_at)(async_running_, when, timer, callback, data);
}

async_status (async_call_later)(async_time delay, async_timer_handle *timer, void (*callback)(async_handle *), void *data)
{
    return (async_loop_call_later)(async_running_, delay, timer, callback, data);
}

/* It will not be called, or runs on another loop: its callback is its own again. */
static void async_handle_unbind_(async_handle *handle)
{
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(async_context_hooks_ != NULL))
        async_context_hooks_->unbind(handle);
#else
    (void)handle;
#endif
}

#if ASYNCIO_DEBUG
static bool async_ready_holds_(const async_loop *loop, const async_handle *handle)
{
    const async_link *lists[2] = { &loop->pass, &loop->ready.head }, *link;
    int i;
    for (i = 0; i < 2; i++)
        for (link = lists[i]; link->next != 0; link = async_entry_link_(link->next))
            if (async_entry_link_(link->next) == &handle->link)
                return true;
    return false;
}
#endif

bool async_handle_cancel(async_handle *handle)
{
    async_loop *loop = async_loop_here_();
    async_handle_unbind_(handle);
    handle->callback = NULL;
    if (handle->prev == 0)
        return false;
#if !ASYNCIO_NO_HEAP
    if (async_running_ == NULL) /* any loop of this thread may have it; it shows only at the tail */
        for (loop = async_loops_; loop->next_loop != NULL && loop->ready.tail != &handle->link;)
            loop = loop->next_loop;
#endif
#if ASYNCIO_DEBUG
    if (!async_ready_holds_(loop, handle))
        ASYNC_PANIC_("async_handle_cancel: a future holds it: async_future_remove_done_callback() takes it out");
#endif
    async_fifo_remove_(&loop->ready, &loop->pass, handle);
    return true;
}

bool async_handle_cancelled(const async_handle *handle) { return handle->callback == NULL; }

bool async_timer_handle_cancel(async_timer_handle *timer)
{
#if ASYNCIO_NO_HEAP
    if (!async_timers_remove_(&async_the_loop_.timers, &timer->handle.link))
        return async_handle_cancel(&timer->handle);
    timer->handle.prev = 0;
#else
    if (timer->loop == NULL)
        return async_handle_cancel(&timer->handle);
    async_timers_remove_(&timer->loop->timers, &timer->handle.link);
    timer->loop = NULL;
#endif
    async_handle_unbind_(&timer->handle);
    timer->handle.callback = NULL;
    return true;
}

/* ---- the exception handler ----------------------------------------------------------------------------------- */

#if !ASYNCIO_NO_HEAP

void async_loop_set_exception_handler(async_loop *loop, async_exception_handler handler, void *data)
{
    loop->handler = handler;
    loop->handler_data = data;
}

static async_exception async_exception_(const char *message, async_status status)
{
    async_exception e;
    ASYNC_MEMSET_(&e, 0, sizeof e);
    e.message = message;
    e.status = status;
    return e;
}

void async_loop_call_exception_handler(async_loop *loop, const async_exception *e)
{
    if (loop != NULL && loop->handler != NULL) {
        loop->handler(loop, e, loop->handler_data);
        return;
    }
#if !ASYNCIO_BARE
    fflush(stdout);
    fprintf(stderr, "asyncio: %s", e->message);
    if (e->status != 0)
        fprintf(stderr, ": %s (%d)", async_strerror(e->status), e->status);
    if (e->name != NULL)
        fprintf(stderr, ", in %s", e->name);
    if (e->file != NULL)
        fprintf(stderr, " (%s:%d)", e->file, e->line);
    if (e->elapsed != 0)
        fprintf(stderr, ", %ld ms", (long)(e->elapsed / 1000000));
    fputc('\n', stderr);
    if (e->task != NULL && loop != NULL && loop->print_stack != NULL)
        loop->print_stack(e->task);
#endif
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
