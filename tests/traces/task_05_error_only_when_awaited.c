/* A failing task does not disturb its creator until it is joined. */
#include "trace.h"

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    puts("bad");
    async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_task *t; int i; async_status status; };

async(top)
{
    async_begin;
    self->t = async_create_task(bad);
    for (self->i = 0; self->i < 3; self->i++) {
        printf("main %d done %s\n", self->i, truth(async_task_done(self->t)));
        await(async_sleep, .delay = 0);
    }
    await_catch(self->status, async_join, .task = self->t);
    if (self->status == BOOM)
        puts("main: Boom");
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
