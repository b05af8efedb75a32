/* A failing child: the siblings are cancelled, then the group raises. */
#include "trace.h"

struct seen { const char *names[2]; size_t count; };

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    await(async_sleep);
    puts("bad raises");
    async_raise(BOOM);
    async_end;
}

struct good { async_frame frame; const char *name; struct seen *seen; async_event never; };

async(good)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        self->seen->names[self->seen->count++] = self->name; /* the order among siblings is not specified */
    async_end;
}

struct top { async_frame frame; async_task_group group; struct seen seen; async_status status; };

async(top)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, good, .name = "x", .seen = &self->seen);
    async_task_group_create_task(&self->group, bad);
    async_task_group_create_task(&self->group, good, .name = "y", .seen = &self->seen);
    await_catch(self->status, async_task_group_join, .group = &self->group);
    if (self->status == BOOM)
        printf("main: Boom %d\n", (int)async_task_group_failures(&self->group));
    printf("Cancelled: ");
    sort_strings(self->seen.names, self->seen.count);
    print_strings(self->seen.names, self->seen.count);
    puts("");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
