/* Before asyncio.h: its memory is counted, so that a test can say that all of it was given back.
 *
 *     #define ASYNCIO_IMPLEMENTATION
 *     #include "counted.h"
 *     #include "asyncio.h"
 *     #include "unit.h"
 *
 * Only stddef.h is included, since asyncio.h wants to be before all system headers. In a program with its own
 * ASYNCIO_MALLOC (the group memory) nothing is counted. */
#ifndef ASYNCIO_TEST_COUNTED_H
#define ASYNCIO_TEST_COUNTED_H

#ifndef ASYNCIO_MALLOC

#include <stddef.h>

static void *counted_malloc(size_t size);
static void counted_free(void *block);
#define ASYNCIO_MALLOC counted_malloc
#define ASYNCIO_FREE counted_free
#define ASYNCIO_TEST_COUNTS 1

#endif

/* Blocks that are allocated now, how many were asked for, and which of these fails: 0: none. See unit.h. */
static long counted_live, counted_calls, counted_fails_at;

#endif
