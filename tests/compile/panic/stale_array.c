/* No compiler sees every stale local (clang none of the arrays, gcc none at -O0 that is assigned and not initialised).
 * Debug builds overwrite the dead stack before a resume, so that it holds the same garbage every time.
 *
 * compilers gcc-O0 clang-O0 clang-O1 tcc
 * flags -DASYNCIO_DEBUG=1
 */
#include "asyncio.h"
#include <stdio.h>

static volatile int seed = 1;

struct stale {
    async_frame frame;
    int kept, garbage, depth;
};

async(stale)
{
    int i;
    async_begin;
    unsigned char bytes[256];
    for (i = 0; i < 256; i++)
        bytes[i] = (unsigned char)(i + seed);
    for (i = 0; i < 256; i++)
        self->kept += bytes[i] == (unsigned char)(i + seed);
    await(async_sleep, .delay = 0);
    for (i = 0; i < 256; i++)
        self->garbage += bytes[i] == 0xA5;
    async_end;
}

struct top {
    async_frame frame;
    struct stale stale;
};

async(top)
{
    async_begin;
    await_at(&self->stale, stale);
    printf("%d bytes kept before, %d overwritten after\n", self->stale.kept, self->stale.garbage);
    if (self->stale.kept != 256 || self->stale.garbage != 256)
        async_raise(ASYNC_MISUSE);
    async_end;
}

int main(void) { return async_run(top) < 0; }
