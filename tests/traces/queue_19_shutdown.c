/* shutdown(): no more puts; what is inside can still be got. */
#include "trace.h"

struct top { async_frame frame; async_queue queue; int i, item; async_status status; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    for (int item = 1; item <= 2; item++)
        async_queue_put_nowait(&self->queue, &item);
    async_queue_shutdown(&self->queue, false);
    self->item = 3;
    await_catch(self->status, async_queue_put, .queue = &self->queue, .item = &self->item);
    if (self->status == ASYNC_QUEUE_SHUT_DOWN)
        puts("put: QueueShutDown");
    for (self->i = 0; self->i < 2; self->i++) {
        await(async_queue_get, .queue = &self->queue, .item = &self->item);
        printf("got %d\n", self->item);
    }
    await_catch(self->status, async_queue_get, .queue = &self->queue, .item = &self->item);
    if (self->status == ASYNC_QUEUE_SHUT_DOWN)
        puts("get: QueueShutDown");
    if (async_queue_get_nowait(&self->queue, &self->item) == ASYNC_QUEUE_SHUT_DOWN)
        puts("get_nowait: QueueShutDown");
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
