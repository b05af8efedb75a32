/* leds.c: LEDs that print when they are switched, for nearly two seconds, to the nearest 50 ms: a wake comes a tick late now and
 * then. */
#define ASYNCIO_BARE 1
#include "board.h"

#include "leds.h"

#ifndef LEDS_EXIT
#define LEDS_EXIT board_exit
#endif
void LEDS_EXIT(int status);

static volatile uint32_t leds;
static uint32_t seen, changed_at;
#ifdef LEDS_SLEEPS
static unsigned sleeps;
void about_to_sleep(void) { sleeps++; }
#endif

/* The bits of LED 0 are those of the boards. Every call comes directly before a change, which the next one sees. */
volatile uint32_t *watched_leds(void)
{
    uint32_t changed = leds ^ seen, now = (uint32_t)async_port_now() * 8 / (ASYNCIO_TICK_HZ / 125); /* in ms */
    if (changed != 0) {
        board_putu((unsigned)((changed_at + 25) / 50 * 50));
        board_puts(changed & (1u | 1u << 13 | 1u << 5) ? " ms: LED 0 " : " ms: LED 1 ");
        board_puts((leds & changed) != 0 ? "on\n" : "off\n");
    }
    if (now >= 1900) {
#ifdef LEDS_SLEEPS
        board_putu(sleeps);
        board_puts(" sleeps\n");
#endif
        LEDS_EXIT(42);
    }
    seen = leds;
    changed_at = now;
    return &leds;
}
