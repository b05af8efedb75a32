/* What unit tests share: the frame of test.h, a diary, and time that does not pass by itself.
 *
 *     note("a%d ", i);               writes into the diary
 *     CHECK_NOTES("a1 a2 ");         it says exactly that; it is empty again
 *     CHECK_INT(RUN(main_, ...), ASYNC_OK);   async_run on a virtual clock
 *
 * TEST_MANY is how large a large test is; under slow checkers and in the group memory it is smaller. */
#ifndef ASYNCIO_TEST_UNIT_H
#define ASYNCIO_TEST_UNIT_H

#include "test.h"
#include <stdarg.h>

#ifndef TEST_MANY
#define TEST_MANY 100000
#endif

#ifndef TEST_DIARY
#define TEST_DIARY 4096
#endif
static char diary[TEST_DIARY];

static inline void note(const char *format, ...)
{
    size_t length = strlen(diary);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(diary + length, sizeof diary - length, format, arguments);
    va_end(arguments);
}

#define CHECK_NOTES(text)                                                                           \
    do {                                                                                            \
        CHECK_STR(diary, text);                                                                     \
        diary[0] = '\0';                                                                            \
    } while (0)

static inline const async_loop_config *virtual_time(void)
{
    static async_loop_config config;
    config.virtual_clock = true;
#ifdef TEST_POLLER
    config.poller = TEST_POLLER;
#endif
    return &config;
}

/* TEST_POLLER: the loops of the tests are pinned to this poller: for test_fd_epoll.c and its like. */
#ifdef TEST_POLLER
static inline const async_loop_config *real_time(void)
{
    static async_loop_config config;
    config.poller = TEST_POLLER;
    return &config;
}
#undef async_run
#define async_run(...) async_run_with(real_time(), __VA_ARGS__)
#define async_new_event_loop() async_new_event_loop_with(real_time())
#endif

#define RUN(...) async_run_with(virtual_time(), __VA_ARGS__)

/* Beside other threads a loop waits for ever where it would answer DEADLOCK, since they might call it; Criterion, the
 * thread sanitizer and some emulators have threads of their own. A test of a deadlock asks first. */
#define alone() (!async_has_other_threads_())

/* Small numbers for failures of the tests' own. */
#define BOOM ASYNC_USER_ERROR(1)
#define BANG ASYNC_USER_ERROR(2)

static inline const char *word(async_status status)
{
    static char other[32];
    switch (status) {
    case ASYNC_OK: return "ok";
    case ASYNC_CANCELLED: return "cancelled";
    case ASYNC_TIMED_OUT: return "timeout";
    case ASYNC_NO_MEMORY: return "memory";
    case BOOM: return "boom";
    case BANG: return "bang";
    default: break;
    }
    snprintf(other, sizeof other, "%d", status);
    return other;
}

#ifdef ASYNCIO_TEST_COUNTS
#ifdef __GNUC__
#define COUNTED_ADD(x, n) __atomic_add_fetch(&(x), n, __ATOMIC_RELAXED)
#else
#define COUNTED_ADD(x, n) ((x) += (n))
#endif

static void *counted_malloc(size_t size)
{
    void *block = COUNTED_ADD(counted_calls, 1) == counted_fails_at ? NULL : malloc(size);
    if (block != NULL)
        (void)COUNTED_ADD(counted_live, 1);
    return block;
}

static void counted_free(void *block)
{
    (void)COUNTED_ADD(counted_live, -(block != NULL));
    free(block);
}
#endif

#ifdef ASYNCIO_TEST_COUNTED_H
/* EACH_ALLOCATION_FAILS { ... }    runs the block again and again, each time with another allocation failing, until it
 * needs no more of them; each time it must give all back. In the group memory, which has failures of its own: once. */
#define EACH_ALLOCATION_FAILS for (counted_fails_at = 0; counted_again();)

static inline int counted_again(void)
{
#ifdef ASYNCIO_TEST_COUNTS
    if (counted_fails_at > 0)
        CHECK_INT(counted_live, 0);
    if (counted_fails_at > 0 && counted_calls < counted_fails_at)
        return (int)(counted_fails_at = 0);
    counted_calls = 0;
    return (int)++counted_fails_at;
#else
    return ++counted_fails_at == 1;
#endif
}
#endif

#endif
