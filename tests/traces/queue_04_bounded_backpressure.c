/* A queue of two: put() suspends when it is full. */
#include "trace.h"

struct producer { async_frame frame; async_queue *queue; int i; };

async(producer)
{
    async_begin;
    for (self->i = 0; self->i < 6; self->i++) {
        await(async_queue_put, .queue = self->queue, .item = &self->i);
        printf("put %d size %d\n", self->i, (int)async_queue_qsize(self->queue));
    }
    async_end;
}

struct consumer { async_frame frame; async_queue *queue; int i, item; };

async(consumer)
{
    async_begin;
    for (self->i = 0; self->i < 6; self->i++) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        printf("got %d size %d\n", self->item, (int)async_queue_qsize(self->queue));
    }
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task_group group; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 2);
    async_task_group_enter(&self->group); /* so that nobody uses the queue when it is freed */
    async_task_group_create_task(&self->group, producer, .queue = &self->queue);
    async_task_group_create_task(&self->group, consumer, .queue = &self->queue);
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
