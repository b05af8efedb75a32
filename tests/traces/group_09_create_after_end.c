/* A group that has ended takes no more tasks. */
#include "trace.h"

struct job { async_frame frame; };

async(job)
{
    async_begin;
    puts("never");
    async_end;
}

struct top { async_frame frame; async_task_group group; };

async(top)
{
    async_begin;
    async_task_group_enter(&self->group);
    await(async_task_group_join, .group = &self->group);
    if (async_task_group_create_task(&self->group, job) == NULL)
        puts("RuntimeError");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
