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

struct top { async_frame frame; async_semaphore sem; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_bounded_semaphore_init(&self->sem, 1);
    for (int i = 0; i < 3; i++)
        self->tasks[i] = async_create_task(worker, .n = i, .sem = &self->sem);
    await(async_gather, .tasks = self->tasks, .count = 3);
    if (async_semaphore_release(&self->sem) == ASYNC_INVALID_ARGUMENT)
        puts("ValueError");
    async_finally;
    release_all(self->tasks, 3);
    async_semaphore_deinit(&self->sem);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
