/* panic 1: async_for over a generator that was not opened
 * panic 2: a generator is driven by two at once
 */
#include "asyncio.h"

struct items {
    async_frame frame;
    int result;
};

async(items)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    async_yield(1);
    async_end;
}

struct takes {
    async_frame frame;
    struct items *items;
    int count;
};

async(takes)
{
    async_begin;
    async_for (self->items)
        self->count++;
    async_end;
}

struct top {
    async_frame frame;
    struct items first, second;
    async_task *a, *b;
};

async(top)
{
    async_begin;
#if TRAP != 1
    async_generator_open(&self->first, items);
    async_generator_open(&self->second, items);
#endif
    self->a = async_create_task(takes, .items = &self->first);
#if TRAP == 2
    self->b = async_create_task(takes, .items = &self->first);
#else
    self->b = async_create_task(takes, .items = &self->second);
#endif
    await(async_join, .task = self->a);
    await(async_join, .task = self->b);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

int main(void) { return async_run(top) < 0; }
