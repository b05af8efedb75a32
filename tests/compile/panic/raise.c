/* A status to raise is negative and fits 16 bits.
 *
 * panic 1: async_raise
 * panic 2: async_raise
 */
#include "asyncio.h"

struct top {
    async_frame frame;
};

async(top)
{
    async_begin;
#if TRAP == 1
    async_raise(1);
#elif TRAP == 2
    async_raise(-40000);
#else
    async_raise(ASYNC_USER_ERROR(27768));
#endif
    async_end;
}

int main(void) { return async_run(top) != ASYNC_USER_ERROR(27768); }
