/* blink.c: two tasks, each blinking an LED in its own rhythm, in static memory.
 *
 * With -DASYNCIO_TICKLESS=1, on the boards that have a counter and an alarm, the processor sleeps from one change to the
 * next. tools/size builds it for cortex-m0/, which has the tick and the LEDs only. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#include "board.h"

struct blink {
    async_frame frame;
    async_time half;
    unsigned led;
};

async(blink)
{
    async_begin;
    for (;;) {
        board_toggle(self->led);
        await(async_sleep, .delay = self->half);
    }
    async_end;
}

/* What blink needs, and what it awaits. */
static ASYNC_TASK(blink, async_sleep) red, green;

int main(void)
{
    board_init();
    async_create_task_on(&red, blink, .half = async_ms(250), .led = 0);
    async_create_task_on(&green, blink, .half = async_ms(400), .led = 1);
    async_loop_run_forever(async_get_event_loop());
    return 0;
}
