/* shutdown(immediate): the queue is emptied and join() is released. */
#include "trace.h"

struct joiner { async_frame frame; async_queue *queue; };

async(joiner)
{
    async_begin;
    await(async_queue_join, .queue = self->queue);
    puts("joined");
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task *joiner; int item; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    for (int i = 0; i < 3; i++)
        async_queue_put_nowait(&self->queue, &i);
    self->joiner = async_create_task(joiner, .queue = &self->queue);
    await(async_sleep);
    async_queue_shutdown(&self->queue, true);
    printf("size %d\n", (int)async_queue_qsize(&self->queue));
    await(async_join, .task = self->joiner);
    if (async_queue_get_nowait(&self->queue, &self->item) == ASYNC_QUEUE_SHUT_DOWN)
        puts("QueueShutDown");
    async_finally;
    async_release(self->joiner);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
