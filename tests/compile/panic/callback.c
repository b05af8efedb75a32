/* A done callback's handle is the future's to let go of; debug builds say so.
 *
 * panic 1: async_handle_cancel: a future holds it
 * flags -DASYNCIO_DEBUG=1
 */
#include "asyncio.h"

static int calls;
static void called(async_handle *handle)
{
    (void)handle;
    calls++;
}

struct top {
    async_frame frame;
    async_future future;
    async_handle soon, first, second;
};

async(top)
{
    async_begin;
    async_call_soon(&self->soon, called, NULL);
    async_handle_cancel(&self->soon);
    async_future_add_done_callback(&self->future, &self->first, called, NULL);
#if TRAP == 1
    async_handle_cancel(&self->first);
#else
    async_future_remove_done_callback(&self->future, called);
#endif
    async_future_add_done_callback(&self->future, &self->second, called, NULL);
    async_future_set_result(&self->future, NULL);
    async_handle_cancel(&self->second); /* it is the loop's by now */
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0);
    async_finally;
    async_future_deinit(&self->future);
    if (calls != 0)
        async_raise(ASYNC_MISUSE);
    async_end;
}

int main(void) { return async_run(top) < 0; }
