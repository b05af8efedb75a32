/* An inner group's error that is handled inside does not reach the outer. */
#include "trace.h"

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    async_raise(BOOM);
    async_end;
}

struct inner { async_frame frame; async_task_group group; async_status status; const char *result; };

async(inner)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, bad);
    await_catch(self->status, async_task_group_join, .group = &self->group);
    if (self->status == BOOM)
        puts("inner: Boom handled");
    await(async_sleep);
    async_return("inner fine");
    async_end;
}

struct other { async_frame frame; int i; };

async(other)
{
    async_begin;
    for (self->i = 0; self->i < 8; self->i++)
        await(async_sleep);
    puts("other ends");
    async_end;
}

struct top { async_frame frame; async_task_group group; async_task *task; };

async(top)
{
    async_begin;
    async_task_group_enter(&self->group);
    self->task = async_retain(async_task_group_create_task(&self->group, inner));
    async_task_group_create_task(&self->group, other);
    await(async_task_group_join, .group = &self->group);
    puts(async_result(self->task, inner));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
