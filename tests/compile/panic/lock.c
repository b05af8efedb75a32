/* panic 1: await_enter: the object was not initialised
 * panic 2: a lock that await_enter took was given back by another
 * panic 3: async_lock_deinit: somebody holds it
 */
#include "asyncio.h"

struct top {
    async_frame frame;
    async_lock lock;
};

async(top)
{
    async_begin;
#if TRAP != 1
    async_lock_init(&self->lock);
#endif
    await_enter(&self->lock);
#if TRAP == 2
    async_lock_release(&self->lock);
#elif TRAP == 3
    async_lock_deinit(&self->lock);
#endif
    async_finally;
    async_lock_deinit(&self->lock);
    async_end;
}

int main(void) { return async_run(top) < 0; }
