/* Generators: functions that hand out one item after the other, and wait between them.
 *
 * The consumer's frame holds the generator. It may stop early, and closes the generator in its finally part: that
 * runs the generator's own finally part, and does nothing if it has ended by itself. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct primes {
    async_frame frame;
    int below, n;
    int result;
};

static bool is_prime(int n)
{
    int i;
    for (i = 2; i * i <= n; i++)
        if (n % i == 0)
            return false;
    return n > 1;
}

async(primes)
{
    async_begin;
    for (self->n = 2; self->below == 0 || self->n < self->below; self->n++)
        if (is_prime(self->n)) {
            await(async_sleep, .delay = async_ms(10));
            async_yield(self->n);
        }
    puts("no more");
    async_finally;
    puts("the generator is closed");
    async_end;
}

struct top {
    async_frame frame;
    struct primes all, first;
    int sum;
};

async(top)
{
    async_begin;
    async_generator_open(&self->all, primes, .below = 12);
    async_for(&self->all) {
        printf("%d\n", self->all.result);
        self->sum += self->all.result;
    }
    printf("their sum is %d\n", self->sum);

    async_generator_open(&self->first, primes);
    async_for(&self->first) {
        if (self->first.result % 10 == 9)
            break;
    }
    printf("the first that ends in 9 is %d\n", self->first.result);
    async_finally;
    await_close(&self->all);
    await_close(&self->first);
    async_end;
}

int main(void)
{
    return async_run(top) < 0;
}
