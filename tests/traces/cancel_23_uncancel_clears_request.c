/* uncancel() down to zero takes back a request that was not delivered yet. */
#include "trace.h"

struct job { async_frame frame; const char *result; };

async(job)
{
    async_task *me = async_current_task();
    async_begin;
    printf("cancel %s ", truth(async_cancel(me)));
    printf("requests %d\n", async_task_cancelling(me));
    printf("uncancel %d\n", async_task_uncancel(me));
    await(async_sleep, .delay = 0);
    async_return("not cancelled");
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    await(async_join, .task = self->t);
    puts(async_result(self->t, job));
    printf("cancelled %s\n", truth(async_task_cancelled(self->t)));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
