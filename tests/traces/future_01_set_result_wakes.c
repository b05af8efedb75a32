/* A task waiting on a future goes on after set_result(). */
#include "trace.h"

struct waiter { async_frame frame; async_future *fut; int *value; };

async(waiter)
{
    async_begin;
    puts("waiting");
    await_into(self->value, async_future_wait, .future = self->fut);
    printf("got %d\n", *self->value);
    async_end;
}

struct top { async_frame frame; async_future fut; async_task *t; int value; };

async(top)
{
    async_begin;
    async_future_init(&self->fut);
    self->t = async_create_task(waiter, .fut = &self->fut);
    await(async_sleep, .delay = 0);
    puts("setting");
    self->value = 11;
    async_future_set_result(&self->fut, &self->value);
    printf("set, waiter done = %s\n", truth(async_task_done(self->t)));
    await(async_join, .task = self->t);
    async_finally;
    async_release(self->t);
    async_future_deinit(&self->fut);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
