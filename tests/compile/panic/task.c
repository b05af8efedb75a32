/* panic 1: async_release: more often than there were handles
 * panic 2: async_result: the task is not done, or runs another function
 * panic 3: async_result: the task is not done, or runs another function
 */
#include "asyncio.h"

struct one {
    async_frame frame;
    int result;
};

async(one)
{
    async_begin;
    async_return(1);
    async_end;
}

struct two {
    async_frame frame;
    int result;
};

async(two)
{
    async_begin;
    async_return(2);
    async_end;
}

struct top {
    async_frame frame;
    async_task *task;
    int got;
};

async(top)
{
    async_begin;
    self->task = async_create_task(one);
#if TRAP == 1
    async_retain(self->task);
    async_release(self->task);
    async_release(self->task);
    async_release(self->task); /* while it still runs */
#elif TRAP == 2
    self->got = async_result(self->task, one);
#endif
    await(async_join, .task = self->task);
#if TRAP == 3
    self->got = async_result(self->task, two);
#else
    self->got = async_result(self->task, one);
#endif
    async_finally;
    async_release(self->task);
    (void)two_type;
    async_end;
}

int main(void) { return async_run(top) < 0; }
