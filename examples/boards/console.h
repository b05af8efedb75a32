/* console.h: what the examples want of a board: the same on every one. NAME/board.h adds the LEDs, NAME/startup.c is the
 * implementation; the sources of the examples are the same everywhere and include "board.h". */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "asyncio.h"

#define BOARD_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* board_init: the clock of the loop, and a serial line whose received bytes come by interrupt. Interrupts are on when it
 * returns.
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

/* board_toggle(led): in board.h: switches LED 0 or 1.
 * board_button_down: whether the button's contact is closed at this moment: it bounces.
 * board_button: set when that has changed. */
bool board_button_down(void);
extern async_isr_event board_button;

/* board_watchdog_start: from now on the program ends with status 98 when there is no board_watchdog_restart() for so many
 * ticks. Not where ASYNCIO_TICKLESS is on. */
void board_watchdog_start(unsigned ticks);
void board_watchdog_restart(void);

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
