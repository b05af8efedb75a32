/* run.h: running the loop (asyncio.run, run_until_complete, run_forever). */
#ifndef ASYNCIO_RUN_H
#define ASYNCIO_RUN_H

#include "poller.h"
#include "report.h"
#include "sleep.h"

ASYNC_EXTERN_C_BEGIN_

/* async_loop_run_until_complete: runs the loop until the task (or, with the second, the future) is done, and gives its
 * status. What else is pending stays so, for the next run. STOPPED when the loop was stopped first, DEADLOCK when
 * nothing can happen any more (after naming what waits), MISUSE when a loop runs in this thread already. */
async_status async_loop_run_until_complete(async_loop *loop, async_task *task);
async_status async_loop_run_until_done(async_loop *loop, async_future *future);

/* async_loop_run_forever: runs the loop until async_loop_stop(). OK, or MISUSE. */
async_status async_loop_run_forever(async_loop *loop);

/* async_loop_run_once: one pass, without waiting: for a loop that is driven by another one. Gives the time until there
 * is something to do: 0 now, ASYNC_FOREVER only when a descriptor or another thread brings it; MISUSE (negative). */
async_time async_loop_run_once(async_loop *loop);

#if !ASYNCIO_NO_HEAP
/* async_run(f, .a = 1, ...): a fresh loop that runs f(a = 1, ...) and gives its status; then the tasks that are left are
 * cancelled and run to their end, and the loop is closed. Ctrl-C cancels f, whose finally parts run, and gives
 * INTERRUPTED; a second Ctrl-C ends the process. MISUSE inside a running loop. Mirrors asyncio.run().
 * async_run_with(&config, f, ...): the same with an async_loop_config. */
#define async_run(...) ASYNC_RUN_((const async_loop_config *)NULL, __VA_ARGS__, )
#define async_run_with(config, ...) ASYNC_RUN_(config, __VA_ARGS__, )
#define ASYNC_RUN_(config, name, ...)                                                             \
    (async_run_begin_(config, &name##_type ASYNC_SITE_)                                           \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_run_end_())        \
            : async_run_failed_())
bool async_run_begin_(const async_loop_config *config, const async_type *type ASYNC_SITE_PARAMETERS_);
async_status async_run_end_(void);
async_status async_run_failed_(void);

/* async_loop_cancel_all_tasks: cancels the tasks of a loop that is not running and runs it until they are done; those
 * that fail go to the exception handler. What asyncio.run() does before it closes the loop. */
async_status async_loop_cancel_all_tasks(async_loop *loop);
#endif

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_RUN_IMPLEMENTATION_
#define ASYNCIO_RUN_IMPLEMENTATION_

#if !ASYNCIO_BARE
#include <signal.h>
#endif

ASYNC_EXTERN_C_BEGIN_

/* ---- one pass ------------------------------------------------------------------------------------------------ */

/* Due timers go behind what is ready: each takes one more step in its place there. */
static void async_loop_move_due_(async_loop *loop, async_time now)
{
    async_time when;
    while (async_timers_next_(&loop->timers, &when) && !ASYNC_BEFORE_(now, when)) {
        async_entry_ entry = async_timers_pop_(&loop->timers);
        async_link *link = async_entry_link_(entry);
        if (async_entry_kind_(entry) == ASYNC_KIND_SLEEP_) {
            async_link_sleep_(link)->leaf.frame.flags |= ASYNC_SLEEP_FIRED_;
            async_fifo_push_(&loop->ready, link, ASYNC_KIND_SLEEP_);
        } else {
            ((async_timer_handle *)(void *)link)->loop = NULL;
            async_fifo_push_handle_(&loop->ready, async_link_handle_(link));
        }
    }
}

static void async_loop_run_ready_(async_loop *loop)
{
    async_entry_ entry = loop->ready.head.next;
    async_set_prev_(entry, (async_entry_)(void *)&loop->pass);
    loop->pass.next = entry;
    async_fifo_init_(&loop->ready);
    while ((entry = loop->pass.next) != 0) {
        async_link *link = async_entry_link_(entry);
        unsigned kind = async_entry_kind_(entry);
        loop->pass.next = link->next;
        async_set_prev_(link->next, (async_entry_)(void *)&loop->pass);
        if (kind == ASYNC_KIND_TASK_) {
            async_task_step_(loop, ASYNC_CONTAINER_(link, async_task, link));
        } else if (kind == ASYNC_KIND_SLEEP_) {
            async_leaf_complete(&async_link_sleep_(link)->leaf);
        } else {
            async_handle *handle = async_link_handle_(link);
            handle->prev = 0;
            handle->callback(handle);
        }
    }
}

#if ASYNCIO_BARE

static void async_loop_pass_(async_loop *loop, bool wait)
{
    async_time when, now = async_port_now();
    if (wait) {
        async_port_lock();
        if (loop->ready.head.next == 0 && !loop->stopping) {
            bool timer = async_timers_next_(&loop->timers, &when);
            if (!timer || ASYNC_BEFORE_(now, when))
                async_port_wait(timer ? when : ASYNC_LATER_(now, ASYNC_FOREVER));
        }
        async_port_unlock();
        now = async_port_now();
    }
    loop->now = now;
    async_loop_move_due_(loop, now);
    async_loop_run_ready_(loop);
}

#else

/* The time until the next deadline; ASYNC_FOREVER without one. */
static async_time async_loop_idle_(async_loop *loop)
{
    async_time when;
    if (loop->ready.head.next != 0 || loop->stopping || loop->interrupted)
        return 0;
    if (!async_timers_next_(&loop->timers, &when))
        return ASYNC_FOREVER;
    when -= async_loop_time(loop);
    return when > 0 ? when : 0;
}

/* False: nothing can happen any more, and nobody else can make it happen. */
static bool async_loop_pass_(async_loop *loop, bool wait, bool may_deadlock)
{
    async_time idle = async_loop_idle_(loop);
    if (!loop->virtual_clock && loop->pass_clock)
        loop->now = async_port_now();
    if (idle > 0 && wait) {
        if (idle == ASYNC_FOREVER && may_deadlock && async_poller_is_dead_(loop))
            return false;
        if (loop->virtual_clock && idle != ASYNC_FOREVER) {
            async_poller_poll_(loop, 0);
            if (loop->ready.head.next == 0)
                loop->now += idle;
        } else {
            async_poller_poll_(loop, idle);
        }
    } else {
        async_poller_poll_(loop, 0);
    }
    if (!loop->virtual_clock && (loop->timers.count != 0 || loop->pass_clock))
        loop->now = async_port_now();
    async_loop_move_due_(loop, loop->now);
    async_loop_run_ready_(loop);
    return true;
}

#endif

/* ---- runs ---------------------------------------------------------------------------------------------------- */

static async_loop *async_loop_enter_(async_loop *loop)
{
    if (loop == NULL || async_running_ != NULL)
        return NULL;
#if !ASYNCIO_BARE
    loop->print_stack = async_task_print_stack;
#endif
    loop->running = true;
    async_running_ = loop;
    return loop;
}

static void async_loop_leave_(async_loop *loop)
{
    loop->running = loop->stopping = false;
    async_running_ = NULL;
}

#if ASYNCIO_BARE

async_status async_loop_run_forever(async_loop *loop)
{
    if (async_loop_enter_(loop) == NULL)
        return ASYNC_MISUSE;
    do
        async_loop_pass_(loop, true);
    while (!loop->stopping);
    async_loop_leave_(loop);
    return ASYNC_OK;
}

#else

static bool async_loop_run_(async_loop *loop, bool may_deadlock)
{
    bool alive;
    do
        alive = async_loop_pass_(loop, true, may_deadlock);
    while (alive && !loop->stopping);
    return alive;
}

async_status async_loop_run_forever(async_loop *loop)
{
    if (async_loop_enter_(loop) == NULL)
        return ASYNC_MISUSE;
    async_loop_run_(loop, false);
    async_loop_leave_(loop);
    return ASYNC_OK;
}

static void async_stop_callback_(async_handle *handle) { async_loop_stop((async_loop *)handle->data); }

static void async_report_deadlock_(async_loop *loop);

async_status async_loop_run_until_done(async_loop *loop, async_future *future)
{
    async_handle stop = { { 0 }, 0, NULL, NULL };
    bool alive;
    if (async_loop_enter_(loop) == NULL)
        return ASYNC_MISUSE;
    async_future_add_done_callback(future, &stop, async_stop_callback_, loop);
    alive = async_loop_run_(loop, true);
    async_future_unlink_(loop, future, &stop);
    async_loop_leave_(loop);
    if (async_future_done(future))
        return async_future_exception(future);
    if (alive)
        return ASYNC_STOPPED;
    async_report_deadlock_(loop);
    return ASYNC_DEADLOCK;
}

async_status async_loop_run_until_complete(async_loop *loop, async_task *task)
{
    return task == NULL ? ASYNC_NO_MEMORY : async_loop_run_until_done(loop, &task->future);
}

async_time async_loop_run_once(async_loop *loop)
{
    async_time idle;
    if (async_loop_enter_(loop) == NULL)
        return ASYNC_MISUSE;
    async_loop_pass_(loop, false, false);
    async_loop_leave_(loop);
    idle = async_loop_idle_(loop);
    return idle;
}

/* ---- closing ------------------------------------------------------------------------------------------------- */

/* A task that will never be resumed: its leaf lets go of what it stands in, its chunks are freed. */
static void async_task_drop_(async_loop *loop, async_task *task)
{
    async_frame *frame = (async_frame *)task->future.value;
    if (task->future.flags & ASYNC_WAITS_) {
        loop->stack.task = task;
        loop->stack.end = task->end;
        loop->stack.sp = (unsigned char *)frame + frame->type->size;
        loop->stack.top = NULL;
        frame->status = ASYNC_CANCELLED;
        ASYNC_POISON_(loop->stack.sp, (size_t)(loop->stack.end - loop->stack.sp));
        (void)frame->type->resume(&loop->stack, frame);
        loop->stack.task = NULL;
    }
    while (frame != NULL) {
        async_frame *parent = async_parent_(frame);
        if (frame->flags & ASYNC_SEGMENT_)
            ASYNCIO_FREE(frame);
        frame = parent;
    }
    task->future.flags |= ASYNC_RETRIEVED_;
    async_task_finish_(loop, task, ASYNC_CLOSED);
}

#if ASYNCIO_DEBUG
static void async_report_unreleased_(async_loop *loop)
{
    async_node_ *node;
    while ((node = loop->alive.first) != NULL) {
        async_task *task = ASYNC_CONTAINER_(node, async_task, node);
        async_exception e = { "a task handle was not released before its loop was closed; it was created here", 0, NULL,
            NULL, NULL, 0 };
        async_line_remove_(&loop->alive, node);
        task->alive = NULL;
        e.name = async_task_get_name(task);
        e.file = task->file;
        e.line = task->line;
        async_loop_call_exception_handler(loop, &e);
    }
}
#endif

/* Handles and timers that will not run may be used again, on another loop. */
static void async_loop_drop_ready_(async_loop *loop)
{
    async_entry_ entry = loop->ready.head.next;
    while (entry != 0) {
        async_handle *handle = async_link_handle_(async_entry_link_(entry));
        bool is_handle = async_entry_kind_(entry) == ASYNC_KIND_HANDLE_;
        entry = handle->link.next;
        if (is_handle) {
            handle->prev = 0;
            if (handle->callback == loop->child_ended)
                loop->child_drop(handle);
        }
    }
    async_fifo_init_(&loop->ready);
    while (loop->timers.count > 0) {
        entry = loop->timers.heap[--loop->timers.count].entry;
        if (async_entry_kind_(entry) == ASYNC_KIND_HANDLE_)
            ((async_timer_handle *)(void *)async_entry_link_(entry))->loop = NULL;
    }
}

async_status async_loop_close(async_loop *loop)
{
    async_loop **at, *running = async_running_;
    uint32_t i;
    if (loop == NULL)
        return ASYNC_OK;
    if (loop->running)
        return ASYNC_MISUSE;
    async_running_ = loop; /* what the leaves do goes to this loop */
    async_loop_drop_ready_(loop);
    for (i = loop->task_count; i-- > 0;)
        if (i < loop->task_count && loop->tasks[i] != NULL)
            async_task_drop_(loop, loop->tasks[i]);
    async_loop_drop_ready_(loop);
#if ASYNCIO_DEBUG
    async_report_unreleased_(loop);
#endif
    async_running_ = running;
    async_poller_close_(loop);
    pthread_mutex_destroy(&loop->lock);
    if (loop->timers.heap != NULL)
        ASYNCIO_FREE(loop->timers.heap);
    if (loop->tasks != NULL)
        ASYNCIO_FREE(loop->tasks);
    if (loop->stack.spare != NULL)
        ASYNCIO_FREE(loop->stack.spare);
    if (loop->stack.older_spare != NULL)
        ASYNCIO_FREE(loop->stack.older_spare);
    while (loop->names != NULL) {
        struct async_task_name_ *name = loop->names;
        loop->names = name->next;
        ASYNCIO_FREE(name);
    }
    for (at = &async_loops_; *at != NULL; at = &(*at)->next_loop)
        if (*at == loop) {
            *at = loop->next_loop;
            break;
        }
    async_pool_close_(loop->pool);
    ASYNCIO_FREE(loop);
    return ASYNC_OK;
}

/* One of the tasks that were left when main was done. */
struct async_leftover_ {
    async_task *task;
    async_handle ended;
};
struct async_leftovers_ {
    async_future all;
    size_t count;
};

static void async_leftover_ended_(async_handle *handle)
{
    struct async_leftovers_ *left = (struct async_leftovers_ *)handle->data;
    if (--left->count == 0)
        async_future_set_result(&left->all, NULL);
}

async_status async_loop_cancel_all_tasks(async_loop *loop)
{
    struct async_leftovers_ left;
    struct async_leftover_ *leftovers;
    async_status status;
    size_t count, n;
    uint32_t i;
    if (loop == NULL || async_running_ != NULL)
        return ASYNC_MISUSE;
    count = async_loop_all_tasks(loop, NULL, 0);
    if (count == 0)
        return ASYNC_OK;
    leftovers = (struct async_leftover_ *)ASYNCIO_MALLOC(count * sizeof *leftovers);
    if (leftovers == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(leftovers, 0, count * sizeof *leftovers);
    ASYNC_MEMSET_(&left, 0, sizeof left);
    for (n = i = 0; i < loop->task_count; i++)
        if (loop->tasks[i] != NULL)
            leftovers[n++].task = async_retain(loop->tasks[i]);
    left.count = count;
    async_running_ = loop;
    for (n = 0; n < count; n++)
        async_cancel(leftovers[n].task);
    for (n = 0; n < count; n++)
        async_future_add_done_callback(&leftovers[n].task->future, &leftovers[n].ended, async_leftover_ended_, &left);
    async_running_ = NULL;
    status = async_loop_run_until_done(loop, &left.all);
    for (n = 0; n < count; n++) {
        async_task *task = leftovers[n].task;
        async_future_unlink_(loop, &task->future, &leftovers[n].ended);
        if (async_task_done(task) && !async_task_cancelled(task) && task->future.status < 0) {
            async_exception e = { "a task failed while it was being cancelled", 0, NULL, NULL, NULL, 0 };
            const async_type *type = async_root_(task)->type;
            e.status = async_task_exception(task);
            e.task = task;
            e.name = type->name;
            e.file = type->file;
            e.line = type->line;
            async_loop_call_exception_handler(loop, &e);
        }
        async_release(task);
    }
    ASYNCIO_FREE(leftovers);
    return status;
}

/* ---- async_run ----------------------------------------------------------------------------------------------- */

/* Ctrl-C: the loop that is to hear of it. One at a time has the signal. */
static async_loop *volatile async_interruptible_;
static volatile sig_atomic_t async_interrupts_;

static void async_on_interrupt_(int signal_number)
{
    async_loop *loop = async_interruptible_;
    int saved = errno;
    async_interrupts_ = async_interrupts_ + 1;
    if (async_interrupts_ > 1 || loop == NULL) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    } else {
        loop->interrupted = true;
        async_poller_wake_(loop);
    }
    errno = saved;
}

static ASYNC_THREAD_LOCAL_ async_status async_run_status_;
static ASYNC_THREAD_LOCAL_ async_loop *async_run_loop_;

bool async_run_begin_(const async_loop_config *config, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    async_run_status_ = ASYNC_MISUSE;
    if (async_running_ != NULL)
        return false;
    async_run_status_ = ASYNC_NO_MEMORY;
    async_run_loop_ = async_new_event_loop_with(config);
    if (async_run_loop_ == NULL)
        return false;
    async_hint_of_(async_run_loop_, type)->type = type;
    async_hint_of_(async_run_loop_, type)->size = 1024;
    if (!async_create_begin_(async_run_loop_, type ASYNC_SITE_ARGUMENTS_)) {
        async_loop_close(async_run_loop_);
        return false;
    }
    async_hint_of_(async_run_loop_, type)->type = NULL;
    return true;
}

async_status async_run_failed_(void) { return async_run_status_; }

async_status async_run_end_(void)
{
    async_task *task = async_create_end_();
    async_loop *loop = async_run_loop_;
    async_status status;
    struct sigaction action, before;
    bool catches;
    ASYNC_MEMSET_(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = async_on_interrupt_;
    /* asyncio leaves alone whoever has a handler of his own */
    catches = sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler == SIG_DFL && async_interruptible_ == NULL &&
        async_poller_can_wake_(loop);
    if (catches) {
        async_interrupts_ = 0;
        async_interruptible_ = loop;
        loop->interrupt_task = task;
        sigaction(SIGINT, &action, NULL);
    }
    status = async_loop_run_until_complete(loop, task);
    loop->interrupt_task = NULL;
    if (async_loop_cancel_all_tasks(loop) == ASYNC_DEADLOCK && status >= 0)
        status = ASYNC_DEADLOCK;
    if (catches) {
        sigaction(SIGINT, &before, NULL);
        async_interruptible_ = NULL;
        if (async_interrupts_ > 0 && status == ASYNC_CANCELLED)
            status = ASYNC_INTERRUPTED;
    }
    async_release(task);
    async_loop_close(loop);
    return status;
}

/* ---- what waits when nothing can happen any more ------------------------------------------------------------- */

static void async_report_deadlock_(async_loop *loop)
{
    async_exception e = { "the run cannot go on", ASYNC_DEADLOCK, NULL, NULL, NULL, 0 };
    uint32_t i;
    async_loop_call_exception_handler(loop, &e);
    for (i = 0; i < loop->task_count; i++) /* a handler hears of each, the default one prints it all */
        if (loop->tasks[i] != NULL) {
            e.message = "a task waits for ever";
            e.status = 0;
            e.task = loop->tasks[i];
            e.name = async_task_get_name(e.task);
            async_loop_call_exception_handler(loop, &e);
        }
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
