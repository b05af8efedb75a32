/* Cancelling the parent cancels the children, then the parent. */
#include "trace.h"

struct seen { const char *names[2]; size_t count; };

struct child { async_frame frame; const char *name; struct seen *seen; async_event never; };

async(child)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        self->seen->names[self->seen->count++] = self->name; /* the order among siblings is not specified */
    async_end;
}

struct parent { async_frame frame; async_task_group group; struct seen seen; };

async(parent)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, child, .name = "a", .seen = &self->seen);
    async_task_group_create_task(&self->group, child, .name = "b", .seen = &self->seen);
    async_finally; /* the group has been left: the children have ended */
    if (async_error == ASYNC_CANCELLED) {
        printf("children Cancelled: ");
        sort_strings(self->seen.names, self->seen.count);
        print_strings(self->seen.names, self->seen.count);
        puts("\nparent: Cancelled");
    }
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
    printf("cancelled %s\n", truth(async_task_cancelled(self->parent)));
    async_finally;
    async_release(self->parent);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
