/* If the body swallows the cancel, no Timeout is raised, but it did expire. */
#include "trace.h"

struct top { async_frame frame; async_timeout timeout; async_event never; async_status status; };

async(top)
{
    async_begin;
    async_timeout_enter(&self->timeout, TICK);
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        puts("swallowed");
    if (async_timeout_exit(&self->timeout, ASYNC_OK) == ASYNC_OK)
        printf("after, expired %s\n", truth(async_timeout_expired(&self->timeout)));
    printf("requests %d\n", async_task_cancelling(async_current_task()));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
