/* watch.h: included before everything else in the test's build of the blinking image. */
#ifndef WATCH_H
#define WATCH_H

#include <stdint.h>

/* The LEDs' register: looks at what was switched since the last call. */
volatile uint32_t *watched_leds(void);

#endif
