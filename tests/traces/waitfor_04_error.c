/* An error of the inner coroutine passes through. */
#include "trace.h"

struct job { async_frame frame; };

async(job)
{
    async_begin;
    await(async_sleep);
    async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_status status; };

async(top)
{
    async_begin;
    await_for_catch(async_seconds(10), self->status, job);
    if (self->status == BOOM)
        puts("main: Boom");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
