/* A debug build knows the line of every await a task is in; another one the line of the function. Lines are kept in
 * both numberings of the awaits.
 *
 * compilers gcc-O0 gcc-O2 gcc-Os clang-O2 tcc
 * flags -DASYNCIO_DEBUG=1
 * flags -DASYNCIO_DEBUG=1 -DASYNCIO_COUNTER=0
 * flags -DASYNCIO_DEBUG=0
 * flags -DASYNCIO_DEBUG=0 -DASYNCIO_COUNTER=0
 */
#include "asyncio.h"
#include <stdio.h>
#include <string.h>

struct innermost {
    async_frame frame;
    int result;
};

enum { INNERMOST = __LINE__ + 1, SLEEPS = INNERMOST + 4 };
async(innermost)
{
    async_begin;
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = async_ms(50));
    async_yield(1);
    async_end;
}

struct loops {
    async_frame frame;
    struct innermost items;
    int count;
};

enum { LOOPS = __LINE__ + 1, ITERATES = LOOPS + 4 };
async(loops)
{
    async_begin;
    async_generator_open(&self->items, innermost);
    async_for (&self->items)
        self->count++;
    async_end;
}

struct limits {
    async_frame frame;
};

enum { LIMITS = __LINE__ + 1, WAITS = LIMITS + 3 };
async(limits)
{
    async_begin;
    await_for(async_seconds(1), loops);
    async_end;
}

struct outer {
    async_frame frame;
    struct limits limits;
    async_status status;
};

enum { OUTER = __LINE__ + 1, CATCHES = OUTER + 4 };
async(outer)
{
    async_begin;
    await(async_sleep, .delay = 0);
    await_at_catch(&self->limits, self->status, limits);
    async_end;
}

static const struct {
    const char *name;
    int debug, release;
} expected[] = {
    { "async_sleep", 0, 0 },
    { "innermost", SLEEPS, INNERMOST },
    { "loops", ITERATES, LOOPS },
    { "limits", WAITS, LIMITS },
    { "outer", CATCHES, OUTER },
};

enum { COUNT = sizeof expected / sizeof expected[0] };

struct top {
    async_frame frame;
    async_task *task;
    int wrong;
};

static int differences(async_task *task)
{
    async_stack_entry entries[COUNT + 1];
    size_t i, count = async_task_get_stack(task, entries, COUNT + 1);
    int wrong = count != COUNT;
    for (i = 0; i < count && i < COUNT; i++) {
        int line = ASYNCIO_DEBUG ? expected[i].debug : expected[i].release;
        printf("%s %s:%d\n", entries[i].name, entries[i].file, entries[i].line);
        if (strcmp(entries[i].name, expected[i].name) != 0)
            wrong = 1;
        else if (line != 0 && (entries[i].line != line || strstr(entries[i].file, "backtrace.c") == NULL))
            wrong = 1, printf("    expected line %d\n", line);
    }
    return wrong;
}

async(top)
{
    async_begin;
    self->task = async_create_task(outer);
    await(async_sleep, .delay = async_ms(10));
    self->wrong = differences(self->task);
    async_cancel(self->task);
    await(async_sleep, .delay = 0);
    if (self->wrong)
        async_raise(ASYNC_MISUSE);
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run(top) < 0; }
