/* A finishing child schedules its waiter: one pass lies between. */
#include "trace.h"

struct ticker { async_frame frame; int i; };

async(ticker)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++) {
        printf("pass %d\n", self->i);
        await(async_sleep, .delay = 0);
    }
    async_end;
}

struct child { async_frame frame; int result; };

async(child)
{
    async_begin;
    puts("child");
    async_return(1);
    async_end;
}

struct top { async_frame frame; async_task *k, *c; };

async(top)
{
    async_begin;
    self->k = async_create_task(ticker);
    self->c = async_create_task(child);
    await(async_join, .task = self->c);
    puts("main resumed");
    await(async_join, .task = self->k);
    async_finally;
    async_release(self->c);
    async_release(self->k);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
