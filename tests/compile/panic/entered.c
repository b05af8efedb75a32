/* panic 1: async_task_group_enter: it is entered already
 * panic 2: async_timeout_enter: it is entered already
 */
#include "asyncio.h"

struct top {
    async_frame frame;
    async_task_group group;
    async_timeout timeout;
    int i;
};

async(top)
{
    async_begin;
    for (self->i = 0; self->i < 2; self->i++) {
        async_task_group_enter(&self->group);
#if TRAP != 1
        await(async_task_group_join, .group = &self->group);
#endif
        async_timeout_enter(&self->timeout, async_seconds(1));
#if TRAP != 2
        async_timeout_exit(&self->timeout, ASYNC_OK);
#endif
    }
    async_end;
}

int main(void) { return async_run(top) < 0; }
