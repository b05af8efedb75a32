/* A pool of three workers on one queue: join, cancel, collect. */
#include "trace.h"

enum { ITEMS = 5, WORKERS = 3 };

struct output { int items[ITEMS]; size_t count; };

struct worker { async_frame frame; async_queue *queue; struct output *output; int n, i; };

async(worker)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = self->queue, .item = &self->n);
        for (self->i = 0; self->i < self->n; self->i++)
            await(async_sleep);
        self->output->items[self->output->count++] = self->n;
        async_queue_task_done(self->queue);
    }
    async_end;
}

struct top {
    async_frame frame;
    async_queue queue;
    struct output output;
    async_task_group group;
    async_task *workers[WORKERS];
    async_status statuses[WORKERS];
};

async(top)
{
    static const int sizes[ITEMS] = {9, 1, 2, 1, 3};
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    for (int i = 0; i < ITEMS; i++)
        async_queue_put_nowait(&self->queue, &sizes[i]);
    async_task_group_enter(&self->group); /* so that nobody uses the queue when it is freed */
    for (int i = 0; i < WORKERS; i++)
        self->workers[i] = async_retain(async_task_group_create_task(&self->group, worker,
            .queue = &self->queue, .output = &self->output));
    await(async_queue_join, .queue = &self->queue);
    print_ints(self->output.items, self->output.count);
    puts("");
    for (int i = 0; i < WORKERS; i++)
        async_cancel(self->workers[i]);
    await(async_gather, .tasks = self->workers, .count = WORKERS, .return_exceptions = true,
        .statuses = self->statuses);
    {
        const char *names[WORKERS];
        for (int i = 0; i < WORKERS; i++)
            names[i] = error_name(self->statuses[i]);
        print_strings(names, WORKERS);
        puts("");
    }
    async_finally;
    release_all(self->workers, WORKERS);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
