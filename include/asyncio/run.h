/* run.h: running the loop (run_until_complete, run_forever). */
#ifndef ASYNCIO_RUN_H
#define ASYNCIO_RUN_H

#include "pass.h"

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

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_RUN_IMPLEMENTATION_
#define ASYNCIO_RUN_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_BARE

async_status async_loop_run_forever(async_loop *loop)
{
    if (loop->stack.running)
        return ASYNC_MISUSE;
    loop->stack.running = true;
    do
        async_loop_pass_(loop);
    while (!loop->stack.stopping);
    loop->stack.running = loop->stack.stopping = false;
    return ASYNC_OK;
}

#else

static async_loop *async_loop_enter_(async_loop *loop)
{
    if (loop == NULL || async_running_ != NULL)
        return NULL;
    loop->print_stack = async_task_print_stack;
    loop->stack.running = true;
    async_running_ = loop;
    return loop;
}

static void async_loop_leave_(async_loop *loop)
{
    loop->stack.running = loop->stack.stopping = false;
    async_running_ = NULL;
}


/* Passes until it is stopped, or nothing can happen any more (false); one, if it is not to wait. */
static bool async_loop_run_(async_loop *loop, bool wait, bool may_deadlock)
{
    bool alive;
    do
        alive = async_loop_pass_(loop, wait, may_deadlock);
    while (alive && wait && !loop->stack.stopping);
    return alive;
}

async_status async_loop_run_forever(async_loop *loop)
{
    if (async_loop_enter_(loop) == NULL)
        return ASYNC_MISUSE;
    async_loop_run_(loop, true, false);
    async_loop_leave_(loop);
    return ASYNC_OK;
}

/* What waits when nothing can happen any more. */
static void async_report_deadlock_(async_loop *loop)
{
    async_exception e = async_exception_("the run cannot go on", ASYNC_DEADLOCK);
    uint32_t i;
    async_loop_call_exception_handler(loop, &e);
    ASYNC_VERIFY_(async_verify_say_(loop));
    for (i = 0; i < loop->task_count; i++) /* a handler hears of each, the default one prints it all */
        if (loop->tasks[i] != NULL && !async_task_done(loop->tasks[i])) {
            e.message = "a task waits for ever";
            e.status = 0;
            e.task = loop->tasks[i];
            e.name = async_task_get_name(e.task);
            async_loop_call_exception_handler(loop, &e);
        }
}

static void async_stop_callback_(async_handle *handle) { async_loop_stop((async_loop *)handle->data); }

async_status async_loop_run_until_done(async_loop *loop, async_future *future)
{
    async_handle stop;
    bool alive;
    async_status status;
    if (async_loop_enter_(loop) == NULL)
        return ASYNC_MISUSE;
    ASYNC_MEMSET_(&stop, 0, sizeof stop);
    async_retain_future_(future);
    async_future_on_done_(future, &stop, async_stop_callback_, loop);
    alive = async_loop_run_(loop, true, true);
    async_future_unlink_(loop, future, &stop);
    async_loop_leave_(loop);
    status = async_future_exception(future);
    if (status == ASYNC_INVALID_STATE && !async_future_done(future)) {
        status = alive ? ASYNC_STOPPED : ASYNC_DEADLOCK;
        if (!alive)
            async_report_deadlock_(loop);
    }
    async_release_future_(future);
    return status;
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
    async_loop_run_(loop, false, false);
    async_loop_leave_(loop);
    idle = async_loop_idle_(loop);
    return idle;
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
