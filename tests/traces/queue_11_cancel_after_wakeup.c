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

struct top { async_frame frame; async_queue queue; async_task_group group; async_task *a; const char *item; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(const char *), 0);
    async_task_group_enter(&self->group); /* so that nobody uses the queue when it is freed */
    self->a = async_task_group_create_task(&self->group, getter, .name = "a", .queue = &self->queue);
    async_task_group_create_task(&self->group, getter, .name = "b", .queue = &self->queue);
    await(async_sleep);
    self->item = "item";
    async_queue_put_nowait(&self->queue, &self->item); /* wakes a */
    async_cancel(self->a);                             /* before a runs */
    await(async_task_group_join, .group = &self->group);
    printf("size %d\n", (int)async_queue_qsize(&self->queue));
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
