/* Waiting putters get in in the order they began to wait. */
#include "trace.h"

struct putter { async_frame frame; const char *name; async_queue *queue; };

async(putter)
{
    async_begin;
    await(async_queue_put, .queue = self->queue, .item = &self->name);
    printf("put %s\n", self->name);
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task *tasks[3]; const char *item; int i; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(const char *), 1);
    self->item = "x";
    await(async_queue_put, .queue = &self->queue, .item = &self->item);
    self->tasks[0] = async_create_task(putter, .name = "a", .queue = &self->queue);
    self->tasks[1] = async_create_task(putter, .name = "b", .queue = &self->queue);
    self->tasks[2] = async_create_task(putter, .name = "c", .queue = &self->queue);
    await(async_sleep);
    for (self->i = 0; self->i < 4; self->i++) {
        await(async_queue_get, .queue = &self->queue, .item = &self->item);
        printf("got %s\n", self->item);
        await(async_sleep);
    }
    await(async_gather, .tasks = self->tasks, .count = 3);
    async_finally;
    release_all(self->tasks, 3);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
