/* The same without delays: an unbounded put never yields.
 *
 * An await suspends only when there is something to wait for. A put into a queue without a bound never has to
 * wait, so the producer finishes before the consumer gets its first turn. With a bound of 1 they take turns. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct producer {
    async_frame frame;
    async_queue *queue;
    int i;
};

async(producer)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        printf("put %d\n", self->i);
        await(async_queue_put, .queue = self->queue, .item = &self->i);
    }
    puts("the producer ends");
    async_end;
}

struct consumer {
    async_frame frame;
    async_queue *queue;
    int i, item;
};

async(consumer)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        printf("    got %d\n", self->item);
    }
    puts("    the consumer ends");
    async_end;
}

struct top {
    async_frame frame;
    size_t bound;
    async_queue queue;
    async_task_group group;
};

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), self->bound);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, producer, .queue = &self->queue);
    async_task_group_create_task(&self->group, consumer, .queue = &self->queue);
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void)
{
    puts("-- without a bound");
    if (async_run(top) < 0)
        return 1;
    puts("-- with a bound of 1");
    return async_run(top, .bound = 1) < 0;
}
