/* console.h: what the examples want of a board: the same on every one. NAME/startup.c implements it. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "asyncio.h"

/* board_init: the tick, and a serial line whose received bytes come by interrupt. Interrupts are on when it returns.
 * board_input: those bytes.
 * board_put: writes one; waits until the line takes it.
 * board_exit: ends the program; under an emulator its status is the emulator's. */
void board_init(void);
extern async_isr_ring board_input;
void board_put(char c);
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void board_exit(int status);

static inline void board_puts(const char *text)
{
    while (*text != '\0')
        board_put(*text++);
}

static inline void board_putu(unsigned n)
{
    char digits[10];
    unsigned i = 0;
    do
        digits[i++] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    while (i > 0)
        board_put(digits[--i]);
}

#endif
