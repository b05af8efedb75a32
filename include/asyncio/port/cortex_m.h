/* cortex_m.h: the ready port of every Cortex-M: PRIMASK masks, WFI sleeps. */
#ifndef ASYNCIO_PORT_CORTEX_M_H
#define ASYNCIO_PORT_CORTEX_M_H

#include "port.h"

#if ASYNC_PORT_CORTEX_M_

ASYNC_EXTERN_C_BEGIN_

typedef uint32_t async_port_state;

static inline async_port_state async_port_lock(void)
{
    async_port_state before;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before) : : "memory");
    return before;
}

static inline void async_port_unlock(async_port_state before)
{
    __asm__ volatile("msr primask, %0" : : "r"(before) : "memory");
}

/* An interrupt that is pending ends WFI although it is masked: none can come unseen between a check and this. */
static inline void async_port_sleep_(void) { __asm__ volatile("dsb\n\twfi" : : : "memory"); }

ASYNC_EXTERN_C_END_

#endif
#endif
