/* atmega328p.c: the least start-up of an ATmega328P, for tools/size: a tick. The compiler brings the rest. */
#define ASYNCIO_BARE 1
#include "board.h"
#include <avr/interrupt.h>

ISR(TIMER1_COMPA_vect) { async_port_tick(); }

void board_init(void)
{
    DDRB = 1 << 5 | 1 << 4;
    OCR1A = BOARD_CLOCK_HZ / 64 / ASYNCIO_TICK_HZ - 1;
    TCCR1B = 1 << WGM12 | 1 << CS11 | 1 << CS10;
    TIMSK1 = 1 << OCIE1A;
    SMCR = 1 << SE;
    sei();
}
