/* close.h: the end of a loop: the tasks that are left are cancelled and run to their end, or dropped. Hosts only. */
#ifndef ASYNCIO_CLOSE_H
#define ASYNCIO_CLOSE_H

#include "run.h"
#include "threadsafe.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* async_loop_cancel_all_tasks: cancels the tasks of a loop that is not running and runs it until they are done; those
 * that fail go to the exception handler. What asyncio.run() does before it closes the loop. */
async_status async_loop_cancel_all_tasks(async_loop *loop);

ASYNC_EXTERN_C_END_

#endif

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_CLOSE_IMPLEMENTATION_
#define ASYNCIO_CLOSE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_DEBUG
static void async_report_unreleased_(async_loop *loop)
{
    async_node_ *node;
    while ((node = loop->alive.first) != NULL) {
        async_task *task = ASYNC_CONTAINER_(node, async_task, node);
        async_exception e = async_exception_(
            "a task handle was not released before its loop was closed; it was created here", 0);
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
            async_handle_unbind_(handle);
            if (handle->callback == loop->child_ended)
                loop->child_drop(handle);
        }
    }
    async_fifo_clear_(&loop->ready);
    while (loop->timers.count > 0) {
        entry = loop->timers.heap[--loop->timers.count].entry;
        if (async_entry_kind_(entry) == ASYNC_KIND_HANDLE_) {
            ((async_timer_handle *)(void *)async_entry_link_(entry))->loop = NULL;
            async_handle_unbind_(async_link_handle_(async_entry_link_(entry)));
        } else
            async_link_sleep_(async_entry_link_(entry))->leaf.frame.flags |= ASYNC_SLEEP_FIRED_;
    }
}

/* A task that will never be resumed: its leaf lets go of what it stands in, its chunks are freed. */
static void async_task_drop_(async_loop *loop, async_task *task)
{
    async_frame *frame = (async_frame *)task->future.value;
#if ASYNCIO_DEBUG
    async_report_failure_(loop, "a task was destroyed, though it was pending", task);
#endif
#if ASYNCIO_HIGH_WATER
    loop->stack.mark = task->mark;
#endif
    if (task->future.flags & ASYNC_WAITS_ && !(frame->flags & ASYNC_INNERMOST_)) {
        loop->stack.task = task;
        loop->stack.end = task->end;
        loop->stack.sp = (unsigned char *)frame + frame->type->size;
        loop->stack.top = NULL;
        frame->status = ASYNC_CANCELLED;
        ASYNC_POISON_(loop->stack.sp, (size_t)(loop->stack.end - loop->stack.sp));
        (void)frame->type->resume(&loop->stack, frame);
        loop->stack.task = NULL;
        async_loop_drop_ready_(loop); /* it may be in there itself, by now */
    }
    for (;;) {
        struct async_shielded_ *shield = async_shield_of_(task, NULL);
        if (shield == NULL)
            break;
        async_line_remove_(&loop->shields, &shield->node);
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

static void async_loop_close_each_(async_loop *loop, async_line_ *closers)
{
    while (closers->first != NULL) {
        async_closer_ *closer = ASYNC_CONTAINER_(closers->first, async_closer_, node);
        async_line_remove_(closers, &closer->node);
        closer->close(loop, closer);
    }
}

async_status async_loop_close(async_loop *loop)
{
    async_loop **at, *running = async_running_;
    uint32_t i;
    if (loop == NULL)
        return ASYNC_OK;
    if (loop->stack.running)
        return ASYNC_MISUSE;
    async_running_ = loop; /* what the leaves do goes to this loop */
    async_loop_drop_ready_(loop);
    pthread_mutex_lock(&loop->lock); /* what threads still send must not meet what is gone */
    loop->first_remote = loop->last_remote = NULL;
    loop->closing = true;
    pthread_mutex_unlock(&loop->lock);
    async_loop_close_each_(loop, &loop->closers);
    for (i = loop->task_count; i-- > 0;)
        if (i < loop->task_count && loop->tasks[i] != NULL) { /* newest first: a group's children before their parent */
            async_task_drop_(loop, loop->tasks[i]);
            async_loop_drop_ready_(loop);
        }
    async_loop_close_each_(loop, &loop->last_closers);
    async_loop_drop_ready_(loop);
#if ASYNCIO_THREADS
    async_concurrent_close_(loop);
    (void)async_loop_shutdown_default_executor(loop);
#endif
#if ASYNCIO_DEBUG
    async_report_unreleased_(loop);
#endif
    if (async_context_hooks_ != NULL)
        async_context_hooks_->close(loop);
    async_running_ = running;
    async_poller_close_(loop);
    pthread_mutex_destroy(&loop->lock);
    if (loop->timers.heap != NULL)
        ASYNCIO_FREE(loop->timers.heap);
    if (loop->tasks != NULL)
        ASYNCIO_FREE(loop->tasks);
#if ASYNCIO_NET
    while (loop->blocks != NULL) {
        void *next = *(void **)loop->blocks;
        ASYNCIO_FREE(loop->blocks);
        loop->blocks = next;
    }
#endif
    if (loop->stack.spare != NULL)
        ASYNCIO_FREE(loop->stack.spare);
    if (loop->stack.older_spare != NULL)
        ASYNCIO_FREE(loop->stack.older_spare);
    async_extra_close_(loop);
    for (at = &async_loops_; *at != NULL; at = &(*at)->next_loop)
        if (*at == loop) {
            *at = loop->next_loop;
            break;
        }
    async_pool_close_(loop->pool);
    ASYNCIO_FREE(loop);
    return ASYNC_OK;
}

static void async_leftovers_ended_(async_handle *handle)
{
    async_future_set_result((async_future *)handle->data, NULL);
}

/* Those that are left stay among the loop's tasks until all of them are done: so this needs no memory of its own. */
async_status async_loop_cancel_all_tasks(async_loop *loop)
{
    async_future all;
    async_status status;
    uint32_t i;
    if (loop == NULL || async_running_ != NULL)
        return ASYNC_MISUSE;
    async_future_init(&all);
    for (i = 0; i < loop->task_count; i++)
        if (loop->tasks[i] != NULL) {
            async_retain(loop->tasks[i])->future.flags |= ASYNC_LEFT_;
            loop->left++;
        }
    if (loop->left == 0)
        return ASYNC_OK;
    loop->left_ended.callback = async_leftovers_ended_;
    loop->left_ended.data = &all;
    async_running_ = loop;
    for (i = 0; i < loop->task_count; i++)
        if (loop->tasks[i] != NULL)
            async_cancel(loop->tasks[i]);
    async_running_ = NULL;
    status = async_loop_run_until_done(loop, &all);
    async_handle_cancel(&loop->left_ended);
    loop->left = 0;
    for (i = 0; i < loop->task_count; i++) {
        async_task *task = loop->tasks[i];
        if (task == NULL || !(task->future.flags & ASYNC_LEFT_))
            continue;
        task->future.flags &= (uint8_t)~ASYNC_LEFT_;
        if (async_task_done(task)) {
            async_tasks_remove_(loop, task);
            if (!async_task_cancelled(task) && async_task_exception(task) < 0)
                async_report_failure_(loop, "a task failed while it was being cancelled", task);
        }
        async_release(task);
    }
    return status;
}

ASYNC_EXTERN_C_END_

#endif
#endif
