/* Nested: the outer expires; the inner block lets Cancelled through. */
#include "trace.h"

struct block { async_frame frame; async_timeout *inner; async_event never; };

async(block)
{
    async_begin;
    async_timeout_enter(self->inner, 500 * TICK);
    await(async_event_wait, .event = &self->never);
    async_end;
}

struct top { async_frame frame; async_timeout outer, inner; async_status status; };

async(top)
{
    async_begin;
    async_timeout_enter(&self->outer, TICK);
    await_catch(self->status, block, .inner = &self->inner);
    if (self->status == ASYNC_CANCELLED)
        printf("between: Cancelled %s %s\n", truth(async_timeout_expired(&self->inner)),
            truth(async_timeout_expired(&self->outer)));
    self->status = async_timeout_exit(&self->outer, self->status);
    if (self->status == ASYNC_TIMED_OUT)
        printf("Timeout %s %s\n", truth(async_timeout_expired(&self->inner)),
            truth(async_timeout_expired(&self->outer)));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
