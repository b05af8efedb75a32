/* Running something for two seconds: gather(work(), sleep(2)).
 *
 * gather waits for all of its tasks, so the sleep sets how long the program lives, and the clock that work() has
 * started ticks meanwhile. Results are read from the tasks, which are released at the end. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct clock {
    async_frame frame;
    int i;
};

async(clock)
{
    async_begin;
    for (self->i = 0;; self->i++) {
        puts(self->i % 2 ? "tock" : "tick");
        await(async_sleep, .delay = async_ms(800));
    }
    async_end;
}

struct work {
    async_frame frame;
    const char *result;
};

async(work)
{
    async_begin;
    async_go(clock);
    await(async_sleep, .delay = async_ms(300));
    puts("work has set everything going");
    async_return("the result of work");
    async_end;
}

struct top {
    async_frame frame;
    async_task *tasks[2];
};

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(work);
    self->tasks[1] = async_create_task(async_sleep, .delay = async_seconds(2));
    await(async_gather, .tasks = self->tasks, .count = 2);
    printf("two seconds are over: %s\n", async_result(self->tasks[0], work));
    async_finally;
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_end;
}

int main(void)
{
    return async_run(top) < 0;
}
