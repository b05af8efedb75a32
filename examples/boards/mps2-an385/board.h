/* board.h: ARM's MPS2 as AN385 (Cortex-M3). AN386 (M4) and AN500 (M7) have the same map. */
#ifndef BOARD_H
#define BOARD_H

#include "../console.h"

#define BOARD_CLOCK_HZ 25000000u
#define BOARD_UART 0x40004000u
#define BOARD_UART_IRQ 0 /* something was received */

#ifndef BOARD_LEDS
#define BOARD_LEDS BOARD_REGISTER(0x40028000u)
#endif
static inline void board_toggle(unsigned led) { BOARD_LEDS ^= (uint32_t)1 << led; }

#endif
