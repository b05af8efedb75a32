/* board.h: ATmega328P as an Arduino Uno has it, and ATmega2560: LED 0 is at PB5, the Uno's own, LED 1 at PB4. */
#ifndef BOARD_H
#define BOARD_H

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
