/* One sentinel per consumer ends them all. */
#include "trace.h"

enum { END = -1, ITEMS = 5 };

struct output { int items[ITEMS]; size_t count; };

struct consumer { async_frame frame; const char *name; async_queue *queue; struct output *output; int item; };

async(consumer)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        if (self->item == END)
            break;
        self->output->items[self->output->count++] = self->item;
        await(async_sleep);
    }
    printf("%s ends\n", self->name);
    async_end;
}

struct top {
    async_frame frame;
    async_queue queue;
    struct output output;
    async_task *consumers[2];
    int i, item;
};

async(top)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 0);
    self->consumers[0] = async_create_task(consumer, .name = "c1", .queue = &self->queue,
        .output = &self->output);
    self->consumers[1] = async_create_task(consumer, .name = "c2", .queue = &self->queue,
        .output = &self->output);
    for (self->item = 0; self->item < ITEMS; self->item++)
        await(async_queue_put, .queue = &self->queue, .item = &self->item);
    self->item = END;
    for (self->i = 0; self->i < 2; self->i++)
        await(async_queue_put, .queue = &self->queue, .item = &self->item);
    await(async_gather, .tasks = self->consumers, .count = 2);
    sort_ints(self->output.items, self->output.count);
    print_ints(self->output.items, self->output.count);
    printf(" left %d\n", (int)async_queue_qsize(&self->queue));
    async_finally;
    release_all(self->consumers, 2);
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
