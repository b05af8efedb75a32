/* avr.h: the ready port of AVR: the I bit of SREG masks, SLEEP sleeps. The program chooses a sleep mode and enables sleep
 * once (sleep_enable() of avr/sleep.h); until then the loop spins. */
#ifndef ASYNCIO_PORT_AVR_H
#define ASYNCIO_PORT_AVR_H

#include "port.h"

#if ASYNC_PORT_AVR_

ASYNC_EXTERN_C_BEGIN_

typedef uint8_t async_port_state;

/* 0x3f is SREG. */
static inline async_port_state async_port_lock(void)
{
    async_port_state before;
    __asm__ volatile("in %0, 0x3f\n\tcli" : "=r"(before) : : "memory");
    return before;
}

static inline void async_port_unlock(async_port_state before)
{
    __asm__ volatile("out 0x3f, %0" : : "r"(before) : "memory");
}

/* SEI takes effect after the next instruction, so an interrupt that is pending ends SLEEP at once. Its handler runs before
 * CLI; an emulator needs some cycles for that. */
static inline void async_port_sleep_(void)
{
    __asm__ volatile("sei\n\tsleep\n\tnop\n\tnop\n\tnop\n\tnop\n\tcli" : : : "memory");
}

ASYNC_EXTERN_C_END_

#endif
#endif
