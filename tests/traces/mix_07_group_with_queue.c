/* A group with producer, consumers and sentinels. */
#include "trace.h"

enum { END = -1 };

struct producer { async_frame frame; async_queue *queue; int n, i, end; };

async(producer)
{
    async_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        await(async_queue_put, .queue = self->queue, .item = &self->i);
    self->end = END;
    await(async_queue_put, .queue = self->queue, .item = &self->end);
    await(async_queue_put, .queue = self->queue, .item = &self->end);
    async_end;
}

struct consumer { async_frame frame; async_queue *queue; int item, total, result; };

async(consumer)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        if (self->item == END)
            break;
        self->total += self->item;
        await(async_sleep);
    }
    async_return(self->total);
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task_group group; async_task *consumers[2]; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 3);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, producer, .queue = &self->queue, .n = 10);
    for (int i = 0; i < 2; i++)
        self->consumers[i] =
            async_retain(async_task_group_create_task(&self->group, consumer, .queue = &self->queue));
    await(async_task_group_join, .group = &self->group);
    printf("total %d\n",
        async_result(self->consumers[0], consumer) + async_result(self->consumers[1], consumer));
    async_finally;
    release_all(self->consumers, 2);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
