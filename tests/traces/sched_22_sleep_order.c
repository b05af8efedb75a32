/* Sleeping tasks wake in order of their deadlines. */
#include "trace.h"

struct sleeper { async_frame frame; const char *name; int ticks, result; };

async(sleeper)
{
    async_begin;
    await(async_sleep, .delay = self->ticks * TICK);
    printf("woke %s\n", self->name);
    async_return(self->ticks);
    async_end;
}

struct top { async_frame frame; async_task *ts[3]; int i, total; };

async(top)
{
    async_begin;
    self->ts[0] = async_create_task(sleeper, .name = "slow", .ticks = 6);
    self->ts[1] = async_create_task(sleeper, .name = "quick", .ticks = 2);
    self->ts[2] = async_create_task(sleeper, .name = "middle", .ticks = 4);
    for (self->i = 0; self->i < 3; self->i++) {
        await(async_join, .task = self->ts[self->i]);
        self->total += async_result(self->ts[self->i], sleeper);
    }
    printf("total %d\n", self->total);
    async_finally;
    release_all(self->ts, 3);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
