/* A coroutine with arguments and a result.
 *
 * The frame is a struct of your own: what a caller may name, what is kept across an await, and `result`, which
 * await_into() copies out. What a caller does not name is zero. A local variable does not survive an await, so
 * what must survive it is a member. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct add {
    async_frame frame;
    int a, b;
    int result;
};

async(add)
{
    async_begin;
    await(async_sleep, .delay = async_ms(50));
    async_return(self->a + self->b);
    async_end;
}

struct greet {
    async_frame frame;
    const char *name;
    int times, i;
    int sum;
};

async(greet)
{
    async_begin;
    for (self->i = 1; self->i <= self->times; self->i++) {
        await_into(self->sum, add, .a = self->sum, .b = self->i); /* sum = await add(sum, i) */
        printf("hello %s, the sum is %d\n", self->name, self->sum);
    }
    async_end;
}

int main(void)
{
    return async_run(greet, .name = "world", .times = 3) < 0;
}
