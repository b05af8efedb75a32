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

/* not in the frame of top, which may be gone first */
static async_barrier barrier;

struct top { async_frame frame; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_barrier_init(&barrier, 2);
    self->tasks[0] = async_create_task(worker, .name = 'a', .barrier = &barrier);
    await(async_sleep);
    await(async_barrier_reset, .barrier = &barrier);
    await(async_join, .task = self->tasks[0]);
    printf("broken %s waiting %d\n", truth(async_barrier_broken(&barrier)),
        (int)async_barrier_n_waiting(&barrier));
    self->tasks[1] = async_create_task(worker, .name = 'b', .barrier = &barrier);
    self->tasks[2] = async_create_task(worker, .name = 'c', .barrier = &barrier);
    await(async_gather, .tasks = self->tasks + 1, .count = 2);
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

int main(void)
{
    async_status status = async_run_with(&virtual_time, top);
    async_barrier_deinit(&barrier);
    return status < 0;
}
