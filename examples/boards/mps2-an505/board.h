/* board.h: ARM's MPS2 as AN505 (Cortex-M33, in the secure state). */
#ifndef BOARD_H
#define BOARD_H

#include "../console.h"

#define BOARD_CLOCK_HZ 20000000u
#define BOARD_UART 0x50200000u
#define BOARD_UART_IRQ 32

#ifndef BOARD_LEDS
#define BOARD_LEDS BOARD_REGISTER(0x50302000u)
#endif
static inline void board_toggle(unsigned led) { BOARD_LEDS ^= (uint32_t)1 << led; }

#endif
