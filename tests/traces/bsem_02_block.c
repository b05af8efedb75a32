/* A bounded semaphore as a block: balanced use never fails. */
#include "trace.h"

struct worker { async_frame frame; int n; async_semaphore *sem; };

async(worker)
{
    async_begin;
    await_enter(self->sem);
    printf("in %d\n", self->n);
    await(async_sleep);
    async_exit(self->sem);
    printf("out %d\n", self->n);
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_semaphore sem;

struct top { async_frame frame; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_bounded_semaphore_init(&sem, 1);
    for (int i = 0; i < 3; i++)
        self->tasks[i] = async_create_task(worker, .n = i, .sem = &sem);
    await(async_gather, .tasks = self->tasks, .count = 3);
    if (async_semaphore_release(&sem) == ASYNC_INVALID_ARGUMENT)
        puts("ValueError");
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

int main(void)
{
    async_status status = async_run_with(&virtual_time, top);
    async_semaphore_deinit(&sem);
    return status < 0;
}
