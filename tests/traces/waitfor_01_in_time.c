/* wait_for() hands back the result when it comes in time. */
#include "trace.h"

struct job { async_frame frame; const char *result; };

async(job)
{
    async_begin;
    await(async_sleep);
    async_return("result");
    async_end;
}

struct top { async_frame frame; const char *result; };

async(top)
{
    async_begin;
    await_for_into(async_seconds(10), self->result, job);
    puts(self->result);
    await_for_into(ASYNC_FOREVER, self->result, job);
    puts(self->result);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
