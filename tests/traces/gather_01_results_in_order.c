/* Results come in argument order, whatever the order of completion. */
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

struct top { async_frame frame; async_task *tasks[3]; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(job, .name = "a", .passes = 3);
    self->tasks[1] = async_create_task(job, .name = "b", .passes = 1);
    self->tasks[2] = async_create_task(job, .name = "c", .passes = 2);
    await(async_gather, .tasks = self->tasks, .count = 3);
    {
        const char *results[3];
        for (int i = 0; i < 3; i++)
            results[i] = async_result(self->tasks[i], job);
        print_strings(results, 3);
        puts("");
    }
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
