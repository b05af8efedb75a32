/* Cleanup may await; the task is done only after that. */
#include "trace.h"

struct job { async_frame frame; async_event never; int i; };

async(job)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    for (self->i = 0; self->i < 3; self->i++) {
        printf("cleanup %d\n", self->i);
        await(async_sleep, .delay = 0);
    }
    puts("cleanup over");
    async_end;
}

struct top { async_frame frame; async_task *t; int i; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    for (self->i = 0; self->i < 6; self->i++) {
        printf("main %d done %s\n", self->i, truth(async_task_done(self->t)));
        await(async_sleep, .delay = 0);
    }
    printf("cancelled %s\n", truth(async_task_cancelled(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
