/* Where the lower-case words are withheld they are free for other uses, and an await in lower case is none.
 *
 * trap 1: await
 * error gcc-* clang-* clangm0-* tcc g++-* clang++-* relaxed-* m0-* m3-* rv32-* avr-*: .
 * trap 2: async
 * error *: .
 */
#define ASYNCIO_KEYWORDS 0
#include "trap.h"

struct f {
    async_frame frame;
    int await, async, await_for, await_enter, await_into, await_catch, await_at, await_close, async_for;
};

#if TRAP == 2
async(f)
#else
ASYNC(f)
#endif
{
    ASYNC_BEGIN;
#if TRAP == 1
    await(nap, .x = 1);
#else
    AWAIT(nap, .x = self->await + self->async + self->await_for);
#endif
    ASYNC_END;
}
USED(f)
