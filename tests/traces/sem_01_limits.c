/* A semaphore of two: two at a time. */
#include "trace.h"

struct worker { async_frame frame; char name; async_semaphore *sem; int *now; };

async(worker)
{
    async_begin;
    await_enter(self->sem);
    ++*self->now;
    printf("begin %c now %d\n", self->name, *self->now);
    await(async_sleep);
    await(async_sleep);
    --*self->now;
    printf("end %c\n", self->name);
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_semaphore sem;
static int now;

struct top { async_frame frame; async_task *tasks[5]; };

async(top)
{
    async_begin;
    async_semaphore_init(&sem, 2);
    for (int i = 0; i < 5; i++)
        self->tasks[i] = async_create_task(worker, .name = "abcde"[i], .sem = &sem, .now = &now);
    await(async_gather, .tasks = self->tasks, .count = 5);
    async_finally;
    release_all(self->tasks, 5);
    async_end;
}

int main(void)
{
    async_status status = async_run_with(&virtual_time, top);
    async_semaphore_deinit(&sem);
    return status < 0;
}
