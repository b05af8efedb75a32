/* The block ends when every child is done. */
#include "trace.h"

struct job { async_frame frame; const char *name; int passes, i; const char *result; };

async(job)
{
    async_begin;
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep);
    printf("end %s\n", self->name);
    async_return(self->name);
    async_end;
}

struct top { async_frame frame; async_task_group group; async_task *a, *b; };

async(top)
{
    async_begin;
    async_task_group_enter(&self->group);
    /* the group releases its children when they end: who reads their results keeps them */
    self->a = async_retain(async_task_group_create_task(&self->group, job, .name = "a", .passes = 3));
    self->b = async_retain(async_task_group_create_task(&self->group, job, .name = "b", .passes = 1));
    puts("body ends");
    await(async_task_group_join, .group = &self->group);
    printf("%s %s\n", async_result(self->a, job), async_result(self->b, job));
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
