/* board.h: BBC micro:bit 1 (nRF51822, Cortex-M0). The LEDs are a matrix: 0 and 1 are its first two rows. */
#ifndef BOARD_H
#define BOARD_H

#include "../console.h"

#ifndef BOARD_LEDS
#define BOARD_LEDS BOARD_REGISTER(0x50000504u)
#endif
static inline void board_toggle(unsigned led) { BOARD_LEDS ^= (uint32_t)1 << (13 + led); }

#endif
