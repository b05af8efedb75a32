/* board.h: BBC micro:bit 1 (nRF51822, Cortex-M0). The LEDs are a matrix: 0 and 1 are its first two rows. */
#ifndef BOARD_H
#define BOARD_H

/* Without a tick: TIMER0 counts at 16 MHz / 2^9. (On batteries it would be RTC0, which runs while the rest sleeps: no
 * emulator has it.) */
#if defined(ASYNCIO_TICKLESS) && ASYNCIO_TICKLESS && !defined(ASYNCIO_TICK_HZ) /* unless it was chosen before */
#define ASYNCIO_TICK_HZ 31250
#endif

#include "../console.h"

#ifndef BOARD_LEDS
#define BOARD_LEDS BOARD_REGISTER(0x50000504u)
#endif
static inline void board_toggle(unsigned led) { BOARD_LEDS ^= (uint32_t)1 << (13 + led); }

#endif
