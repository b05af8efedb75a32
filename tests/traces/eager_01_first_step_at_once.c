/* With eager tasks create_task() runs the first step at once. */
#include "trace.h"

struct quick { async_frame frame; int result; };

async(quick)
{
    async_begin;
    puts("quick runs");
    async_return(1);
    async_end;
}

struct slow { async_frame frame; };

async(slow)
{
    async_begin;
    puts("slow begins");
    await(async_sleep);
    puts("slow ends");
    async_end;
}

struct top { async_frame frame; async_task *a, *b; };

async(top)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), true);
    self->a = async_create_task(quick);
    printf("quick done %s\n", truth(async_task_done(self->a)));
    self->b = async_create_task(slow);
    printf("slow done %s\n", truth(async_task_done(self->b)));
    await(async_join, .task = self->b);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
