/* board.h: ATmega328P as an Arduino Uno has it, and ATmega2560: LED 0 is at PB5, the Uno's own, LED 1 at PB4. */
#ifndef BOARD_H
#define BOARD_H

/* Without a tick: timer 1 has 16 bits and counts the clock / 1024: a round takes 4.2 s. */
#if defined(ASYNCIO_TICKLESS) && ASYNCIO_TICKLESS && !defined(ASYNCIO_TICK_HZ) /* unless it was chosen before */
#define ASYNCIO_TICK_HZ 15625
#define ASYNCIO_COUNTER_BITS 16
#endif

#include "../console.h"
#include <avr/io.h>

#define BOARD_CLOCK_HZ 16000000
#define BOARD_INPUT_SIZE 32

#ifndef BOARD_LEDS /* a one written to PINB switches the pin */
static inline void board_toggle(unsigned led) { PINB = (uint8_t)(0x20u >> led); }
#else
static inline void board_toggle(unsigned led) { BOARD_LEDS ^= 0x20u >> led; }
#endif

#endif
