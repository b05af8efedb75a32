/* port.h: what the loop needs from below: a clock, waiting, and on boards an interrupt lock.
 *
 * Hosts get them from POSIX. Cortex-M, RISC-V and AVR have a ready port (cortex_m.h, riscv.h, avr.h), which needs a tick
 * or a counter (tick.h). Any other board, and one with ASYNCIO_PORT_CUSTOM 1, supplies these four functions, in C:
 *
 *     static volatile uint32_t ticks;                 // an interrupt counts it up, ASYNCIO_TICK_HZ times a second
 *     async_time async_port_now(void) { return (async_time)ticks; }
 *     async_port_state async_port_lock(void) { async_port_state before = irq_enabled(); irq_disable(); return before; }
 *     void async_port_unlock(async_port_state before) { if (before) irq_enable(); }
 *     void async_port_wait(async_time until) { if (until - async_port_now() > 0) sleep_until_interrupt(); }
 *
 * Checklist:
 *   - The clock never goes back, wraps around at 32 bits and nowhere else, and is read in one piece: where the
 *     processor needs several instructions for 32 bits, between lock and unlock.
 *   - unlock gives back what lock found: pairs nest, and are used in interrupt handlers too.
 *   - wait is called with interrupts locked and returns with them locked. An interrupt that is pending when it is called
 *     ends it at once, or the wake of a task is lost: an instruction that wakes though interrupts are masked (WFI), or
 *     one that unmasks and sleeps in one (SEI, SLEEP). Pending handlers run at the latest in the unlock after it.
 *   - wait may return early at any time, and returns at once if `until` has passed. It compares by difference.
 *   - Something, the tick or an alarm, interrupts by `until`.
 *   - As a task of an RTOS: lock is its critical section, from interrupts too; wait leaves it, waits for the task's
 *     notification with a timeout, and enters it again; an interrupt that raises something gives the notification. */
#ifndef ASYNCIO_PORT_H
#define ASYNCIO_PORT_H

#include "../time.h"

#if ASYNCIO_BARE && !ASYNCIO_PORT_CUSTOM
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define ASYNC_PORT_CORTEX_M_ 1
#elif defined(__riscv)
#define ASYNC_PORT_RISCV_ 1
#elif defined(__AVR__)
#define ASYNC_PORT_AVR_ 1
#endif
#endif
#ifndef ASYNC_PORT_CORTEX_M_
#define ASYNC_PORT_CORTEX_M_ 0
#endif
#ifndef ASYNC_PORT_RISCV_
#define ASYNC_PORT_RISCV_ 0
#endif
#ifndef ASYNC_PORT_AVR_
#define ASYNC_PORT_AVR_ 0
#endif
#define ASYNC_PORT_READY_ (ASYNC_PORT_CORTEX_M_ || ASYNC_PORT_RISCV_ || ASYNC_PORT_AVR_)

ASYNC_EXTERN_C_BEGIN_

#if !ASYNC_PORT_READY_
/* async_port_now: the clock: monotonic, in units of async_time. On boards from interrupts too. */
async_time async_port_now(void);
#endif

#if ASYNCIO_BARE && !ASYNC_PORT_READY_
/* async_port_state: what async_port_lock() found. */
typedef uintptr_t async_port_state;
/* async_port_lock, async_port_unlock: mask interrupts around a few instructions, and put back what was before:
 *     async_port_state before = async_port_lock(); ... async_port_unlock(before);
 * They nest, and may be used from interrupts. */
async_port_state async_port_lock(void);
void async_port_unlock(async_port_state before);
/* async_port_wait: sleeps until an interrupt, or until the moment `until` (ASYNC_FOREVER delays never end it). */
void async_port_wait(async_time until);
#endif

ASYNC_EXTERN_C_END_

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_PORT_IMPLEMENTATION_
#define ASYNCIO_PORT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

async_time async_port_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (async_time)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

ASYNC_EXTERN_C_END_

#endif
#endif
