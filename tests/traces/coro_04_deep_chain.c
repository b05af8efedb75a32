/* A chain 50 awaits deep: one suspension at the bottom, one pass in all. */
#include "trace.h"

struct down { async_frame frame; int n, result; };

async(down)
{
    async_begin;
    if (self->n == 0) {
        await(async_sleep, .delay = 0);
        async_return(0);
    }
    await_into(self->result, down, .n = self->n - 1);
    self->result++;
    async_end;
}

struct ticker { async_frame frame; int i; };

async(ticker)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        printf("pass %d\n", self->i);
        await(async_sleep, .delay = 0);
    }
    async_end;
}

struct top { async_frame frame; async_task *t; int depth; };

async(top)
{
    async_begin;
    self->t = async_create_task(ticker);
    await_into(self->depth, down, .n = 50);
    printf("depth %d\n", self->depth);
    await(async_join, .task = self->t);
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
