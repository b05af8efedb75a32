/* Producer and consumer with random delays: neither waits for the other longer than it must.
 *
 * The queue holds two items at most. A producer that is ahead waits in put, a consumer that is ahead in get. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 10 };

static async_time random_delay(void)
{
    return async_ms(rand() % 150);
}

struct producer {
    async_frame frame;
    async_queue *queue;
    int i;
};

async(producer)
{
    async_begin;
    for (self->i = 0; self->i < COUNT; self->i++) {
        await(async_sleep, .delay = random_delay());
        await(async_queue_put, .queue = self->queue, .item = &self->i);
        printf("put %d\n", self->i);
    }
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
    for (self->i = 0; self->i < COUNT; self->i++) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        printf("    got %d, %d more are waiting\n", self->item, (int)async_queue_qsize(self->queue));
        await(async_sleep, .delay = random_delay());
    }
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
    async_queue_init(&self->queue, sizeof(int), 2);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, producer, .queue = &self->queue);
    async_task_group_create_task(&self->group, consumer, .queue = &self->queue);
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void)
{
    srand((unsigned)time(NULL));
    return async_run(top) < 0;
}
