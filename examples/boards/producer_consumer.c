/* producer_consumer.c: the asyncio classic in static memory: a producer, a queue of four, two consumers; when all is
 * consumed the consumers are cancelled. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#include "board.h"

enum { ITEMS = 10 };

static async_queue queue;
static unsigned places[4];
static unsigned consumed, sum, cancelled;

struct produce {
    async_frame frame;
    unsigned item;
};
async(produce)
{
    async_begin;
    for (self->item = 1; self->item <= ITEMS; self->item++) {
        await(async_sleep, .delay = async_ms(2));
        await(async_queue_put, .queue = &queue, .item = &self->item);
    }
    async_end;
}

struct consume {
    async_frame frame;
    unsigned item;
};
async(consume)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = &queue, .item = &self->item);
        await(async_sleep, .delay = async_ms(5));
        consumed++;
        sum += self->item;
        async_queue_task_done(&queue);
    }
    async_finally;
    cancelled++;
    async_end;
}

static ASYNC_TASK(produce, async_queue_put) producer;
static ASYNC_TASK(consume, async_queue_get) first, second;

struct run {
    async_frame frame;
    async_task *producer, *consumers[2];
    async_status status;
};
async(run)
{
    async_begin;
    self->producer = async_create_task_on(&producer, produce, .item = 0);
    self->consumers[0] = async_create_task_on(&first, consume, .item = 0);
    self->consumers[1] = async_create_task_on(&second, consume, .item = 0);
    await(async_join, .task = self->producer);
    board_puts("all produced\n");
    await(async_queue_join, .queue = &queue);
    board_puts("consumed ");
    board_putu(consumed);
    board_puts(", sum ");
    board_putu(sum);
    board_put('\n');
    async_cancel(self->consumers[0]);
    async_cancel(self->consumers[1]);
    await_catch(self->status, async_join, .task = self->consumers[0]);
    await_catch(self->status, async_join, .task = self->consumers[1]);
    board_puts("cancelled ");
    board_putu(cancelled);
    board_put('\n');
    board_exit((int)sum);
    async_end;
}

static ASYNC_TASK(run, async_queue_join) storage;

int main(void)
{
    board_init();
    async_queue_init_with(&queue, sizeof places[0], 4, places);
    async_create_task_on(&storage, run, .producer = NULL);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
