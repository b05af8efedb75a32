/* A failing child interrupts the body at its await with Cancelled. */
#include "trace.h"

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    async_raise(BOOM);
    async_end;
}

struct block { async_frame frame; async_task_group group; async_event never; async_status status; };

async(block)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, bad);
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        puts("body: Cancelled");
    async_raise(self->status); /* the group replaces it with the child's failure */
    async_end;
}

struct top { async_frame frame; async_status status; };

async(top)
{
    async_begin;
    await_catch(self->status, block);
    if (self->status == BOOM)
        puts("main: Boom");
    printf("requests %d\n", async_task_cancelling(async_current_task()));
    await(async_sleep);
    puts("main goes on");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
