/* port.c: a template for a port of one's own: copy it, and change what is marked. Built with -DASYNCIO_PORT_CUSTOM=1; a
 * processor that asyncio.h does not know needs no switch but ASYNCIO_BARE. As it stands it is a Cortex-M's, and the tests
 * run two of the examples on it.
 *
 *     [ ] a tick interrupt calls async_port_tick() ASYNCIO_TICK_HZ times a second (default 1000)
 *     [ ] lock masks every interrupt that calls functions of asyncio.h, and unlock puts back what lock found: pairs nest
 *     [ ] an interrupt that is pending when wait is called ends the sleep, though it is masked
 *     [ ] a clock of 32 bits is read in one piece, also by an interrupt in the middle of a tick
 *     [ ] a sleep of ten minutes is one, and so is a sleep across the moment when the clock wraps around; for a try let
 *         ticks begin at 0xFFFFF000
 *     [ ] tests/boards/interrupts.c passes: interrupts while a task runs, right before the sleep, and in it */
#define ASYNCIO_BARE 1
#include "asyncio.h"
#include "port.h"

static volatile uint32_t ticks;

void async_port_tick(void) { ticks = ticks + 1; }

/* One instruction reads it; on a processor of 8 or 16 bits this is done between lock and unlock. */
async_time async_port_now(void) { return (async_time)ticks; }

/* Change: which interrupts are enabled, and disable them. */
async_port_state async_port_lock(void)
{
    async_port_state before;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before) : : "memory");
    return before;
}

/* Change: as they were. */
void async_port_unlock(async_port_state before) { __asm__ volatile("msr primask, %0" : : "r"(before) : "memory"); }

/* Moments are compared by their difference, since they wrap around. The tick ends the sleep at the latest. */
void async_port_wait(async_time until)
{
    if ((async_time)((uint32_t)until - ticks) > 0)
        __asm__ volatile("dsb\n\twfi" : : : "memory"); /* change: sleep until an interrupt is pending */
}
