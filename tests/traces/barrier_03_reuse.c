/* The barrier can be used again and again. */
#include "trace.h"

struct worker { async_frame frame; char name; int r; async_barrier *barrier; };

async(worker)
{
    async_begin;
    for (self->r = 0; self->r < 3; self->r++) {
        await(async_barrier_wait, .barrier = self->barrier);
        printf("round %d %c\n", self->r, self->name);
        await(async_sleep);
    }
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_barrier barrier;

struct top { async_frame frame; async_task *tasks[2]; };

async(top)
{
    async_begin;
    async_barrier_init(&barrier, 2);
    self->tasks[0] = async_create_task(worker, .name = 'a', .barrier = &barrier);
    self->tasks[1] = async_create_task(worker, .name = 'b', .barrier = &barrier);
    await(async_gather, .tasks = self->tasks, .count = 2);
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void)
{
    async_status status = async_run_with(&virtual_time, top);
    async_barrier_deinit(&barrier);
    return status < 0;
}
