/* The deadline passes and the task is cancelled from outside in the same pass: it stays cancelled, no
 * Timeout. On the * real clock: the deadline has to pass while the thread is blocked. */
#include "trace.h"

enum { DEADLINE = 20 }; /* milliseconds */

struct job { async_frame frame; async_timeout timeout; async_event never; };

async(job)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(DEADLINE));
    await(async_event_wait, .event = &self->never);
    async_finally;
    if (async_error == ASYNC_TIMED_OUT)
        puts("Timeout");
    if (async_error == ASYNC_CANCELLED)
        printf("Cancelled, requests %d\n", async_task_cancelling(async_current_task()));
    async_end;
}

struct top { async_frame frame; async_task *task; async_status status; };

async(top)
{
    async_begin;
    self->task = async_create_task(job);
    await(async_sleep);
    async_cancel(self->task);
    block_thread(DEADLINE + 5); /* the deadline passes before the task runs again */
    await_catch(self->status, async_join, .task = self->task);
    printf("cancelled %s\n", truth(async_task_cancelled(self->task)));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run(top) < 0; }
