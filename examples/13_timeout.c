/* Deadlines: for one call, for the rest of a function, and for a task that runs already.
 *
 * When the time is over the callee is cancelled, cleans up in its finally part, which may wait, and then the caller
 * hears of it: the await fails with ASYNC_TIMED_OUT. Like every failure it leaves the function, unless the await
 * is one that catches. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct download {
    async_frame frame;
    async_time takes;
    int result;
};

async(download)
{
    async_begin;
    await(async_sleep, .delay = self->takes);
    async_return(42);
    async_finally;
    if (async_error < 0) {
        await(async_sleep, .delay = async_ms(10));
        puts("  (removed the half of the file)");
    }
    async_end;
}

struct whole {
    async_frame frame;
    async_timeout timeout;
    int i;
};

async(whole)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(500));
    for (self->i = 1;; self->i++) {
        await(download, .takes = async_ms(200));
        printf("part %d\n", self->i);
    }
    async_end;
}

struct top {
    async_frame frame;
    int bytes;
    async_status status;
    async_task *task;
};

async(top)
{
    async_begin;
    await_for_into(async_ms(200), self->bytes, download, .takes = async_ms(50));
    printf("one call, in time: %d\n", self->bytes);
    await_for_catch(async_ms(50), self->status, download, .takes = async_seconds(3600));
    printf("one call, too late: %s\n", async_strerror(self->status));

    await_catch(self->status, whole);
    printf("a whole function: %s\n", async_strerror(self->status));

    self->task = async_create_task(download, .takes = async_seconds(3600));
    await_catch(self->status, async_wait_for, .task = self->task, .timeout = async_ms(50));
    printf("a task: %s\n", async_strerror(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void)
{
    return async_run(top) < 0;
}
