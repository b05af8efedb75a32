/* board.h: QEMU's RISC-V board "virt" (RV32IMAC). It has no LEDs: a variable stands for them. */
#ifndef BOARD_H
#define BOARD_H

#include "../console.h"

#ifndef BOARD_LEDS
extern volatile uint32_t board_leds;
#define BOARD_LEDS board_leds
#endif
static inline void board_toggle(unsigned led) { BOARD_LEDS ^= (uint32_t)1 << led; }

#endif
