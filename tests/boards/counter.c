/* counter.c: the clock of the tickless ports on a counter of 16 or 32 bits: it wraps around during sleeps that are shorter
 * than half of its range, longer than that, and longer than all of it. No sleep ends early, or late by more than the looks
 * at the counter. The counter is a variable that each look moves on, and that jumps to the alarm in place of a sleep. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#define ASYNCIO_TICKLESS 1
#include "console.h"

volatile uint32_t async_ticks_; /* the board's start-up still ticks: that ends its sleeps */
static uint64_t passed; /* what the counter is the low bits of */
static unsigned alarms;

uint32_t async_port_counter(void)
{
    return (uint32_t)++passed; /* with bits above the counter's, which are ignored */
}

void async_port_alarm(uint32_t when)
{
    const uint64_t mask = ASYNCIO_COUNTER_BITS == 32 ? 0xFFFFFFFFu : ((uint32_t)1 << ASYNCIO_COUNTER_BITS % 32) - 1;
    uint64_t ahead = (when - passed) & mask;
    alarms++;
    if (ahead > mask / 2 + 1)
        board_exit(3); /* more than half a round: a round may be missed */
    passed += ahead - (ahead > 3 ? 3 : ahead); /* it is nearly there, so that the port does sleep */
}

struct sleeper {
    async_frame frame;
    unsigned i;
    uint64_t began;
    async_time before;
};

static const async_time delays[] = { 1, 100, 30000, 33000, 65535, 65536, 70000, 200000, 0x7fff, 0x8000, 1000000, 0x40000000,
    0x7ffffff0, 5 };

async(sleeper)
{
    async_begin;
    for (self->i = 0; self->i < 3 * sizeof delays / sizeof delays[0]; self->i++) {
        self->before = async_port_now();
        self->began = passed;
        await(async_sleep, .delay = delays[self->i % (sizeof delays / sizeof delays[0])]);
        {
            uint64_t slept = passed - self->began, delay = (uint64_t)delays[self->i % (sizeof delays / sizeof delays[0])];
            if (slept < delay || slept > delay + 100)
                board_exit(4);
            if ((uint32_t)async_port_now() - (uint32_t)self->before < (uint32_t)delay)
                board_exit(5);
        }
    }
    board_exit(alarms > 0 ? 42 : 6);
    async_end;
}

static async_storage(sizeof(struct sleeper) + sizeof(struct async_sleep) + 32) storage;

int main(void)
{
    board_init();
    async_create_task_on(&storage, sleeper, .i = 0);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
