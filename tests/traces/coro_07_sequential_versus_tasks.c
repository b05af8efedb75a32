/* Awaiting functions one by one is sequential; tasks overlap. */
#include "trace.h"

struct job { async_frame frame; const char *name; };

async(job)
{
    async_begin;
    printf("%s begin\n", self->name);
    await(async_sleep, .delay = 5 * TICK);
    printf("%s end\n", self->name);
    async_end;
}

struct top { async_frame frame; async_time t0; async_task *c, *d; };

async(top)
{
    async_loop *loop = async_get_running_loop();
    async_begin;
    self->t0 = async_loop_time(loop);
    await(job, .name = "a");
    await(job, .name = "b");
    printf("sequential, 10 ticks or more: %s\n", truth(async_loop_time(loop) - self->t0 >= 10 * TICK));
    self->t0 = async_loop_time(loop);
    self->c = async_create_task(job, .name = "c");
    self->d = async_create_task(job, .name = "d");
    await(async_join, .task = self->c);
    await(async_join, .task = self->d);
    printf("concurrent, fewer than 10 ticks: %s\n", truth(async_loop_time(loop) - self->t0 < 10 * TICK));
    async_finally;
    async_release(self->c);
    async_release(self->d);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
