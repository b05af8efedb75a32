/* Woken by release(), cancelled before it ran: the permit is not lost. */
#include "trace.h"

struct worker { async_frame frame; char name; async_semaphore *sem; };

async(worker)
{
    async_begin;
    await(async_semaphore_acquire, .semaphore = self->sem);
    printf("got %c\n", self->name);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        printf("Cancelled %c\n", self->name);
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_semaphore sem;

struct top { async_frame frame; async_task *tasks[2]; };

async(top)
{
    async_begin;
    async_semaphore_init(&sem, 0);
    for (int i = 0; i < 2; i++)
        self->tasks[i] = async_create_task(worker, .name = "ab"[i], .sem = &sem);
    await(async_sleep);
    async_semaphore_release(&sem); /* wakes a */
    async_cancel(self->tasks[0]);        /* before a runs */
    await(async_wait, .tasks = self->tasks, .count = 2);
    printf("locked %s\n", truth(async_semaphore_locked(&sem)));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
