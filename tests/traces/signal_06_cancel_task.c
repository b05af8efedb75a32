/* A signal cancels a task that cleans up. */
#include "trace.h"
#include <signal.h>
#include <unistd.h>

struct service {
    async_frame frame;
    async_event never;
};

async(service)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    puts("service cleans up");
    async_end;
}

static void cancel(async_handle *handle) { async_cancel((async_task *)handle->data); }

static void send_term(async_handle *handle)
{
    (void)handle;
    kill(getpid(), SIGTERM);
}

struct top {
    async_frame frame;
    async_task *task;
    async_handle handle;
    async_timer_handle timer;
};

async(top)
{
    async_begin;
    self->task = async_create_task(service);
    if (self->task == NULL ||
        async_loop_add_signal_handler(async_get_running_loop(), SIGTERM, &self->handle, cancel, self->task) < 0 ||
        async_call_later(TICK, &self->timer, send_term, NULL) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await(async_wait, .tasks = &self->task, .count = 1);
    printf("service cancelled %s\n", truth(async_task_cancelled(self->task)));
    async_finally;
    async_timer_handle_cancel(&self->timer);
    async_loop_remove_signal_handler(async_get_running_loop(), SIGTERM);
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
