/* Results travel back through a chain of awaits. */
#include "trace.h"

struct leaf { async_frame frame; int n, result; };

async(leaf)
{
    async_begin;
    printf("leaf %d\n", self->n);
    await(async_sleep, .delay = 0);
    async_return(self->n + 1);
    async_end;
}

struct middle { async_frame frame; int n, a, b, result; };

async(middle)
{
    async_begin;
    await_into(self->a, leaf, .n = self->n);
    await_into(self->b, leaf, .n = self->a);
    printf("middle %d %d\n", self->a, self->b);
    async_return(self->a + self->b);
    async_end;
}

struct top { async_frame frame; int sum; };

async(top)
{
    async_begin;
    await_into(self->sum, middle, .n = 1);
    printf("top %d\n", self->sum);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
