/* A task that creates its own successor: each one lives for one step only, and the chain goes on until main ends.
 *
 * async_go() needs no handle. The last of the chain is cancelled at the end of async_run(). */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct generation {
    async_frame frame;
    int number;
};

async(generation)
{
    async_begin;
    printf("generation %d\n", self->number);
    await(async_sleep, .delay = async_ms(200));
    async_go(generation, .number = self->number + 1);
    async_end;
}

struct top {
    async_frame frame;
};

async(top)
{
    async_begin;
    async_go(generation, .number = 1);
    await(async_sleep, .delay = async_ms(700));
    puts("enough generations");
    async_end;
}

int main(void)
{
    return async_run(top) < 0;
}
