/* asyncio.h for Arduino: the library with this platform's clock and sleep, which are in asyncio.c.
 *
 * Async functions are written as in C++: ASYNC, AWAIT. Tasks live in static memory. loop() is
 * async_loop_run_forever(async_get_event_loop()); a delay() in a task would stop them all. */
#ifndef ASYNCIO_FOR_ARDUINO_H
#define ASYNCIO_FOR_ARDUINO_H

#define ASYNCIO_BARE 1
#define ASYNCIO_PORT_CUSTOM 1
#include "asyncio/asyncio.h"

#endif
