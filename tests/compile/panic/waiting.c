/* Taking away what somebody waits for.
 *
 * panic 1: async_event_deinit: somebody waits
 * panic 2: async_queue_deinit: somebody waits
 * panic 3: async_future_deinit: somebody waits
 */
#include "asyncio.h"

static async_event event;
static async_queue queue;
static async_future future;

struct waits {
    async_frame frame;
    int item;
};

async(waits)
{
    async_begin;
#if TRAP == 1
    await(async_event_wait, .event = &event);
#elif TRAP == 2
    await(async_queue_get, .queue = &queue, .item = &self->item);
#elif TRAP == 3
    await(async_future_wait, .future = &future);
#endif
    async_end;
}

struct top {
    async_frame frame;
    async_task *task;
};

async(top)
{
    async_begin;
    async_event_init(&event);
    async_queue_init(&queue, sizeof(int), 0);
    async_future_init(&future);
    self->task = async_create_task(waits);
    await(async_sleep, .delay = 0);
    async_event_deinit(&event);
    async_queue_deinit(&queue);
    async_future_deinit(&future);
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run(top) < 0; }
