/* panic 1: async_yield in a function that no async_for drives
 * panic 2: async_yield inside an open scope
 * panic 3: async_yield in the finally part
 */
#include "asyncio.h"

struct items {
    async_frame frame;
    async_lock lock;
    int result;
};

async(items)
{
    async_begin;
    async_lock_init(&self->lock);
    await_enter(&self->lock);
#if TRAP != 2
    (void)async_exit(&self->lock);
#endif
    async_yield(1);
    async_finally;
#if TRAP == 3
    async_yield(2);
#endif
    async_end;
}

struct top {
    async_frame frame;
    struct items items;
    int count;
};

async(top)
{
    async_begin;
#if TRAP == 1
    await(items);
#else
    async_generator_open(&self->items, items);
    async_for (&self->items)
        self->count++;
#endif
    if (self->count != 1)
        async_raise(ASYNC_MISUSE);
    async_finally;
    await_close(&self->items);
    async_end;
}

int main(void) { return async_run(top) < 0; }
