/* Two tasks pass control back and forth with futures. */
#include "trace.h"

struct futures { async_future ping, pong; };

struct ping { async_frame frame; struct futures *futs; int i; };

async(ping)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        printf("ping %d\n", self->i);
        async_future_set_result(&self->futs->pong, &self->i);
        async_future_init(&self->futs->ping); /* the next one: the last was taken */
        await(async_future_wait, .future = &self->futs->ping);
    }
    async_end;
}

struct pong { async_frame frame; struct futures *futs; int i, *v; };

async(pong)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        await_into(self->v, async_future_wait, .future = &self->futs->pong);
        async_future_init(&self->futs->pong);
        printf("pong %d\n", *self->v);
        async_future_set_result(&self->futs->ping, self->v);
    }
    async_end;
}

struct top { async_frame frame; struct futures futs; async_task *p, *q; };

async(top)
{
    async_begin;
    async_future_init(&self->futs.pong);
    self->p = async_create_task(ping, .futs = &self->futs);
    self->q = async_create_task(pong, .futs = &self->futs);
    await(async_join, .task = self->p);
    await(async_join, .task = self->q);
    puts("end");
    async_finally;
    async_release(self->p);
    async_release(self->q);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
