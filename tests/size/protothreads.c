/* protothreads.c: the two blinkers of examples/boards/blink.c written by hand, for tools/size to compare with: functions
 * that go on where they left off, and a loop that calls both each time it wakes. Nothing else is in them: no timers, no
 * cancellation, no call that waits, a fixed number of tasks. The clock and the sleep are asyncio.h's ports. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#include "asyncio.h"
#include "board.h"

struct blink {
    async_time half, until;
    unsigned led;
    uint16_t line;
};

static bool before(async_time a, async_time b) { return (async_time)((uint32_t)a - (uint32_t)b) < 0; }

static void blink(struct blink *self)
{
    switch (self->line) {
    case 0:
        for (;;) {
            board_toggle(self->led);
            self->until = async_port_now() + self->half;
            self->line = 1;
            /* fall through */
    case 1:
            if (before(async_port_now(), self->until))
                return;
        }
    }
}

static struct blink red, green;

int main(void)
{
    board_init();
    red.half = async_ms(250);
    green.half = async_ms(400);
    green.led = 1;
    for (;;) {
        async_port_state state;
        blink(&red);
        blink(&green);
        state = async_port_lock();
        async_port_wait(before(red.until, green.until) ? red.until : green.until);
        async_port_unlock(state);
    }
}
