/* join() of a queue that never had an item does not suspend. */
#include "trace.h"

struct other { async_frame frame; };

async(other)
{
    async_begin;
    puts("other");
    async_end;
}

struct top { async_frame frame; async_task *other; async_queue queue; };

async(top)
{
    async_begin;
    self->other = async_create_task(other);
    async_queue_init(&self->queue, sizeof(int), 0);
    await(async_queue_join, .queue = &self->queue);
    puts("joined");
    await(async_join, .task = self->other);
    async_finally;
    async_release(self->other);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
