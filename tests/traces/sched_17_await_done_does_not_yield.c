/* Awaiting a future or task that is already done does not give up control. */
#include "trace.h"

struct quick { async_frame frame; int result; };

async(quick)
{
    async_begin;
    async_return(1);
    async_end;
}

struct other { async_frame frame; };

async(other)
{
    async_begin;
    puts("other runs");
    async_end;
}

struct top { async_frame frame; async_future f; async_task *t, *o; const char *value; };

async(top)
{
    async_begin;
    async_future_init(&self->f);
    async_future_set_result(&self->f, "x");
    self->t = async_create_task(quick);
    await(async_sleep, .delay = 0);
    self->o = async_create_task(other);
    await_into(self->value, async_future_wait, .future = &self->f);
    printf("future %s\n", self->value);
    await(async_join, .task = self->t);
    printf("task %d\n", async_result(self->t, quick));
    puts("before other");
    await(async_join, .task = self->o);
    puts("end");
    async_finally;
    async_release(self->t);
    async_release(self->o);
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
