/* A barrier needs at least one party; one party never waits. */
#include "trace.h"

struct top { async_frame frame; async_barrier barrier; size_t index; };

async(top)
{
    async_begin;
    if (async_barrier_init(&self->barrier, 0) == ASYNC_INVALID_ARGUMENT)
        puts("ValueError");
    async_barrier_init(&self->barrier, 1);
    await_into(self->index, async_barrier_wait, .barrier = &self->barrier);
    printf("index %d\n", (int)self->index);
    await_into(self->index, async_barrier_wait, .barrier = &self->barrier);
    printf("index %d\n", (int)self->index);
    async_finally;
    async_barrier_deinit(&self->barrier);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
