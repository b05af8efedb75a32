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

struct top { async_frame frame; async_queue a, b; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_queue_init(&self->a, sizeof(int), 1);
    async_queue_init(&self->b, sizeof(int), 1);
    self->tasks[0] = async_create_task(source, .output = &self->a);
    self->tasks[1] = async_create_task(square, .input = &self->a, .output = &self->b);
    self->tasks[2] = async_create_task(sink, .input = &self->b);
    await(async_gather, .tasks = self->tasks, .count = 3);
    printf("total %d\n", async_result(self->tasks[2], sink));
    async_finally;
    release_all(self->tasks, 3);
    async_queue_deinit(&self->a);
    async_queue_deinit(&self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
