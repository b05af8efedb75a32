/* An error raised by the body on the way out is not replaced. */
#include "trace.h"

struct block { async_frame frame; async_timeout *timeout; async_event never; async_status status; };

async(block)
{
    async_begin;
    async_timeout_enter(self->timeout, TICK);
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_timeout timeout; async_status status; };

async(top)
{
    async_begin;
    await_catch(self->status, block, .timeout = &self->timeout);
    if (self->status == BOOM)
        printf("Boom, expired %s\n", truth(async_timeout_expired(&self->timeout)));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
