/* A negative initial value is a ValueError; extra releases count up. A size_t cannot be negative: the error is that of
 * who has a signed number. */
#include "trace.h"

static async_status semaphore_of(async_semaphore *sem, int value)
{
    if (value < 0)
        return ASYNC_INVALID_ARGUMENT;
    async_semaphore_init(sem, (size_t)value);
    return ASYNC_OK;
}

struct top { async_frame frame; async_semaphore sem; };

async(top)
{
    async_begin;
    if (semaphore_of(&self->sem, -1) == ASYNC_INVALID_ARGUMENT)
        puts("ValueError");
    semaphore_of(&self->sem, 0);
    printf("locked %s\n", truth(async_semaphore_locked(&self->sem)));
    async_semaphore_release(&self->sem);
    async_semaphore_release(&self->sem);
    await(async_semaphore_acquire, .semaphore = &self->sem);
    printf("locked %s\n", truth(async_semaphore_locked(&self->sem)));
    await(async_semaphore_acquire, .semaphore = &self->sem);
    printf("locked %s\n", truth(async_semaphore_locked(&self->sem)));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
