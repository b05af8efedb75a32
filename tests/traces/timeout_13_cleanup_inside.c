/* Cleanup inside the body runs to the end before Timeout appears outside. */
#include "trace.h"

struct body { async_frame frame; async_event never; };

async(body)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    puts("cleanup begins");
    await(async_sleep, .delay = 2 * TICK);
    puts("cleanup ends");
    async_end;
}

struct top { async_frame frame; async_timeout timeout; async_status status; };

async(top)
{
    async_begin;
    async_timeout_enter(&self->timeout, TICK);
    await_catch(self->status, body);
    if (async_timeout_exit(&self->timeout, self->status) == ASYNC_TIMED_OUT)
        puts("Timeout");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
