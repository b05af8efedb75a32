/* timer.h: a one-shot timer in place of the tick, on the boards whose tests need it. */
#ifndef TIMER_H
#define TIMER_H

void timer_handler(void);

#define TIMER_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#if defined(__AVR__)

#include <avr/interrupt.h>
#include <avr/io.h>

/* Timer 2; the tick stops. In its normal mode. */
static inline bool timer_is_pending(void) { return (TIFR2 & 1 << OCF2A) != 0; }
static inline void timer_start(uint32_t after)
{
    TCNT2 = 0;
    OCR2A = (uint8_t)(after * 12);
    TCCR2B = 1 << CS21 | 1 << CS20; /* in steps of 32 clocks: the way to the sleep is long */
}
ISR(TIMER2_COMPA_vect)
{
    TCCR2B = 0;
    timer_handler();
}
static void timer_init(void)
{
    TIMSK1 = 0;
    TIMSK2 = 1 << OCIE2A;
}

#elif defined(__riscv)

/* The compare of the tick, which stops. */
#define TIMER_COMPARE 0x02004000u
#define TIMER_NOW 0x0200BFF8u

static inline bool timer_is_pending(void)
{
    uint32_t pending;
    __asm__ volatile("csrr %0, mip" : "=r"(pending));
    return (pending & 1u << 7) != 0;
}
/* After so many tenths of a microsecond. */
static inline void timer_start(uint32_t after)
{
    uint32_t low = TIMER_REGISTER(TIMER_NOW), high = TIMER_REGISTER(TIMER_NOW + 4), when = low + after;
    TIMER_REGISTER(TIMER_COMPARE + 4) = 0xFFFFFFFFu;
    TIMER_REGISTER(TIMER_COMPARE) = when;
    TIMER_REGISTER(TIMER_COMPARE + 4) = when < low ? high + 1 : high;
}
__attribute__((interrupt("machine"), aligned(4))) static void timer_trap(void)
{
    TIMER_REGISTER(TIMER_COMPARE + 4) = 0xFFFFFFFFu;
    timer_handler();
}
static void timer_init(void)
{
    TIMER_REGISTER(TIMER_COMPARE + 4) = 0xFFFFFFFFu;
    __asm__ volatile("csrw mtvec, %0" : : "r"(timer_trap));
}

#else

/* SysTick, so the tick stops: a copy of the board's vectors has this handler in place of its own. */
static inline bool timer_is_pending(void) { return (TIMER_REGISTER(0xE000ED04u) & 1u << 26) != 0; }
static inline void timer_start(uint32_t after)
{
    TIMER_REGISTER(0xE000E014u) = after * 5;
    TIMER_REGISTER(0xE000E018u) = 0;
    TIMER_REGISTER(0xE000E010u) = 7;
}
static void timer_fired(void)
{
    TIMER_REGISTER(0xE000E010u) = 0;
    TIMER_REGISTER(0xE000ED04u) = 1u << 25; /* one that was pending again meanwhile */
    timer_handler();
}
static void (*timer_vectors[64])(void) __attribute__((aligned(256)));
static void timer_init(void)
{
    unsigned i;
    TIMER_REGISTER(0xE000E010u) = 0;
    for (i = 0; i < 16 + 33; i++)
        timer_vectors[i] = ((void (*const *)(void))(uintptr_t)TIMER_REGISTER(0xE000ED08u))[i];
    timer_vectors[15] = timer_fired;
    TIMER_REGISTER(0xE000ED08u) = (uint32_t)(uintptr_t)timer_vectors;
    TIMER_REGISTER(0xE000ED04u) = 1u << 25;
}

#endif

#endif
