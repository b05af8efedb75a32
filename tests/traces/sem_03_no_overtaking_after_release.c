/* release() with waiters, then acquire() at once in the same task: the waiter comes first. */
#include "trace.h"

struct worker { async_frame frame; const char *name; async_semaphore *sem; };

async(worker)
{
    async_begin;
    await(async_semaphore_acquire, .semaphore = self->sem);
    printf("got %s\n", self->name);
    async_semaphore_release(self->sem);
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_semaphore sem;

struct top { async_frame frame; async_task *task; };

async(top)
{
    async_begin;
    async_semaphore_init(&sem, 1);
    await(async_semaphore_acquire, .semaphore = &sem);
    self->task = async_create_task(worker, .name = "waiter", .sem = &sem);
    await(async_sleep);
    async_semaphore_release(&sem);
    printf("locked %s\n", truth(async_semaphore_locked(&sem)));
    await(async_semaphore_acquire, .semaphore = &sem);
    printf("got main, waiter done %s\n", truth(async_task_done(self->task)));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
