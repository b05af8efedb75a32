/* One task_done() too many is a ValueError: MISUSE here. */
#include "trace.h"

struct top { async_frame frame; async_queue queue; int item; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    self->item = 1;
    async_queue_put_nowait(&self->queue, &self->item);
    await(async_queue_get, .queue = &self->queue, .item = &self->item);
    async_queue_task_done(&self->queue);
    if (async_queue_task_done(&self->queue) == ASYNC_MISUSE)
        puts("ValueError");
    await(async_queue_join, .queue = &self->queue);
    puts("joined");
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
