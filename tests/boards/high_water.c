/* high_water.c: frame stacks in static memory: how much of them is used; and what happens when they are too small: the await
 * or the create fails, and the report says what it would have taken, which is right. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#define ASYNCIO_HIGH_WATER 1
#include <stddef.h>
struct async_task;
static void overflowed(struct async_task *task, size_t bytes);
#define ASYNCIO_STACK_OVERFLOW(task, bytes) overflowed(task, bytes)
#include "console.h"

static unsigned overflows;
static async_task *who;
static size_t needed;

static void overflowed(async_task *task, size_t bytes)
{
    overflows++;
    who = task;
    needed = bytes;
}

struct inner {
    async_frame frame;
    async_lock *lock;
    char filler[21];
};
async(inner)
{
    async_begin;
    await_enter(self->lock);
    await_for(async_ms(10), async_sleep, .delay = async_ms(1));
    async_end;
}

static unsigned caught;
struct outer {
    async_frame frame;
    async_lock lock;
    async_status status;
};
async(outer)
{
    async_begin;
    async_lock_init(&self->lock);
    await_catch(self->status, inner, .lock = &self->lock);
    caught += self->status == ASYNC_NO_MEMORY;
    if (async_lock_locked(&self->lock))
        board_exit(2);
    async_end;
}

enum { MOST = 400 };
static async_storage(MOST) storage;
static size_t room; /* of which the task may use this much */

struct run {
    async_frame frame;
    async_task *task;
    unsigned rounds;
};
async(run)
{
    async_begin;
    for (room = 0;; room = needed) {
        overflows = 0;
        caught = 0;
        self->rounds++;
        self->task = async_create_on_begin_(storage.bytes, ASYNC_ROUND_(sizeof(async_task)) + room, &outer_type)
            ? async_create_end_() : NULL;
        if (self->task == NULL) {
            if (overflows != 1 || who != &storage.task || needed != ASYNC_ROUND_(sizeof(struct outer)))
                board_exit(3);
            continue;
        }
        await(async_join, .task = self->task);
        async_release(self->task);
        if (overflows == 0)
            break;
        if (who != self->task || needed <= room || caught != 1 || async_task_high_water(self->task) != needed)
            board_exit(4);
        if (self->rounds > 20)
            board_exit(5);
    }
    if (caught != 0 || async_task_high_water(self->task) != room)
        board_exit(6);
    board_puts("each too small a frame stack was reported\n");
    board_exit(42);
    async_end;
}

static ASYNC_TASK(run, async_join) runner;

int main(void)
{
    board_init();
    async_create_task_on(&runner, run, .task = NULL);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
