/* A stored error is raised in every waiter and again by result(). */
#include "trace.h"

struct waiter { async_frame frame; char name; async_future *fut; async_status status; };

async(waiter)
{
    async_begin;
    await_catch(self->status, async_future_wait, .future = self->fut);
    printf("%c %s\n", self->name, error_name(self->status));
    async_end;
}

struct top { async_frame frame; async_future f; async_task *ts[3]; int i; };

async(top)
{
    async_begin;
    async_future_init(&self->f);
    for (int i = 0; i < 3; i++)
        self->ts[i] = async_create_task(waiter, .name = "abc"[i], .fut = &self->f);
    await(async_sleep, .delay = 0);
    async_future_set_exception(&self->f, BOOM);
    for (self->i = 0; self->i < 3; self->i++)
        await(async_join, .task = self->ts[self->i]);
    printf("result %s\n", error_name(async_future_result(&self->f, NULL)));
    printf("exception %s\n", error_name(async_future_exception(&self->f)));
    async_finally;
    for (int i = 0; i < 3; i++)
        async_release(self->ts[i]);
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
