/* Cancelling a task: a request that it hears of at its await, that runs its finally parts, and that it may refuse.
 *
 * ASYNC_CANCELLED travels like any other failure: whoever catches all failures catches it too, and should pass it
 * on. A lock entered with await_enter() is given back however the function ends. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct writer {
    async_frame frame;
    async_lock *lock;
    const char *name;
    async_status status;
};

async(writer)
{
    async_begin;
    await_enter(self->lock);
    printf("%s has the lock\n", self->name);
    await_catch(self->status, async_sleep, .delay = async_ms(100));
    printf("%s slept: %s\n", self->name, async_strerror(self->status));
    if (self->status < 0)
        async_raise(self->status);
    async_finally; /* the lock is free again */
    printf("%s leaves: %s\n", self->name, async_strerror(async_error));
    async_end;
}

struct stubborn {
    async_frame frame;
    async_status status;
};

async(stubborn)
{
    async_begin;
    await_catch(self->status, async_sleep, .delay = async_seconds(3600));
    printf("stubborn was asked to end (%s), and goes on\n", async_strerror(self->status));
    async_task_uncancel(async_current_task());
    await(async_sleep, .delay = async_ms(10));
    async_end;
}

struct top {
    async_frame frame;
    async_lock lock;
    async_task *first, *second, *stubborn;
    async_status status;
};

async(top)
{
    async_begin;
    async_lock_init(&self->lock);
    self->first = async_create_task(writer, .lock = &self->lock, .name = "first");
    self->second = async_create_task(writer, .lock = &self->lock, .name = "second");
    self->stubborn = async_create_task(stubborn);
    await(async_sleep, .delay = async_ms(20));
    async_cancel(self->first);
    async_cancel(self->stubborn);
    await_catch(self->status, async_join, .task = self->first);
    printf("first ended: %s\n", async_strerror(self->status));
    await(async_join, .task = self->second);
    await(async_join, .task = self->stubborn);
    async_finally;
    async_release(self->first);
    async_release(self->second);
    async_release(self->stubborn);
    async_end;
}

int main(void)
{
    return async_run(top) < 0;
}
