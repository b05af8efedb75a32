/* startup.c: ATmega328P (an Arduino Uno) and ATmega2560: timer 1 ticks, USART 0 receives. The compiler brings vectors,
 * reset and the linker script (-mmcu). */
#define ASYNCIO_BARE 1
#include "board.h"
#include "../startup.h"
#include <avr/interrupt.h>

#ifndef USART_RX_vect
#define USART_RX_vect USART0_RX_vect
#endif

#if ASYNCIO_TICKLESS

uint32_t async_port_counter(void) { return TCNT1; }

void async_port_alarm(uint32_t when) { OCR1A = (uint16_t)when; }

ISR(TIMER1_COMPA_vect) {} /* the alarm: it has ended the sleep */

#else

ISR(TIMER1_COMPA_vect) { board_ticked(); }

#endif

ISR(USART_RX_vect) { board_received(UDR0); }

void board_init(void)
{
    board_receives();
    DDRB = 1 << 5 | 1 << 4; /* the LEDs */
    UBRR0 = BOARD_CLOCK_HZ / 8 / 115200 - 1; /* in steps of 8 clocks: 2% too fast at 16 MHz */
    UCSR0A = 1 << U2X0;
    UCSR0C = 1 << UCSZ01 | 1 << UCSZ00;
    UCSR0B = 1 << RXCIE0 | 1 << RXEN0 | 1 << TXEN0; /* receive, send, interrupt for what is received */
#if ASYNCIO_TICKLESS
    TCCR1B = 1 << CS12 | 1 << CS10; /* once in 1024 clocks */
#else
    OCR1A = BOARD_CLOCK_HZ / 64 / ASYNCIO_TICK_HZ - 1;
    TCCR1B = 1 << WGM12 | 1 << CS11 | 1 << CS10; /* up to OCR1A, once in 64 clocks */
#endif
    TIMSK1 = 1 << OCIE1A;
    SMCR = 1 << SE; /* SLEEP stops the processor only */
    sei();
}

void board_put(char c)
{
    while (!(UCSR0A & 1 << UDRE0)) {
    }
    UDR0 = (uint8_t)c;
}

/* The simulator ends when the processor sleeps with interrupts off, with the status in a register that is the program's
 * to use. A real part stays here. */
void board_exit(int status)
{
    GPIOR1 = (uint8_t)status;
    cli();
    for (;;)
        __asm__ volatile("sleep");
}
