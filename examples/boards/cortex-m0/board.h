/* board.h: what the examples want of a board. */
#ifndef BOARD_H
#define BOARD_H

#include "asyncio.h"

#define BOARD_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* The processor's clock, and where the LEDs are: the output register of a port. Those of an STM32F030 after a reset. */
#ifndef BOARD_CLOCK_HZ
#define BOARD_CLOCK_HZ 8000000u
#endif
#ifndef BOARD_LEDS
#define BOARD_LEDS BOARD_REGISTER(0x48000014u)
#endif

/* board_init: starts the tick. */
void board_init(void);

static inline void board_toggle(unsigned led) { BOARD_LEDS ^= 1u << led; }

#endif
