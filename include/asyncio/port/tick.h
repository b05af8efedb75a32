/* tick.h: the clock of the ready ports: a tick interrupt, or (ASYNCIO_TICKLESS) a counter that runs by itself and an
 * alarm, so that the processor sleeps until the next deadline. */
#ifndef ASYNCIO_PORT_TICK_H
#define ASYNCIO_PORT_TICK_H

#include "avr.h"
#include "cortex_m.h"
#include "riscv.h"

#if ASYNC_PORT_READY_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_TICKLESS

/* async_port_counter: the program's: a counter of ASYNCIO_COUNTER_BITS bits that counts up at ASYNCIO_TICK_HZ and wraps
 * around; what lies above those bits is ignored. Called with interrupts masked.
 * async_port_alarm: the program's: let an interrupt come when the counter reaches `when` (in its bits), in place of what
 * was asked for before. If that has just passed none need come. Called with interrupts masked. */
uint32_t async_port_counter(void);
void async_port_alarm(uint32_t when);

/* async_port_now: the clock, in ticks. Any context. A counter of 16 bits must be looked at once in a round: the loop does
 * when it sleeps; a program that computes for longer calls this from the counter's overflow interrupt. */
async_time async_port_now(void);

#else

extern volatile uint32_t async_ticks_;

/* async_port_tick: one tick has passed: the program calls it from its tick interrupt, ASYNCIO_TICK_HZ times a second, and
 * nowhere else. */
static inline void async_port_tick(void) { async_ticks_ = async_ticks_ + 1; }

/* async_port_now: the clock, in ticks. Any context. */
static inline async_time async_port_now(void)
{
#if UINTPTR_MAX <= 0xFFFFu /* read in several pieces */
    async_port_state before = async_port_lock();
    async_time now = (async_time)async_ticks_;
    async_port_unlock(before);
    return now;
#else
    return (async_time)async_ticks_;
#endif
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNC_PORT_READY_
#ifndef ASYNCIO_PORT_TICK_IMPLEMENTATION_
#define ASYNCIO_PORT_TICK_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_TICKLESS

#if ASYNCIO_COUNTER_BITS == 32
#define ASYNC_COUNTER_MASK_ 0xFFFFFFFFu
#else
#define ASYNC_COUNTER_MASK_ (((uint32_t)1 << ASYNCIO_COUNTER_BITS) - 1)
#endif

static uint32_t async_counted_; /* the clock when the counter was last read; its low bits are the counter's */

async_time async_port_now(void)
{
    async_port_state before = async_port_lock();
    async_time now;
    async_counted_ += (async_port_counter() - async_counted_) & ASYNC_COUNTER_MASK_;
    now = (async_time)async_counted_;
    async_port_unlock(before);
    return now;
}

/* Half a round at most, so that no round is missed. */
static void async_port_wait(async_time until)
{
    async_time longest = (async_time)(ASYNC_COUNTER_MASK_ / 2), now = async_port_now();
    async_time left = (async_time)((uint32_t)until - (uint32_t)now);
    if (left > ASYNCIO_LONGEST_SLEEP)
        left = ASYNCIO_LONGEST_SLEEP;
    if (left > longest)
        left = longest;
    if (left <= 0)
        return;
    until = ASYNC_LATER_(now, left);
    async_port_alarm((uint32_t)until & ASYNC_COUNTER_MASK_);
    if (ASYNC_BEFORE_(async_port_now(), until)) /* the counter may have passed it while the alarm was set */
        async_port_sleep_();
}

#else

volatile uint32_t async_ticks_;

static inline void async_port_wait(async_time until)
{
    if (ASYNC_BEFORE_(async_port_now(), until))
        async_port_sleep_();
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
