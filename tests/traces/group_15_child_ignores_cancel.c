/* The group waits for a child that ignores the cancel. */
#include "trace.h"

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    async_raise(BOOM);
    async_end;
}

struct stubborn { async_frame frame; async_event never; async_status status; int i; const char *result; };

async(stubborn)
{
    async_begin;
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        puts("stubborn: Cancelled, ignored");
    for (self->i = 0; self->i < 3; self->i++) {
        printf("stubborn %d\n", self->i);
        await(async_sleep);
    }
    async_return("value");
    async_end;
}

struct top { async_frame frame; async_task_group group; async_task *stubborn; async_status status; };

async(top)
{
    async_begin;
    async_task_group_enter(&self->group);
    self->stubborn = async_retain(async_task_group_create_task(&self->group, stubborn));
    async_task_group_create_task(&self->group, bad);
    await_catch(self->status, async_task_group_join, .group = &self->group);
    if (self->status == BOOM)
        printf("main: Boom, stubborn result %s\n", async_result(self->stubborn, stubborn));
    async_finally;
    async_release(self->stubborn);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
