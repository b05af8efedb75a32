/* The trick of giving a task time: gather(work, sleep) in main. */
#include "trace.h"

struct helloworld { async_frame frame; int i; };

async(helloworld)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        printf("hello %d\n", self->i);
        await(async_sleep, .delay = 2 * TICK);
        printf("world %d\n", self->i);
    }
    async_end;
}

struct other { async_frame frame; const char *result; };

async(other)
{
    async_begin;
    puts("other");
    async_return("o");
    async_end;
}

struct nap { async_frame frame; async_time delay; const char *result; };

async(nap)
{
    async_begin;
    await(async_sleep, .delay = self->delay);
    async_return("slept");
    async_end;
}

struct top { async_frame frame; async_task *t, *first[2], *second[2]; };

async(top)
{
    async_begin;
    self->t = async_create_task(helloworld);
    self->first[0] = async_create_task(other);
    self->first[1] = async_create_task(nap, .delay = 3 * TICK);
    await(async_gather, .tasks = self->first, .count = 2);
    printf("['%s', '%s'] helloworld done = %s\n", async_result(self->first[0], other),
        async_result(self->first[1], nap), truth(async_task_done(self->t)));
    self->second[0] = async_retain(self->t);
    self->second[1] = async_create_task(nap, .delay = TICK);
    await(async_gather, .tasks = self->second, .count = 2);
    printf("helloworld done = %s\n", truth(async_task_done(self->t)));
    async_finally;
    async_release(self->t);
    release_all(self->first, 2);
    release_all(self->second, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
