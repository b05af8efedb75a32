/* port.h: what the loop needs from below: a clock, waiting, and on boards an interrupt lock.
 *
 * Hosts get them from POSIX. A board supplies the four functions; async_port_wait is called with interrupts locked
 * and returns with them locked, after an interrupt came or the moment `until` was reached: at once if that has passed
 * already, and it may return early. */
#ifndef ASYNCIO_PORT_H
#define ASYNCIO_PORT_H

#include "../time.h"

ASYNC_EXTERN_C_BEGIN_

/* async_port_now: the clock: monotonic, in units of async_time. */
async_time async_port_now(void);

#if ASYNCIO_BARE
/* async_port_wait: sleeps until an interrupt, or until the moment `until` (ASYNC_FOREVER delays never end it). */
void async_port_wait(async_time until);
/* async_port_lock, async_port_unlock: mask and unmask interrupts around a few instructions. */
void async_port_lock(void);
void async_port_unlock(void);
#endif

ASYNC_EXTERN_C_END_

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_PORT_IMPLEMENTATION_
#define ASYNCIO_PORT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

async_time async_port_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (async_time)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

ASYNC_EXTERN_C_END_

#endif
#endif
