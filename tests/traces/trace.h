/* trace.h: what the ports share: values as Python prints them, and a loop on which time takes no time. */
#ifndef TRACE_H
#define TRACE_H

#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BOOM = ASYNC_USER_ERROR(1), BANG = ASYNC_USER_ERROR(2) }; /* errors of the application */

#define TICK async_ms(20)

/* For async_run_with(): the clock jumps to the next deadline as soon as nothing is ready. */
static const async_loop_config virtual_time = { .virtual_clock = true };

static inline async_loop *new_loop(void)
{
    async_loop *loop = async_new_event_loop_with(&virtual_time);
    if (loop == NULL)
        exit(1);
    return loop;
}

/* loop.run_until_complete(coroutine): run_task(loop, async_loop_create_task(loop, f, ...)) */
static inline async_status run_task(async_loop *loop, async_task *task)
{
    async_status status = async_loop_run_until_complete(loop, task);
    async_release(task);
    return status;
}

/* Callbacks: print(data) and loop.stop(). */
static inline void say(async_handle *handle) { puts((const char *)handle->data); }
static inline void stop(async_handle *handle) { async_loop_stop((async_loop *)handle->data); }

static inline const char *truth(bool value) { return value ? "True" : "False"; }

/* type(error).__name__, or None. */
static inline const char *error_name(async_status status)
{
    switch (status) {
    case ASYNC_OK: return "None";
    case BOOM: return "Boom";
    case BANG: return "Bang";
    case ASYNC_CANCELLED: return "Cancelled";
    case ASYNC_TIMED_OUT: return "Timeout";
    case ASYNC_INVALID_STATE: return "InvalidState";
    case ASYNC_MISUSE: return "RuntimeError";
    case ASYNC_NO_RUNNING_LOOP: return "RuntimeError";
    default: return async_strerror(status);
    }
}

/* Lists, as Python prints them, without a line end; and sorted(). */
static inline void print_ints(const int *items, size_t count)
{
    putchar('[');
    for (size_t i = 0; i < count; i++)
        printf("%s%d", i > 0 ? ", " : "", items[i]);
    putchar(']');
}

static inline void print_strings(const char *const *items, size_t count)
{
    putchar('[');
    for (size_t i = 0; i < count; i++)
        printf("%s'%s'", i > 0 ? ", " : "", items[i]);
    putchar(']');
}

static inline int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static inline int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void sort_ints(int *items, size_t count) { qsort(items, count, sizeof *items, compare_ints); }
static inline void sort_strings(const char **items, size_t count)
{
    qsort(items, count, sizeof *items, compare_strings);
}

static inline void release_all(async_task **tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        async_release(tasks[i]);
}

/* time.sleep(): blocks the thread, and with it the loop, for real. */
static inline void block_thread(int milliseconds)
{
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

#endif
