/* An empty group does not suspend. */
#include "trace.h"

struct other { async_frame frame; };

async(other)
{
    async_begin;
    puts("other");
    async_end;
}

struct top { async_frame frame; async_task_group group; async_task *other; };

async(top)
{
    async_begin;
    self->other = async_create_task(other);
    async_task_group_enter(&self->group);
    puts("body");
    await(async_task_group_join, .group = &self->group);
    puts("after the group");
    await(async_join, .task = self->other);
    async_finally;
    async_release(self->other);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
