/* LIFO queue: the last comes first. */
#include "trace.h"

struct top { async_frame frame; async_queue queue; int i; const char *item; };

async(top)
{
    static const char *const numbers[] = {"0", "1", "2", "3"};
    async_begin;
    async_lifo_queue_init(&self->queue, sizeof(const char *), 0);
    for (self->i = 0; self->i < 4; self->i++)
        await(async_queue_put, .queue = &self->queue, .item = &numbers[self->i]);
    await(async_queue_get, .queue = &self->queue, .item = &self->item);
    puts(self->item);
    self->item = "x";
    await(async_queue_put, .queue = &self->queue, .item = &self->item);
    while (!async_queue_empty(&self->queue)) {
        await(async_queue_get, .queue = &self->queue, .item = &self->item);
        puts(self->item);
    }
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
