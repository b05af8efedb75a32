/* A group that fails while its parent is cancelled from outside: the group raises the children's errors,
 * and the * parent's cancel is delivered again at its next suspension (here: at its end, so its return
 * value is lost). */
#include "trace.h"

struct child { async_frame frame; async_event never; async_status status; };

async(child)
{
    async_begin;
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED) {
        puts("child: Cancelled");
        async_raise(BOOM);
    }
    async_end;
}

struct parent { async_frame frame; async_task_group group; async_status status; const char *result; };

async(parent)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, child);
    await_catch(self->status, async_task_group_join, .group = &self->group);
    if (self->status == BOOM)
        puts("parent: Boom");
    async_return("parent ended");
    async_end;
}

struct top { async_frame frame; async_task *parent; async_status status; };

async(top)
{
    async_begin;
    self->parent = async_create_task(parent);
    await(async_sleep);
    await(async_sleep);
    async_cancel(self->parent);
    await_catch(self->status, async_join, .task = self->parent);
    if (self->status == ASYNC_OK)
        puts(async_result(self->parent, parent));
    if (self->status == ASYNC_CANCELLED)
        puts("main: Cancelled");
    async_finally;
    async_release(self->parent);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
