/* Two tasks may join the same task; both get its result. */
#include "trace.h"

struct job { async_frame frame; const char *result; };

async(job)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_return("shared");
    async_end;
}

struct waiter { async_frame frame; const char *name; async_task *t; };

async(waiter)
{
    async_begin;
    await(async_join, .task = self->t);
    printf("%s %s\n", self->name, async_result(self->t, job));
    async_end;
}

struct top { async_frame frame; async_task *t, *a, *b; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    self->a = async_create_task(waiter, .name = "a", .t = self->t);
    self->b = async_create_task(waiter, .name = "b", .t = self->t);
    await(async_join, .task = self->a);
    await(async_join, .task = self->b);
    await(async_join, .task = self->t);
    printf("main %s\n", async_result(self->t, job));
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
