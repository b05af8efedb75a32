/* release() of a lock that is free is a RuntimeError: MISUSE here. */
#include "trace.h"

struct top { async_frame frame; async_lock lock; async_status status; };

async(top)
{
    async_begin;
    async_lock_init(&self->lock);
    self->status = async_lock_release(&self->lock);
    if (self->status < 0)
        puts(error_name(self->status));
    await(async_lock_acquire, .lock = &self->lock);
    async_lock_release(&self->lock);
    printf("locked %s\n", truth(async_lock_locked(&self->lock)));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
