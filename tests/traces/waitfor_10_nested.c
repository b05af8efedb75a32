/* The inner wait_for is shorter: it times out first; the outer is untouched. */
#include "trace.h"

struct inner { async_frame frame; async_event never; async_status status; const char *result; };

async(inner)
{
    async_begin;
    await_for_catch(TICK, self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_TIMED_OUT)
        puts("inner: Timeout");
    async_return("inner result");
    async_end;
}

struct top { async_frame frame; const char *result; };

async(top)
{
    async_begin;
    await_for_into(100 * TICK, self->result, inner);
    puts(self->result);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
