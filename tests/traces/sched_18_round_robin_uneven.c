/* Three tasks with different numbers of steps, in creation order each pass. */
#include "trace.h"

struct worker { async_frame frame; const char *name; int steps, i; };

async(worker)
{
    async_begin;
    for (self->i = 0; self->i < self->steps; self->i++) {
        printf("%s %d\n", self->name, self->i);
        await(async_sleep, .delay = 0);
    }
    printf("%s end\n", self->name);
    async_end;
}

struct top { async_frame frame; async_task *ts[3]; int i; };

async(top)
{
    async_begin;
    self->ts[0] = async_create_task(worker, .name = "A", .steps = 1);
    self->ts[1] = async_create_task(worker, .name = "B", .steps = 3);
    self->ts[2] = async_create_task(worker, .name = "C", .steps = 2);
    for (self->i = 0; self->i < 3; self->i++) {
        await(async_join, .task = self->ts[self->i]);
        puts("main got one");
    }
    async_finally;
    release_all(self->ts, 3);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
