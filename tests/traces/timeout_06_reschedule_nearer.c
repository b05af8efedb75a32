/* A deadline moved nearer fires. */
#include "trace.h"

struct top { async_frame frame; async_timeout timeout; async_event never; async_status status; };

async(top)
{
    async_begin;
    async_timeout_enter(&self->timeout, ASYNC_FOREVER);
    printf("no deadline %s\n", truth(async_timeout_when(&self->timeout) == ASYNC_FOREVER));
    async_timeout_reschedule(&self->timeout, async_loop_time(async_get_running_loop()) + TICK);
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (async_timeout_exit(&self->timeout, self->status) == ASYNC_TIMED_OUT)
        printf("Timeout %s\n", truth(async_timeout_expired(&self->timeout)));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
