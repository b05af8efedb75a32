/* Priority queue: the lowest comes first. */
#include "trace.h"

struct item { int priority; const char *name; };

static int compare(const void *a, const void *b)
{
    return compare_ints(&((const struct item *)a)->priority, &((const struct item *)b)->priority);
}

struct top { async_frame frame; async_queue queue; int i; struct item item; };

async(top)
{
    static const struct item items[] = { {5, "five"}, {1, "one"}, {3, "three"}, {2, "two"}, {4, "four"} };
    async_begin;
    async_priority_queue_init(&self->queue, sizeof(struct item), 0, compare);
    for (self->i = 0; self->i < 5; self->i++)
        await(async_queue_put, .queue = &self->queue, .item = &items[self->i]);
    while (!async_queue_empty(&self->queue)) {
        await(async_queue_get, .queue = &self->queue, .item = &self->item);
        printf("%d %s\n", self->item.priority, self->item.name);
    }
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
