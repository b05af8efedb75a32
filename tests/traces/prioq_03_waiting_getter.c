/* A waiting getter wakes with the best item that is there when it runs. */
#include "trace.h"

struct getter { async_frame frame; async_queue *queue; int item; };

async(getter)
{
    async_begin;
    await(async_queue_get, .queue = self->queue, .item = &self->item);
    printf("got %d\n", self->item);
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task_group group; async_task *getter; };

async(top)
{
    static const int items[] = {9, 4, 7};
    async_begin;
    async_priority_queue_init(&self->queue, sizeof(int), 0, compare_ints);
    async_task_group_enter(&self->group); /* so that nobody uses the queue when it is freed */
    self->getter = async_task_group_create_task(&self->group, getter, .queue = &self->queue);
    await(async_sleep);
    for (int i = 0; i < 3; i++)
        if (async_queue_put_nowait(&self->queue, &items[i]) < 0)
            async_raise(ASYNC_NO_MEMORY);
    await(async_join, .task = self->getter);
    {
        int a = 0, b = 0;
        async_queue_get_nowait(&self->queue, &a);
        async_queue_get_nowait(&self->queue, &b);
        printf("then %d %d\n", a, b);
    }
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
