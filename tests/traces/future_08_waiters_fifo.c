/* Several tasks on one future wake in the order in which they began to wait. */
#include "trace.h"

struct waiter { async_frame frame; const char *name; async_future *fut; const char *value; };

async(waiter)
{
    async_begin;
    await_into(self->value, async_future_wait, .future = self->fut);
    printf("%s %s\n", self->name, self->value);
    async_end;
}

struct top { async_frame frame; async_future f; async_task *ts[3]; };

async(top)
{
    async_begin;
    async_future_init(&self->f);
    self->ts[0] = async_create_task(waiter, .name = "first", .fut = &self->f);
    self->ts[1] = async_create_task(waiter, .name = "second", .fut = &self->f);
    self->ts[2] = async_create_task(waiter, .name = "third", .fut = &self->f);
    await(async_sleep, .delay = 0);
    async_future_set_result(&self->f, "go");
    await(async_sleep, .delay = 0);
    printf("done [%s, %s, %s]\n", truth(async_task_done(self->ts[0])), truth(async_task_done(self->ts[1])),
        truth(async_task_done(self->ts[2])));
    async_finally;
    for (int i = 0; i < 3; i++)
        async_release(self->ts[i]);
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
