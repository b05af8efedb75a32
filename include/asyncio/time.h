/* time.h: what a moment and a duration are. Hosts: 64-bit nanoseconds. Boards: ticks of ASYNCIO_TICK_HZ, 32 bits that
 * wrap around. */
#ifndef ASYNCIO_TIME_H
#define ASYNCIO_TIME_H

#include "config.h"

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_BARE

/* async_time: a moment of the loop's clock, or a duration; signed, in ticks. */
typedef int32_t async_time;
#define ASYNC_FOREVER INT32_MAX

/* Ticks from a duration, rounded up: a constant argument gives a constant, and no floating point is linked. */
#define async_us(n) ((async_time)(((n) * (int64_t)ASYNCIO_TICK_HZ + 999999) / 1000000))
#define async_ms(n) ((async_time)(((n) * (async_time)ASYNCIO_TICK_HZ + 999) / 1000))
#define async_seconds(n) ((async_time)((n) * (async_time)ASYNCIO_TICK_HZ))

/* Moments wrap: the difference decides. */
#define ASYNC_BEFORE_(a, b) ((async_time)((uint32_t)(a) - (uint32_t)(b)) < 0)
#define ASYNC_LATER_(moment, delay) ((async_time)((uint32_t)(moment) + (uint32_t)(delay)))

#else

/* async_time: a moment of the loop's clock, or a duration; signed, in nanoseconds. */
typedef int64_t async_time;
/* ASYNC_FOREVER: no deadline (asyncio's None). */
#define ASYNC_FOREVER INT64_MAX

/* A duration in nanoseconds; the argument may be an integer or a floating-point number. */
#define async_us(n) ((async_time)((n) * INT64_C(1000)))
#define async_ms(n) ((async_time)((n) * INT64_C(1000000)))
#define async_seconds(n) ((async_time)((n) * INT64_C(1000000000)))

#define ASYNC_BEFORE_(a, b) ((a) < (b))
/* a far deadline must not overflow into the past */
#define ASYNC_LATER_(moment, delay) ((delay) >= ASYNC_FOREVER - (moment) ? ASYNC_FOREVER : (moment) + (delay))

#endif

ASYNC_EXTERN_C_END_

#endif
