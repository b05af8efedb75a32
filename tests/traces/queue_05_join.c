/* join() waits until task_done() was called for every item. */
#include "trace.h"

struct worker { async_frame frame; async_queue *queue; int item; };

async(worker)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        printf("working %d\n", self->item);
        await(async_sleep);
        async_queue_task_done(self->queue);
        printf("done %d\n", self->item);
    }
    async_end;
}

struct top { async_frame frame; async_queue queue; async_task *worker; async_status status; };

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    for (int i = 0; i < 3; i++)
        async_queue_put_nowait(&self->queue, &i);
    self->worker = async_create_task(worker, .queue = &self->queue);
    await(async_queue_join, .queue = &self->queue);
    puts("joined");
    async_cancel(self->worker);
    await_catch(self->status, async_join, .task = self->worker);
    printf("worker cancelled %s\n", truth(async_task_cancelled(self->worker)));
    async_finally;
    async_release(self->worker);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
