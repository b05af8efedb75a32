/* put() on an unbounded queue never suspends: the producer puts everything before the consumer gets its first item. */
#include "trace.h"

enum { END = -1 };

struct producer { async_frame frame; async_queue *queue; int i; };

async(producer)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++) {
        printf("produce %d\n", self->i);
        await(async_queue_put, .queue = self->queue, .item = &self->i);
    }
    self->i = END;
    await(async_queue_put, .queue = self->queue, .item = &self->i);
    puts("producer ends");
    async_end;
}

struct consumer { async_frame frame; async_queue *queue; int item; };

async(consumer)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        if (self->item == END)
            break;
        printf("consume %d\n", self->item);
    }
    puts("consumer ends");
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task *tasks[2]; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    self->tasks[0] = async_create_task(consumer, .queue = &self->queue);
    self->tasks[1] = async_create_task(producer, .queue = &self->queue);
    await(async_gather, .tasks = self->tasks, .count = 2);
    async_finally;
    release_all(self->tasks, 2);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
