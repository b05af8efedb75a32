/* A sleep of 0 gives up exactly one pass: two tasks alternate. */
#include "trace.h"

struct worker { async_frame frame; const char *name; int i; };

async(worker)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++) {
        printf("%s %d\n", self->name, self->i);
        await(async_sleep, .delay = 0);
    }
    printf("%s done\n", self->name);
    async_end;
}

struct top { async_frame frame; async_task *a, *b; };

async(top)
{
    async_begin;
    self->a = async_create_task(worker, .name = "A");
    self->b = async_create_task(worker, .name = "B");
    await(async_join, .task = self->a);
    await(async_join, .task = self->b);
    puts("main done");
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
