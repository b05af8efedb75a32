/* board.h: QEMU's RISC-V board "virt" (RV32IMAC). It has no LEDs: a variable stands for them. */
#ifndef BOARD_H
#define BOARD_H

/* Without a tick: mtime counts at 10 MHz, of which 78,125 Hz is the largest part that is a power of two. */
#define BOARD_MTIME_SHIFT 7
#if defined(ASYNCIO_TICKLESS) && ASYNCIO_TICKLESS && !defined(ASYNCIO_TICK_HZ) /* unless it was chosen before */
#define ASYNCIO_TICK_HZ 78125
#endif

#include "../console.h"

#ifndef BOARD_LEDS
extern volatile uint32_t board_leds;
#define BOARD_LEDS board_leds
#endif
static inline void board_toggle(unsigned led) { BOARD_LEDS ^= (uint32_t)1 << led; }

#endif
