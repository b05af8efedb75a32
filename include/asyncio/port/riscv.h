/* riscv.h: the ready port of RISC-V in machine mode: mstatus.MIE masks, WFI sleeps. */
#ifndef ASYNCIO_PORT_RISCV_H
#define ASYNCIO_PORT_RISCV_H

#include "port.h"

#if ASYNC_PORT_RISCV_

ASYNC_EXTERN_C_BEGIN_

typedef uintptr_t async_port_state;

/* csrrci before, mstatus, MIE and csrs mstatus, before, in numbers: the names need -march=..._zicsr of newer
 * assemblers, which older ones do not know. */
static inline async_port_state async_port_lock(void)
{
    async_port_state before;
    __asm__ volatile(".insn i 0x73, 7, %0, x8, 0x300" : "=r"(before) : : "memory");
    return before & 8;
}

static inline void async_port_unlock(async_port_state before)
{
    __asm__ volatile(".insn i 0x73, 2, x0, %0, 0x300" : : "r"(before) : "memory");
}

/* An interrupt that is pending and enabled in mie ends WFI although mstatus masks it. */
static inline void async_port_sleep_(void) { __asm__ volatile("fence\n\twfi" : : : "memory"); }

ASYNC_EXTERN_C_END_

#endif
#endif
