/* leds.h: included before everything else in the test's build of the blinking image. */
#ifndef LEDS_H
#define LEDS_H

#include <stdint.h>

/* ASYNCIO_IDLE(), in the build that counts sleeps. */
void about_to_sleep(void);

/* In place of the LEDs' register: it prints what was switched since the last call. */
volatile uint32_t *watched_leds(void);

#endif
