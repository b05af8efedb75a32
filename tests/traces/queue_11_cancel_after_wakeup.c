/* A getter woken by put() but cancelled before it ran hands the wake-up on. */
#include "trace.h"

struct getter { async_frame frame; const char *name; async_queue *queue; const char *item; };

async(getter)
{
    async_begin;
    await(async_queue_get, .queue = self->queue, .item = &self->item);
    printf("%s got %s\n", self->name, self->item);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        printf("%s Cancelled\n", self->name);
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task *tasks[2]; const char *item; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(const char *), 0);
    self->tasks[0] = async_create_task(getter, .name = "a", .queue = &self->queue);
    self->tasks[1] = async_create_task(getter, .name = "b", .queue = &self->queue);
    await(async_sleep);
    self->item = "item";
    async_queue_put_nowait(&self->queue, &self->item); /* wakes a */
    async_cancel(self->tasks[0]);                      /* before a runs */
    await(async_gather, .tasks = self->tasks, .count = 2, .return_exceptions = true);
    printf("size %d\n", (int)async_queue_qsize(&self->queue));
    async_finally;
    release_all(self->tasks, 2);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
