/* Nobody passes until all are there. */
#include "trace.h"

struct worker { async_frame frame; char name; int passes, i; async_barrier *barrier; };

async(worker)
{
    async_begin;
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep);
    printf("%c arrives\n", self->name);
    await(async_barrier_wait, .barrier = self->barrier);
    printf("%c passes\n", self->name);
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_barrier barrier;

struct top { async_frame frame; async_task *tasks[3]; };

async(top)
{
    static const int passes[] = {4, 0, 2};
    async_begin;
    async_barrier_init(&barrier, 3);
    printf("parties %d waiting %d broken %s\n", (int)async_barrier_parties(&barrier),
        (int)async_barrier_n_waiting(&barrier), truth(async_barrier_broken(&barrier)));
    for (int i = 0; i < 3; i++)
        self->tasks[i] = async_create_task(worker, .name = "abc"[i], .passes = passes[i], .barrier = &barrier);
    await(async_wait, .tasks = self->tasks, .count = 3);
    printf("waiting %d\n", (int)async_barrier_n_waiting(&barrier));
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
