/* Two children fail: both errors are in the group, in order. */
#include "trace.h"

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    await(async_sleep);
    async_raise(BOOM);
    async_end;
}

struct worse { async_frame frame; async_event never; async_status status; };

async(worse)
{
    async_begin;
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED) {
        puts("worse: Cancelled");
        async_raise(BANG);
    }
    async_end;
}

struct top { async_frame frame; async_task_group group; async_status status; };

async(top)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, worse);
    async_task_group_create_task(&self->group, bad);
    await_catch(self->status, async_task_group_join, .group = &self->group);
    if (async_task_group_failures(&self->group) == 2) {
        const char *names[2];
        names[0] = error_name(async_task_group_failure(&self->group, 0));
        names[1] = error_name(async_task_group_failure(&self->group, 1));
        print_strings(names, 2);
        puts("");
    }
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
