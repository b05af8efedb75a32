/* A body that never suspends is not interrupted, however late it is. On the real clock: the deadline has to
 * pass * while the thread is blocked. */
#include "trace.h"

struct top { async_frame frame; async_timeout timeout; };

async(top)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(1));
    block_thread(3);
    puts("body ends");
    if (async_timeout_exit(&self->timeout, ASYNC_OK) == ASYNC_OK)
        printf("expired %s\n", truth(async_timeout_expired(&self->timeout)));
    await(async_sleep);
    puts("end");
    async_end;
}

int main(void) { return async_run(top) < 0; }
