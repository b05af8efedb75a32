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

struct top { async_frame frame; async_queue queue; async_task *tasks[2]; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 2);
    self->tasks[0] = async_create_task(producer, .queue = &self->queue);
    self->tasks[1] = async_create_task(consumer, .queue = &self->queue);
    await(async_gather, .tasks = self->tasks, .count = 2);
    async_finally;
    release_all(self->tasks, 2);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
