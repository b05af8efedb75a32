/* A queue with an end mark: the consumer stops when it gets the item that means "nothing more".
 *
 * Items have one size and are copied in and out, so the producer may reuse its variable at once. A task group
 * keeps the function from returning before both tasks have ended; what its finally part frees is no longer used. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

enum { END = -1 };

struct producer {
    async_frame frame;
    async_queue *queue;
    int count, item;
};

async(producer)
{
    async_begin;
    for (self->item = 0; self->item < self->count; self->item++) {
        await(async_sleep, .delay = async_ms(50));
        await(async_queue_put, .queue = self->queue, .item = &self->item);
    }
    self->item = END;
    await(async_queue_put, .queue = self->queue, .item = &self->item);
    async_end;
}

struct consumer {
    async_frame frame;
    async_queue *queue;
    int item;
};

async(consumer)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        if (self->item == END)
            break;
        printf("got %d\n", self->item);
    }
    puts("got the end mark");
    async_end;
}

struct top {
    async_frame frame;
    async_queue queue;
    async_task_group group;
};

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0); /* 0: no bound, as in asyncio */
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, producer, .queue = &self->queue, .count = 5);
    async_task_group_create_task(&self->group, consumer, .queue = &self->queue);
    async_finally; /* here both have ended */
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void)
{
    return async_run(top) < 0;
}
