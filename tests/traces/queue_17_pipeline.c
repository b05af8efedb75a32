/* A pipeline of two stages with bounded queues. */
#include "trace.h"

enum { END = -1 };

struct source { async_frame frame; async_queue *output; int i; };

async(source)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++)
        await(async_queue_put, .queue = self->output, .item = &self->i);
    self->i = END;
    await(async_queue_put, .queue = self->output, .item = &self->i);
    async_end;
}

struct square { async_frame frame; async_queue *input, *output; int x; };

async(square)
{
    async_begin;
    do {
        await(async_queue_get, .queue = self->input, .item = &self->x);
        if (self->x != END)
            self->x *= self->x;
        await(async_queue_put, .queue = self->output, .item = &self->x);
    } while (self->x != END);
    async_end;
}

struct sink { async_frame frame; async_queue *input; int x, total, result; };

async(sink)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = self->input, .item = &self->x);
        if (self->x == END)
            break;
        printf("sink %d\n", self->x);
        self->total += self->x;
    }
    async_return(self->total);
    async_end;
}

struct top { async_frame frame; async_queue a, b; async_task_group group; async_task *sink; };

async(top)
{
    async_begin;
    async_queue_init(&self->a, sizeof(int), 1);
    async_queue_init(&self->b, sizeof(int), 1);
    async_task_group_enter(&self->group); /* so that nobody uses the queues when they are freed */
    async_task_group_create_task(&self->group, source, .output = &self->a);
    async_task_group_create_task(&self->group, square, .input = &self->a, .output = &self->b);
    self->sink = async_retain(async_task_group_create_task(&self->group, sink, .input = &self->b));
    await(async_task_group_join, .group = &self->group);
    printf("total %d\n", async_result(self->sink, sink));
    async_finally;
    async_release(self->sink);
    async_queue_deinit(&self->a);
    async_queue_deinit(&self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
