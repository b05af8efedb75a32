/* panic 1: await_shielded: more than 255 nested
 */
#include "asyncio.h"

#if TRAP == 1
#define DEPTH 256
#else
#define DEPTH 255
#endif

struct nests {
    async_frame frame;
    int depth;
};

async(nests)
{
    async_begin;
    await(async_sleep);
    if (self->depth > 0)
        await_shielded(nests, .depth = self->depth - 1);
    async_end;
}

int main(void) { return async_run(nests, .depth = DEPTH) < 0; }
