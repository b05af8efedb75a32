/* On timeout what is awaited is cancelled, and wait_for waits for that. */
#include "trace.h"

struct job { async_frame frame; async_event never; };

async(job)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("job: Cancelled");
    await(async_sleep, .delay = TICK);
    puts("job: cleaned up");
    async_end;
}

struct top { async_frame frame; async_status status; };

async(top)
{
    async_begin;
    await_for_catch(TICK, self->status, job);
    if (self->status == ASYNC_TIMED_OUT)
        puts("main: Timeout");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
