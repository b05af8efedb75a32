/* future.h: a result that will be there later (asyncio's Future), for any number of waiters. */
#ifndef ASYNCIO_FUTURE_H
#define ASYNCIO_FUTURE_H

#include "loop.h"

ASYNC_EXTERN_C_BEGIN_

/* async_future: belongs to its owner; all zeros is a pending one. Do not move it while somebody waits. A task begins
 * with one. */
typedef struct async_future {
    async_entry_ callbacks; /* tasks and handles that wait, in order */
    void *value;
    int16_t status;
    uint8_t state;
    uint8_t flags;
    uint16_t cancelling; /* a task's */
    uint16_t units;      /* a task's */
#if ASYNCIO_DEBUG
    async_loop *loop;    /* of the tasks that wait */
#endif
} async_future;

#if ASYNCIO_DEBUG
#define ASYNC_NOBODY_ , NULL
#else
#define ASYNC_NOBODY_
#endif

/* A future that stands for several: its cancel is theirs. */
typedef struct async_compound_ {
    async_future future;
    bool (*cancel)(async_future *future);
} async_compound_;

enum { ASYNC_FUTURE_PENDING_ = 0, ASYNC_FUTURE_DONE_ = 1, ASYNC_FUTURE_CANCELLED_ = 2, ASYNC_FUTURE_STALE_ = 3 };
enum { /* flags */
    ASYNC_RETRIEVED_ = 1,
    ASYNC_IS_TASK_ = 2,
    ASYNC_WAITS_ = 4,      /* the task was stepped and suspended */
    ASYNC_MUST_ = 8,       /* throw CANCELLED at its next step */
    ASYNC_IN_CANCEL_ = 16, /* a cancel is going through it */
    ASYNC_LEFT_ = 32,      /* the end of the run waits for it */
    ASYNC_STATIC_ = 64,    /* its memory is the user's */
    ASYNC_EXTRA_ = 128,    /* the loop keeps a name or a context for it */
    ASYNC_COMPOUND_ = 4    /* no task: an async_compound_ */
};

/* async_future_init: a pending future. async_future_deinit: its end; a failure nobody read goes to the exception
 * handler, and a panic follows if somebody still waits. On all zeros it does nothing. */
void async_future_init(async_future *future);
void async_future_deinit(async_future *future);

/* async_future_set_result, async_future_set_exception: completes it with a value, or with a negative status, and
 * queues all waiters. OK, INVALID_STATE when it is done already, MISUSE for a task (its function owns the result),
 * INVALID_ARGUMENT for a status that is not negative. Loop thread. */
async_status async_future_set_result(async_future *future, void *value);
async_status async_future_set_exception(async_future *future, async_status status);

/* async_future_cancel: false if it was done already. */
bool async_future_cancel(async_future *future);

bool async_future_done(const async_future *future);
bool async_future_cancelled(const async_future *future);

/* async_future_result: OK and the value in *value (which may be NULL), the status it failed with, or INVALID_STATE
 * while it is pending. async_future_exception: the same status without the value. Both mark a failure as seen. */
async_status async_future_result(async_future *future, void **value);
async_status async_future_exception(async_future *future);

/* async_future_add_done_callback: calls callback(handle) in a later pass after the future is done. The handle is the
 * caller's and stays in place; MISUSE when it is in use, NO_MEMORY for its context. async_future_remove_done_callback: takes out every handle with
 * this callback that waits on this future, and says how many. */
async_status async_future_add_done_callback(async_future *future, async_handle *handle,
    void (*callback)(async_handle *), void *data);
int async_future_remove_done_callback(async_future *future, void (*callback)(async_handle *));
#if ASYNCIO_DEBUG
#define async_future_add_done_callback(future, handle, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_future_add_done_callback)(future, handle, callback, data))
#endif

void async_future_complete_(async_loop *loop, async_future *future, unsigned state, int status);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_FUTURE_IMPLEMENTATION_
#define ASYNCIO_FUTURE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

void async_future_init(async_future *future) { ASYNC_MEMSET_(future, 0, sizeof *future); }

bool async_future_done(const async_future *future) { return future->state != ASYNC_FUTURE_PENDING_; }

bool async_future_cancelled(const async_future *future) { return future->state == ASYNC_FUTURE_CANCELLED_; }

void async_future_complete_(async_loop *loop, async_future *future, unsigned state, int status)
{
    future->state = (uint8_t)state;
    future->status = (int16_t)status;
    async_fifo_splice_(&loop->ready, &future->callbacks);
}

/* Whose waiters these are. Outside a run the tasks among them tell. */
static async_loop *async_future_loop_(const async_future *future)
{
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(async_running_ == NULL) && future->callbacks != 0) {
        async_entry_ entry = future->callbacks;
        do {
            if (async_entry_kind_(entry) == ASYNC_KIND_TASK_ && async_loops_ != NULL)
                return async_loops_->owner(async_entry_link_(entry));
            entry = async_entry_link_(entry)->next;
        } while (entry != future->callbacks);
    }
#else
    (void)future;
#endif
    return async_loop_here_();
}

/* Tasks that wait for it are not for another thread to wake. */
#if ASYNCIO_DEBUG
static void async_future_check_thread_(const async_future *future)
{
    async_entry_ entry = future->callbacks;
    if (entry == 0 || future->state != ASYNC_FUTURE_PENDING_)
        return;
    do {
        if (async_entry_kind_(entry) == ASYNC_KIND_TASK_)
            async_check_thread_(future->loop, "a future is completed outside the thread of the loop that waits for it: "
                "do that there, with async_loop_call_soon_threadsafe");
        entry = async_entry_link_(entry)->next;
    } while (entry != future->callbacks);
}
#else
#define async_future_check_thread_(future) ((void)0)
#endif

static async_status async_future_end_(async_future *future, unsigned state, int status)
{
    async_loop *loop;
    if (future->flags & ASYNC_IS_TASK_)
        return ASYNC_MISUSE;
    if (future->state != ASYNC_FUTURE_PENDING_)
        return ASYNC_INVALID_STATE;
    async_future_check_thread_(future);
    loop = async_future_loop_(future);
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    async_future_complete_(loop, future, state, status);
    return ASYNC_OK;
}

async_status async_future_set_result(async_future *future, void *value)
{
    async_status status = async_future_end_(future, ASYNC_FUTURE_DONE_, 0);
    if (status == ASYNC_OK)
        future->value = value;
    return status;
}

async_status async_future_set_exception(async_future *future, async_status status)
{
    if (status >= 0 || status < ASYNC_STATUS_LEAST_)
        return ASYNC_INVALID_ARGUMENT;
    return async_future_end_(future, ASYNC_FUTURE_DONE_, status);
}

bool async_future_cancel(async_future *future)
{
    if ((future->flags & (ASYNC_COMPOUND_ | ASYNC_IS_TASK_)) == ASYNC_COMPOUND_)
        return ((async_compound_ *)(void *)future)->cancel(future);
    return async_future_end_(future, ASYNC_FUTURE_CANCELLED_, ASYNC_CANCELLED) == ASYNC_OK;
}

async_status async_future_exception(async_future *future)
{
    if (future->state == ASYNC_FUTURE_PENDING_)
        return ASYNC_INVALID_STATE;
    future->flags |= ASYNC_RETRIEVED_;
    return future->status;
}

async_status async_future_result(async_future *future, void **value)
{
    async_status status = async_future_exception(future);
    if (status == ASYNC_OK && value != NULL)
        *value = future->value;
    return status;
}

/* A node of gather and its like: wherever it is, it is out of there. */
static void async_future_unlink_(async_loop *loop, async_future *future, async_handle *handle)
{
    if (handle->prev == 0)
        return;
    if (future->state == ASYNC_FUTURE_PENDING_)
        async_ring_remove_(&future->callbacks, handle);
    else
        async_fifo_remove_(&loop->ready, &loop->pass, handle);
}

static async_status async_future_on_done_(async_future *future, async_handle *handle,
    void (*callback)(async_handle *), void *data)
{
    if (handle->prev != 0)
        return ASYNC_MISUSE;
    if (future->state != ASYNC_FUTURE_PENDING_)
        return async_loop_soon_(async_loop_here_(), handle, callback, data);
    async_handle_set_(handle, callback, data);
    async_ring_append_(&future->callbacks, &handle->link, ASYNC_KIND_HANDLE_);
    return ASYNC_OK;
}

async_status (async_future_add_done_callback)(async_future *future, async_handle *handle,
    void (*callback)(async_handle *), void *data)
{
    async_status status = async_future_on_done_(future, handle, callback, data);
#if !ASYNCIO_NO_HEAP
    async_loop *loop = async_loop_here_();
    if (ASYNC_RARE_(async_context_hooks_ != NULL) && status == ASYNC_OK && loop != NULL &&
        !async_context_hooks_->bind(loop, handle)) {
        async_future_unlink_(loop, future, handle);
        return ASYNC_NO_MEMORY;
    }
#endif
    return status;
}

static bool async_handle_calls_(const async_handle *handle, void (*callback)(async_handle *))
{
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(async_context_hooks_ != NULL) && async_context_hooks_->calls(handle, callback))
        return true;
#endif
    return handle->callback == callback;
}

int async_future_remove_done_callback(async_future *future, void (*callback)(async_handle *))
{
    int removed = 0;
    async_entry_ entry, last = future->callbacks, next;
    if (last == 0 || future->state != ASYNC_FUTURE_PENDING_)
        return 0;
    for (entry = async_entry_link_(last)->next;; entry = next) {
        next = async_entry_link_(entry)->next;
        if (async_entry_kind_(entry) == ASYNC_KIND_HANDLE_) {
            async_handle *handle = async_link_handle_(async_entry_link_(entry));
            if (async_handle_calls_(handle, callback)) {
                async_ring_remove_(&future->callbacks, handle);
                async_handle_unbind_(handle);
                removed++;
            }
        }
        if (entry == last)
            return removed;
    }
}

void async_future_deinit(async_future *future)
{
    if (future->callbacks != 0)
        ASYNC_PANIC_("async_future_deinit: somebody waits on it");
#if !ASYNCIO_NO_HEAP
    if (future->state == ASYNC_FUTURE_DONE_ && future->status < 0 && !(future->flags & ASYNC_RETRIEVED_)) {
        async_exception e = async_exception_("a future failed, and its status was never retrieved", 0);
        e.status = future->status;
        async_loop_call_exception_handler(async_loop_here_(), &e);
    }
#endif
    ASYNC_MEMSET_(future, 0, sizeof *future);
}

ASYNC_EXTERN_C_END_

#endif
#endif
