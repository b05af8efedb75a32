/* sleep 0: letting the others run.
 *
 * Tasks are not interrupted: one that computes for long without waiting holds up all the others. A sleep of 0
 * lets everything that is ready run once. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct compute {
    async_frame frame;
    const char *name;
    bool polite;
    int i;
};

async(compute)
{
    async_begin;
    for (self->i = 1; self->i <= 3; self->i++) {
        printf("%s %d\n", self->name, self->i);
        if (self->polite)
            await(async_sleep, .delay = 0);
    }
    async_end;
}

struct top {
    async_frame frame;
    bool polite;
    async_task_group group;
};

async(top)
{
    async_begin;
    printf("-- %s sleep 0\n", self->polite ? "with" : "without");
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, compute, .name = "a", .polite = self->polite);
    async_task_group_create_task(&self->group, compute, .name = "b", .polite = self->polite);
    async_end;
}

int main(void)
{
    return async_run(top) < 0 || async_run(top, .polite = true) < 0;
}
