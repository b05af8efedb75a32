/* Names can be given, changed and read; current_task() knows itself. */
#include "trace.h"

struct job { async_frame frame; };

async(job)
{
    async_task *me = async_current_task();
    async_begin;
    printf("in %s\n", async_task_get_name(me));
    async_task_set_name(me, "renamed");
    await(async_sleep, .delay = 0);
    printf("in %s\n", async_task_get_name(me));
    async_end;
}

struct top { async_frame frame; async_task *t; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    if (self->t == NULL || async_task_set_name(self->t, "worker-1") < 0)
        async_raise(ASYNC_NO_MEMORY);
    printf("made %s\n", async_task_get_name(self->t));
    await(async_join, .task = self->t);
    printf("after %s\n", async_task_get_name(self->t));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
