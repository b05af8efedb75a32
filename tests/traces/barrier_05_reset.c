/* reset(): those who wait get BrokenBarrier, the barrier is fresh again. */
#include "trace.h"

struct worker { async_frame frame; char name; async_barrier *barrier; async_status status; };

async(worker)
{
    async_begin;
    await_catch(self->status, async_barrier_wait, .barrier = self->barrier);
    if (self->status == ASYNC_OK)
        printf("%c passes\n", self->name);
    else if (self->status == ASYNC_BROKEN_BARRIER)
        printf("%c BrokenBarrier\n", self->name);
    else
        async_raise(self->status);
    async_end;
}

struct top { async_frame frame; async_barrier barrier; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_barrier_init(&self->barrier, 2);
    self->tasks[0] = async_create_task(worker, .name = 'a', .barrier = &self->barrier);
    await(async_sleep);
    await(async_barrier_reset, .barrier = &self->barrier);
    await(async_join, .task = self->tasks[0]);
    printf("broken %s waiting %d\n", truth(async_barrier_broken(&self->barrier)),
        (int)async_barrier_n_waiting(&self->barrier));
    self->tasks[1] = async_create_task(worker, .name = 'b', .barrier = &self->barrier);
    self->tasks[2] = async_create_task(worker, .name = 'c', .barrier = &self->barrier);
    await(async_gather, .tasks = self->tasks + 1, .count = 2);
    async_finally;
    release_all(self->tasks, 3);
    async_barrier_deinit(&self->barrier);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
