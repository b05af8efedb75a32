/* counter.c: the clock of the ports as it wraps around: of the tickless ones on a counter of 16, 24 or 32 bits, of the others
 * on the tick (COUNTER_TICK). Sleeps that are shorter than half of the range, longer than that, and longer than all of it:
 * none ends early, or late by more than the looks at the clock. And the longest one beside a timer that is overdue.
 *
 * Tickless, the counter is a variable that each look moves on, and that jumps to the alarm in place of a sleep. The tick
 * is the board's, and jumps too: far sleeps would take weeks. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#ifdef COUNTER_TICK
#define ASYNCIO_IDLE() jump()
static void jump(void);
#else
#define ASYNCIO_TICKLESS 1
#endif
#include "console.h"

#ifdef COUNTER_TICK

static uint64_t jumped;
static async_time sleeping_until;

/* Interrupts are masked. */
static void jump(void)
{
    async_time left = (async_time)((uint32_t)sleeping_until - async_ticks_);
    if (left > 3) {
        jumped += (uint32_t)left - 3;
        async_ticks_ += (uint32_t)left - 3;
    }
}

static uint64_t passed(void)
{
    static uint32_t last;
    static uint64_t rounds;
    uint32_t now = (uint32_t)async_port_now();
    rounds += now < last;
    last = now;
    return rounds << 32 | now;
}

static void compute(uint32_t ticks)
{
    async_port_state before = async_port_lock();
    async_ticks_ += ticks;
    async_port_unlock(before);
}

static bool worked(void) { return jumped > 0; }

#else

volatile uint32_t async_ticks_; /* the board's start-up still ticks: that ends its sleeps */
static uint64_t counter;        /* what the port's counter is the low bits of */
static unsigned alarms;
static async_time sleeping_until;

uint32_t async_port_counter(void)
{
    return (uint32_t)++counter; /* with bits above the port's, which are ignored */
}

void async_port_alarm(uint32_t when)
{
    const uint64_t mask = ASYNCIO_COUNTER_BITS == 32 ? 0xFFFFFFFFu : ((uint32_t)1 << ASYNCIO_COUNTER_BITS % 32) - 1;
    uint64_t ahead = (when - counter) & mask;
    alarms++;
    if (ahead > mask / 2 + 1)
        board_exit(3); /* more than half a round: a round may be missed */
    counter += ahead - (ahead > 3 ? 3 : ahead); /* it is nearly there, so that the port does sleep */
}

static uint64_t passed(void) { return counter; }
static void compute(uint32_t ticks) { counter += ticks; }
static bool worked(void) { return alarms > 0; }

#endif

static uint64_t woken;

struct overdue {
    async_frame frame;
};
async(overdue)
{
    async_begin;
    await(async_sleep, .delay = 100);
    woken = passed();
    async_end;
}
static async_storage(sizeof(struct overdue) + sizeof(struct async_sleep)) storage_overdue;

struct sleeper {
    async_frame frame;
    unsigned i;
    uint64_t began;
    async_time before, delay;
    async_task *overdue;
};

static const async_time delays[] = { 1, 100, 30000, 33000, 65535, 65536, 70000, 200000, 0x7fff, 0x8000, 1000000, 0x40000000,
    0x7ffffff0, 5 };
enum { DELAYS = sizeof delays / sizeof delays[0] };

async(sleeper)
{
    async_begin;
    for (self->i = 0; self->i < 3 * DELAYS; self->i++) {
        self->delay = delays[self->i % DELAYS];
        self->before = async_port_now();
        self->began = passed();
        sleeping_until = ASYNC_LATER_(self->before, self->delay);
        await(async_sleep, .delay = self->delay);
        {
            uint64_t slept = passed() - self->began, delay = (uint64_t)self->delay;
            if (slept < delay || slept > delay + 100)
                board_exit(4);
            if ((uint32_t)async_port_now() - (uint32_t)self->before < (uint32_t)delay)
                board_exit(5);
        }
    }
    if (!worked())
        board_exit(6);
    self->overdue = async_create_task_on(&storage_overdue, overdue);
    await(async_sleep, .delay = 0);
    compute(1000);
    self->began = passed();
    sleeping_until = ASYNC_LATER_(async_port_now(), ASYNC_FOREVER - 1);
    await(async_sleep, .delay = ASYNC_FOREVER - 1);
    board_exit(woken - self->began > 100 ? 7 : passed() - self->began < ASYNC_FOREVER - 1 ? 8 : 42);
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
