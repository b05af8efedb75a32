/* A block that ends in time is not touched. */
#include "trace.h"

struct top { async_frame frame; async_timeout timeout; };

async(top)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_seconds(10));
    await(async_sleep);
    puts("body ends");
    if (async_timeout_exit(&self->timeout, ASYNC_OK) == ASYNC_OK)
        printf("expired %s\n", truth(async_timeout_expired(&self->timeout)));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
