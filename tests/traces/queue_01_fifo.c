/* Items come out in the order they went in. */
#include "trace.h"

struct top { async_frame frame; async_queue queue; int item; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    for (int i = 0; i < 4; i++)
        async_queue_put_nowait(&self->queue, &i);
    printf("size %d empty %s full %s\n", (int)async_queue_qsize(&self->queue),
        truth(async_queue_empty(&self->queue)), truth(async_queue_full(&self->queue)));
    while (!async_queue_empty(&self->queue)) {
        await(async_queue_get, .queue = &self->queue, .item = &self->item);
        printf("%d\n", self->item);
    }
    printf("size %d empty %s\n", (int)async_queue_qsize(&self->queue),
        truth(async_queue_empty(&self->queue)));
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
