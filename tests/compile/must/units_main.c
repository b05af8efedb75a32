#define ASYNCIO_IMPLEMENTATION
#include "units.h"

struct top {
    async_frame frame;
    async_task *task;
    int sum, part;
};

ASYNC(top)
{
    ASYNC_BEGIN;
    AWAIT_INTO(self->sum, from_cpp, .x = 1);
    AWAIT_INTO(self->part, from_c, .x = 10);
    self->sum += self->part;
    self->task = start_from_c(100);
    AWAIT(async_join, .task = self->task);
    self->sum += async_result(self->task, from_c);
    async_release(self->task);
    if (self->sum != 2 + 3 + 11 + 101)
        ASYNC_RAISE(ASYNC_MISUSE);
    ASYNC_END;
}

int main(void) { return async_run(top) < 0; }
