/* config.h: what the compiler and the platform are, every switch, every status code. */
#ifndef ASYNCIO_CONFIG_H
#define ASYNCIO_CONFIG_H

#define ASYNCIO_VERSION_MAJOR 0
#define ASYNCIO_VERSION_MINOR 1
#define ASYNCIO_VERSION_PATCH 0

/* ASYNCIO_BARE: 1 where there is no POSIX system below: the clock, the idle wait and the interrupt lock come from
 * the board (port/port.h). */
#ifndef ASYNCIO_BARE
#if defined(__unix__) || defined(__unix) || defined(__APPLE__)
#define ASYNCIO_BARE 0
#else
#define ASYNCIO_BARE 1
#endif
#endif

/* A strictly conforming compiler hides POSIX; the one file with the implementation asks for it, before any header. */
#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE && defined(__linux__) && defined(__STRICT_ANSI__) && \
    !defined(_POSIX_C_SOURCE) && !defined(_XOPEN_SOURCE) && !defined(_DEFAULT_SOURCE) && !defined(_GNU_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !ASYNCIO_BARE
#include <errno.h>
#endif
#if !ASYNCIO_BARE || !defined(__GNUC__)
#include <string.h>
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#include <time.h>
#ifndef CLOCK_MONOTONIC
#error "asyncio.h: in the file that defines ASYNCIO_IMPLEMENTATION, include asyncio.h before any other header"
#endif
#endif

/* ---- switches: 0 or 1 unless said otherwise, the same in every file of a program ----------------------------- */

/* ASYNCIO_DEBUG: checks that cost time and memory: stale locals are overwritten, a suspended await knows its line,
 * handles that are never released are named. It changes layouts, so all files of a program must agree (they do not
 * link otherwise). Hosts only. */
#ifndef ASYNCIO_DEBUG
#define ASYNCIO_DEBUG 0
#endif

/* ASYNCIO_VERIFY: the two verification tools of verify.h: seeded scheduling (the member `seed` of async_loop_config) and
 * cancel-everywhere. For tests: each call and each suspension is counted then, as are the library's allocations. Hosts
 * only; all files of a program must agree. */
#ifndef ASYNCIO_VERIFY
#define ASYNCIO_VERIFY 0
#endif

/* ASYNCIO_PROCESSES: signals and, with ASYNCIO_NET, as their pipes are streams, child processes. Hosts only. */
#ifndef ASYNCIO_PROCESSES
#define ASYNCIO_PROCESSES (!(ASYNCIO_BARE))
#endif

/* ASYNCIO_VFORK: on Linux, a process is started by vfork(), which takes the same time however large the program is. 0: by
 * fork(), as elsewhere. */
#ifndef ASYNCIO_VFORK
#define ASYNCIO_VFORK 1
#endif

/* ASYNCIO_PIDFD: on Linux, a process is watched through a descriptor where the kernel has them. 0: by SIGCHLD, as
 * elsewhere. */
#ifndef ASYNCIO_PIDFD
#define ASYNCIO_PIDFD 1
#endif

/* ASYNCIO_KEYWORDS: the lower-case words (async, await, ...). 0 leaves only ASYNC, AWAIT, ...; C++ never has them,
 * since a macro `async` would break std::async. */
#ifndef ASYNCIO_KEYWORDS
#define ASYNCIO_KEYWORDS 1
#endif

/* ASYNCIO_STRICT_LOCALS: an initialised local variable in a block with an await does not compile. 0 allows it where
 * the compiler sees that the variable is not used after the await. C++ is strict by itself. */
#ifndef ASYNCIO_STRICT_LOCALS
#define ASYNCIO_STRICT_LOCALS 1
#endif

/* ASYNCIO_COMPUTED_GOTO: resume by label address (gcc, clang) instead of switch, so that an await may stand inside
 * a switch of the user's. The default is ISO C and measured faster. */
#ifndef ASYNCIO_COMPUTED_GOTO
#define ASYNCIO_COMPUTED_GOTO 0
#endif

/* ASYNCIO_COUNTER: number the awaits of a function densely with __COUNTER__. 0 numbers them by line: smaller
 * demands on the compiler, but one await per line. */
#ifndef ASYNCIO_COUNTER
#if defined(__GNUC__) || defined(__TINYC__)
#define ASYNCIO_COUNTER 1
#else
#define ASYNCIO_COUNTER 0
#endif
#endif

/* ASYNCIO_SMALL: an await calls one shared function (41 bytes on a Cortex-M0) instead of being expanded in line
 * (faster). Files compiled either way link together. */
#ifndef ASYNCIO_SMALL
#if defined(__OPTIMIZE_SIZE__) || (UINTPTR_MAX <= 0xFFFFu)
#define ASYNCIO_SMALL 1
#else
#define ASYNCIO_SMALL 0
#endif
#endif

/* ASYNCIO_NO_HEAP: nothing is allocated; what would need a heap is not declared. It goes with ASYNCIO_BARE: a host's
 * loop has a heap, a board's has none. */
#ifndef ASYNCIO_NO_HEAP
#define ASYNCIO_NO_HEAP ASYNCIO_BARE
#endif

/* ASYNCIO_POOL: task blocks come from slabs of the loop. 0 takes each from ASYNCIO_MALLOC, so that a memory checker
 * sees every one. */
#ifndef ASYNCIO_POOL
#if defined(__SANITIZE_ADDRESS__)
#define ASYNCIO_POOL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASYNCIO_POOL 0
#endif
#endif
#endif
#ifndef ASYNCIO_POOL
#define ASYNCIO_POOL 1
#endif

/* ASYNCIO_THREADS: executors, async_to_thread, channels between loops. Hosts only, where it is on. Before glibc 2.34 such
 * a program is linked with -pthread. */
#ifndef ASYNCIO_THREADS
#define ASYNCIO_THREADS (!(ASYNCIO_BARE))
#endif

/* ASYNCIO_HIGH_WATER: each task knows the most frame stack it has used: async_task_high_water(). It takes two words of a
 * task and a few instructions of an await; all files of a program must agree. */
#ifndef ASYNCIO_HIGH_WATER
#define ASYNCIO_HIGH_WATER ASYNCIO_DEBUG
#endif

/* ASYNCIO_STACK_REPORT: a build for tools/framestack, which sets it: the image has records of who awaits whom, which are
 * not loaded. The code may come out a little different; ship the other one. gcc and clang, ELF. */
#ifndef ASYNCIO_STACK_REPORT
#define ASYNCIO_STACK_REPORT 0
#endif

/* ASYNCIO_NAMES: functions carry their name, file and line for reports and panics. Only a board can do without; there it is
 * the name alone, and takes a word of each task. */
#ifndef ASYNCIO_NAMES
#define ASYNCIO_NAMES (!(ASYNCIO_BARE))
#endif

/* ASYNCIO_EPOLL, ASYNCIO_KQUEUE: a loop that watches many descriptors of which few are busy goes over from poll(2) to what
 * the system has for that: epoll on Linux, kqueue on macOS and the BSDs. 0 compiles it out; poll(2) is always there. */
#ifndef ASYNCIO_EPOLL
#if defined(__linux__) && !ASYNCIO_BARE
#define ASYNCIO_EPOLL 1
#else
#define ASYNCIO_EPOLL 0
#endif
#endif
#ifndef ASYNCIO_KQUEUE
#if (defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
     defined(__DragonFly__)) && !ASYNCIO_BARE
#define ASYNCIO_KQUEUE 1
#else
#define ASYNCIO_KQUEUE 0
#endif
#endif

/* ASYNCIO_ALL_TASKS: the loop keeps a list of its tasks (all_tasks, reports, the clean-up at the end of a run). Only a board
 * can do without; there it takes a word of a task, and all files of a program must agree. */
#ifndef ASYNCIO_ALL_TASKS
#define ASYNCIO_ALL_TASKS (!(ASYNCIO_BARE))
#endif

/* ASYNCIO_TICK_HZ: bare metal: units of async_time in a second. */
#ifndef ASYNCIO_TICK_HZ
#define ASYNCIO_TICK_HZ 1000
#endif

/* ASYNCIO_PORT_CUSTOM: bare metal: 1 where the program supplies the four functions of port/port.h itself, though there is a
 * ready port for the processor. */
#ifndef ASYNCIO_PORT_CUSTOM
#define ASYNCIO_PORT_CUSTOM 0
#endif

/* ASYNCIO_TICKLESS: the ready ports: there is no tick; the program supplies a counter of ASYNCIO_COUNTER_BITS (16 to 32)
 * and an alarm, and the processor sleeps until the next deadline (port/tick.h), but never longer than
 * ASYNCIO_LONGEST_SLEEP ticks: as a watchdog may need it. */
#ifndef ASYNCIO_TICKLESS
#define ASYNCIO_TICKLESS 0
#endif
#ifndef ASYNCIO_COUNTER_BITS
#define ASYNCIO_COUNTER_BITS 32
#endif
#ifndef ASYNCIO_LONGEST_SLEEP
#define ASYNCIO_LONGEST_SLEEP ASYNC_FOREVER
#endif

/* ASYNCIO_IDLE(), ASYNCIO_WATCHDOG(): bare metal: what the program wants done each time before the loop sleeps, with
 * interrupts masked (choose how deep, switch a light off), and in each pass of the loop, which a task that hangs keeps
 * from coming (restart the watchdog). Define them where ASYNCIO_IMPLEMENTATION is; each a few instructions. */
#ifndef ASYNCIO_IDLE
#define ASYNCIO_IDLE() ((void)0)
#endif
#ifndef ASYNCIO_WATCHDOG
#define ASYNCIO_WATCHDOG() ((void)0)
#endif

/* ASYNCIO_STACK_OVERFLOW(task, bytes): bare metal, with ASYNCIO_HIGH_WATER: what the program wants done when an await or a
 * create fails with NO_MEMORY since the storage of this async_task has no room for the frames: async_storage(bytes) has, up
 * to that call. Define it where ASYNCIO_IMPLEMENTATION is. */

/* ASYNCIO_WINDOW: a number of bytes: how much frame stack may be entered by direct C calls before the next call
 * goes through the loop. It bounds the C stack; heap chunks of a frame stack are of this size too. */
#ifndef ASYNCIO_WINDOW
#define ASYNCIO_WINDOW 4096
#endif

/* ASYNCIO_NET: sockets, names, streams, servers, transports. It needs ASYNCIO_THREADS, since the system looks names up
 * only by blocking. Hosts only. */
#ifndef ASYNCIO_NET
#define ASYNCIO_NET ASYNCIO_THREADS
#endif

/* ASYNCIO_MALLOC, ASYNCIO_FREE: where memory comes from. Define both or none. A board that has them allocates the .nodes
 * that gather, wait and race are not given, and nothing else. */
#if defined(ASYNCIO_MALLOC) != defined(ASYNCIO_FREE)
#error "asyncio.h: define ASYNCIO_MALLOC and ASYNCIO_FREE together"
#endif
#if !ASYNCIO_NO_HEAP && !defined(ASYNCIO_MALLOC)
#if defined(ASYNCIO_IMPLEMENTATION)
#include <stdlib.h>
#endif
#define ASYNCIO_MALLOC malloc
#define ASYNCIO_FREE free
#endif

/* ASYNCIO_PANIC(message, file, line): what a bug leads to. It must not return. Bare metal: no arguments' text. */

#if ASYNCIO_COMPUTED_GOTO && !defined(__GNUC__)
#error "asyncio.h: ASYNCIO_COMPUTED_GOTO needs gcc or clang"
#endif
#if ASYNCIO_STACK_REPORT && !defined(__GNUC__)
#error "asyncio.h: ASYNCIO_STACK_REPORT needs gcc or clang"
#endif
#if ASYNCIO_NO_HEAP != ASYNCIO_BARE
#error "asyncio.h: ASYNCIO_NO_HEAP goes with ASYNCIO_BARE: hosts have a heap, boards have none"
#endif
#if !ASYNCIO_ALL_TASKS && !ASYNCIO_BARE
#error "asyncio.h: ASYNCIO_ALL_TASKS 0 is for boards"
#endif
#if !ASYNCIO_NAMES && !ASYNCIO_BARE
#error "asyncio.h: ASYNCIO_NAMES 0 is for boards"
#endif
#if ASYNCIO_NET && !ASYNCIO_THREADS
#error "asyncio.h: ASYNCIO_NET needs ASYNCIO_THREADS, in which names are looked up"
#endif
#if ASYNCIO_VERIFY && ASYNCIO_BARE
#error "asyncio.h: ASYNCIO_VERIFY is for hosts: verify a board's program there"
#endif
#if ASYNCIO_BARE && (ASYNCIO_EPOLL || ASYNCIO_KQUEUE)
#error "asyncio.h: ASYNCIO_EPOLL and ASYNCIO_KQUEUE are for hosts"
#endif
#if ASYNCIO_PROCESSES && ASYNCIO_BARE
#error "asyncio.h: ASYNCIO_PROCESSES is for hosts"
#endif
#if ASYNCIO_THREADS && ASYNCIO_BARE
#error "asyncio.h: ASYNCIO_THREADS is for hosts"
#endif
#if ASYNCIO_COUNTER_BITS < 16 || ASYNCIO_COUNTER_BITS > 32
#error "asyncio.h: ASYNCIO_COUNTER_BITS is 16 to 32"
#endif
#if defined(ASYNCIO_STACK_OVERFLOW) && !ASYNCIO_HIGH_WATER
#error "asyncio.h: ASYNCIO_STACK_OVERFLOW needs ASYNCIO_HIGH_WATER, which counts the bytes"
#endif
#if ASYNCIO_DEBUG && ASYNCIO_BARE
#error "asyncio.h: ASYNCIO_DEBUG is for hosts: debug a board's program there"
#endif

/* ---- compiler ------------------------------------------------------------------------------------------------ */

#ifdef __cplusplus
#define ASYNC_EXTERN_C_BEGIN_ extern "C" {
#define ASYNC_EXTERN_C_END_ }
#else
#define ASYNC_EXTERN_C_BEGIN_
#define ASYNC_EXTERN_C_END_
#endif

#if defined(__GNUC__)
#define ASYNC_RARE_(x) __builtin_expect(!!(x), 0)
#define ASYNC_ASSUME_(x) do { if (!(x)) __builtin_unreachable(); } while (0)
#define ASYNC_COLD_ __attribute__((cold, noinline))
#define ASYNC_NOINLINE_ __attribute__((noinline))
#define ASYNC_INLINE_ static inline __attribute__((always_inline))
#define ASYNC_NORETURN_ __attribute__((noreturn))
#define ASYNC_UNUSED_ __attribute__((unused))
#define ASYNC_EXTENSION_ __extension__
#define ASYNC_MEMSET_ __builtin_memset
#define ASYNC_MEMCPY_ __builtin_memcpy
#else
#define ASYNC_RARE_(x) (x)
#define ASYNC_ASSUME_(x) ((void)0)
#define ASYNC_COLD_
#define ASYNC_NOINLINE_
#define ASYNC_INLINE_ static inline
#define ASYNC_NORETURN_
#define ASYNC_UNUSED_
#define ASYNC_EXTENSION_
#define ASYNC_MEMSET_ memset
#define ASYNC_MEMCPY_ memcpy
#endif

/* tcc has no thread-local variables: there, loops run in one thread only */
#if ASYNCIO_BARE || defined(__TINYC__)
#define ASYNC_THREAD_LOCAL_
#elif defined(__cplusplus) && !defined(__GNUC__)
#define ASYNC_THREAD_LOCAL_ thread_local
#elif defined(__GNUC__)
#define ASYNC_THREAD_LOCAL_ __thread
#else
#define ASYNC_THREAD_LOCAL_ _Thread_local
#endif

#if defined(__SANITIZE_ADDRESS__)
#define ASYNC_ASAN_ 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASYNC_ASAN_ 1
#endif
#endif
#ifndef ASYNC_ASAN_
#define ASYNC_ASAN_ 0
#endif

#define ASYNC_CAT_(a, b) ASYNC_CAT2_(a, b)
#define ASYNC_CAT2_(a, b) a##b
#define ASYNC_CONTAINER_(pointer, type, member) \
    ((type *)(void *)((unsigned char *)(void *)(pointer) - offsetof(type, member)))

/* Two files of one program with different layouts must not link: the switches are part of these names. */
#if ASYNCIO_DEBUG
#define ASYNC_LAYOUT_DEBUG_(name) name##debug_
#else
#define ASYNC_LAYOUT_DEBUG_(name) name
#endif
#if ASYNCIO_COMPUTED_GOTO
#define ASYNC_LAYOUT_GOTO_(name) ASYNC_CAT_(name, goto_)
#else
#define ASYNC_LAYOUT_GOTO_(name) name
#endif
#if ASYNCIO_BARE
#define ASYNC_LAYOUT_BARE_(name) ASYNC_CAT_(name, bare_)
#else
#define ASYNC_LAYOUT_BARE_(name) name
#endif
#if ASYNCIO_NAMES
#define ASYNC_LAYOUT_NAMES_(name) name
#else
#define ASYNC_LAYOUT_NAMES_(name) ASYNC_CAT_(name, nameless_)
#endif
#if ASYNCIO_VERIFY
#define ASYNC_LAYOUT_VERIFY_(name) ASYNC_CAT_(name, verify_)
#else
#define ASYNC_LAYOUT_VERIFY_(name) name
#endif
#if ASYNCIO_HIGH_WATER
#define ASYNC_LAYOUT_HIGH_(name) ASYNC_CAT_(name, high_)
#else
#define ASYNC_LAYOUT_HIGH_(name) name
#endif
#if ASYNCIO_ALL_TASKS == ASYNCIO_BARE
#define ASYNC_LAYOUT_TASKS_(name) ASYNC_CAT_(name, tasks_)
#else
#define ASYNC_LAYOUT_TASKS_(name) name
#endif
#define ASYNC_LAYOUT_(name) \
    ASYNC_LAYOUT_TASKS_(ASYNC_LAYOUT_HIGH_(ASYNC_LAYOUT_VERIFY_(ASYNC_LAYOUT_NAMES_(ASYNC_LAYOUT_BARE_(ASYNC_LAYOUT_GOTO_( \
        ASYNC_LAYOUT_DEBUG_(name)))))))
#define async_suspend_ ASYNC_LAYOUT_(async_suspend_)
#define async_grow_ ASYNC_LAYOUT_(async_grow_)
#define async_call_ ASYNC_LAYOUT_(async_call_)
#define async_create_begin_ ASYNC_LAYOUT_(async_create_begin_)
#define async_run_begin_ ASYNC_LAYOUT_(async_run_begin_)

ASYNC_EXTERN_C_BEGIN_

/* ---- status codes -------------------------------------------------------------------------------------------- */

/* 0 is success, -1 to -4095 is -errno, -4096 to -4999 the library's own, from -5000 down the application's. A status
 * fits 16 bits everywhere. */
typedef int async_status;

#define ASYNC_STATUS_LIST(X)                                                                    \
    X(ASYNC_CANCELLED, -4096, "cancelled")                                                      \
    X(ASYNC_TIMED_OUT, -4097, "timed out")                                                      \
    X(ASYNC_QUEUE_EMPTY, -4098, "queue empty")                                                  \
    X(ASYNC_QUEUE_FULL, -4099, "queue full")                                                    \
    X(ASYNC_QUEUE_SHUT_DOWN, -4100, "queue shut down")                                          \
    X(ASYNC_INVALID_STATE, -4101, "invalid state")                                              \
    X(ASYNC_MISUSE, -4102, "wrong use")                                                         \
    X(ASYNC_NO_RUNNING_LOOP, -4103, "no running event loop")                                    \
    X(ASYNC_DEADLOCK, -4104, "deadlock: nothing can happen any more")                           \
    X(ASYNC_CLOSED, -4105, "closed")                                                            \
    X(ASYNC_INTERRUPTED, -4106, "interrupted")                                                  \
    X(ASYNC_STOPPED, -4107, "event loop stopped before the future was done")                    \
    X(ASYNC_LIMIT_OVERRUN, -4108, "limit overrun")                                              \
    X(ASYNC_INCOMPLETE_READ, -4109, "incomplete read")                                          \
    X(ASYNC_BROKEN_BARRIER, -4110, "broken barrier")                                            \
    X(ASYNC_NAME_NOT_FOUND, -4121, "no such host or service")                                   \
    X(ASYNC_NAME_TRY_AGAIN, -4122, "the name servers did not answer")                           \
    X(ASYNC_NAME_FAILED, -4123, "name lookup failed")

enum {
    ASYNC_OK = 0,
#define ASYNC_STATUS_ENUM_(name, value, text) name = value,
    ASYNC_STATUS_LIST(ASYNC_STATUS_ENUM_)
#undef ASYNC_STATUS_ENUM_
#if ASYNCIO_BARE
    ASYNC_NO_MEMORY = -12,
    ASYNC_INVALID_ARGUMENT = -22,
#else
    ASYNC_NO_MEMORY = -ENOMEM,
    ASYNC_INVALID_ARGUMENT = -EINVAL,
#endif
    ASYNC_STATUS_LEAST_ = INT16_MIN
};

/* ASYNC_USER_ERROR(n): the application's failure number n, 0 to 27,768. */
#define ASYNC_USER_ERROR(n) (-5000 - (n))

/* async_strerror: a status as text, never NULL. A static string; for an errno the system's. Any thread. */
const char *async_strerror(async_status status);

ASYNC_EXTERN_C_END_

/* ---- panic --------------------------------------------------------------------------------------------------- */

ASYNC_EXTERN_C_BEGIN_
#if !ASYNCIO_BARE
ASYNC_NORETURN_ ASYNC_COLD_ void async_panic_(const char *message, const char *file, int line);
#define ASYNC_PANIC_(message) async_panic_(message, __FILE__, __LINE__)
#define ASYNC_PANIC_AT_(message, file, line) async_panic_(message, file, line)
#else
ASYNC_NORETURN_ void async_panic_(void);
#define ASYNC_PANIC_(message) async_panic_()
#define ASYNC_PANIC_AT_(message, file, line) async_panic_()
#endif
ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_CONFIG_IMPLEMENTATION_
#define ASYNCIO_CONFIG_IMPLEMENTATION_

#if !ASYNCIO_BARE
#include <stdio.h>
#include <stdlib.h>
#endif

ASYNC_EXTERN_C_BEGIN_

/* What several threads change. */
#if defined(__GNUC__)
#define ASYNC_ADD_(x, n) ((void)__atomic_add_fetch(&(x), n, __ATOMIC_SEQ_CST))
#else
#define ASYNC_ADD_(x, n) ((void)((x) += (n)))
#endif

#if ASYNCIO_VERIFY
/* What the library has allocated and not freed: what it takes and gives back goes through these. */
static long async_allocated_;

static void *async_counted_malloc_(size_t size)
{
    void *block = ASYNCIO_MALLOC(size);
    ASYNC_ADD_(async_allocated_, block != NULL);
    return block;
}

static void async_counted_free_(void *block)
{
    ASYNC_ADD_(async_allocated_, -(block != NULL));
    ASYNCIO_FREE(block);
}

#undef ASYNCIO_MALLOC
#undef ASYNCIO_FREE
#define ASYNCIO_MALLOC async_counted_malloc_
#define ASYNCIO_FREE async_counted_free_
#endif

/* Arrays: literals stay in an image that does not call this, and on an AVR they take RAM. */
#define ASYNC_TEXT_(text) { static const char string[] = text; return string; }

const char *async_strerror(async_status status)
{
    switch (status) {
    case ASYNC_OK: ASYNC_TEXT_("ok")
#define ASYNC_STATUS_TEXT_(name, value, text) case value: ASYNC_TEXT_(text)
    ASYNC_STATUS_LIST(ASYNC_STATUS_TEXT_)
#undef ASYNC_STATUS_TEXT_
    default: break;
    }
    if (status <= ASYNC_USER_ERROR(0))
        ASYNC_TEXT_("application error")
#if !ASYNCIO_BARE
    if (status < 0 && status > -4096)
        return strerror(-status);
#endif
    ASYNC_TEXT_("unknown status")
}

#undef ASYNC_TEXT_

#if !ASYNCIO_BARE
void async_panic_(const char *message, const char *file, int line)
{
    (void)message;
    (void)file;
    (void)line;
#ifdef ASYNCIO_PANIC
    ASYNCIO_PANIC(message, file, line);
#elif !ASYNCIO_BARE
    fflush(stdout);
    fprintf(stderr, "%s:%d: asyncio panic: %s\n", file, line, message);
#endif
#if ASYNCIO_BARE
    for (;;) {
    }
#else
    abort();
#endif
}
#else
void async_panic_(void)
{
#ifdef ASYNCIO_PANIC
    ASYNCIO_PANIC("", "", 0);
#endif
    for (;;) {
    }
}
#endif

ASYNC_EXTERN_C_END_

#endif
#endif
