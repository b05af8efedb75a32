/* Two cancel() calls before the task runs again deliver one CANCELLED. */
#include "trace.h"

struct job { async_frame frame; int i; async_status status; const char *result; };

async(job)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        await_catch(self->status, async_sleep, .delay = TICK);
        printf("%s %d\n", self->status == ASYNC_CANCELLED ? "Cancelled at" : "slept", self->i);
    }
    async_return("end");
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_sleep, .delay = 0);
    printf("%s ", truth(async_cancel(self->t)));
    printf("%s\n", truth(async_cancel(self->t)));
    printf("requests %d\n", async_task_cancelling(self->t));
    await(async_join, .task = self->t);
    puts(async_result(self->t, job));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
