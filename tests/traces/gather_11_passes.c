/* How many passes gather adds: child ends, gather is done, waiter runs. */
#include "trace.h"

struct ticker { async_frame frame; int i; };

async(ticker)
{
    async_begin;
    for (self->i = 0; self->i < 5; self->i++) {
        printf("pass %d\n", self->i);
        await(async_sleep);
    }
    async_end;
}

struct job { async_frame frame; int result; };

async(job)
{
    async_begin;
    puts("job");
    async_return(1);
    async_end;
}

struct top { async_frame frame; async_task *ticker, *job; };

async(top)
{
    async_begin;
    self->ticker = async_create_task(ticker);
    self->job = async_create_task(job);
    await(async_gather, .tasks = &self->job, .count = 1);
    print_ints(&async_result(self->job, job), 1);
    puts("");
    await(async_join, .task = self->ticker);
    async_finally;
    async_release(self->ticker);
    async_release(self->job);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
