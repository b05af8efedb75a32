/* put() on an unbounded queue never suspends: the producer puts everything before the consumer gets its
 * first item. */
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

struct top { async_frame frame; async_queue queue; async_task_group group; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    async_task_group_enter(&self->group); /* so that nobody uses the queue when it is freed */
    async_task_group_create_task(&self->group, consumer, .queue = &self->queue);
    async_task_group_create_task(&self->group, producer, .queue = &self->queue);
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
