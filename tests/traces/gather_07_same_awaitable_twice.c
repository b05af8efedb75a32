/* The same task given twice runs once and fills both places. */
#include "trace.h"

struct job { async_frame frame; const char *result; };

async(job)
{
    async_begin;
    puts("job runs");
    await(async_sleep);
    async_return("r");
    async_end;
}

struct top { async_frame frame; async_task *tasks[2]; };

async(top)
{
    async_begin;
    self->tasks[0] = self->tasks[1] = async_create_task(job);
    await(async_gather, .tasks = self->tasks, .count = 2);
    {
        const char *results[2];
        for (int i = 0; i < 2; i++)
            results[i] = async_result(self->tasks[i], job);
        print_strings(results, 2);
        puts("");
    }
    async_finally;
    async_release(self->tasks[0]);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
