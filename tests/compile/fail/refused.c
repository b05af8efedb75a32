/* Two that would be right and are refused, so that one rule holds in C and C++, with and without optimisation: an
 * initialised local lives in a block that has no await. ASYNCIO_STRICT_LOCALS 0 (and clang) let them pass.
 *
 * trap 1: an initialised local that is not used after the await of its block
 * error gcc-* m0-* m3-* rv32-* avr-*: switch jumps over variable initialization
 * error g++-* clang++-*: (jump to|cannot jump from switch statement to this) case label
 * hole relaxed-* clang-* clangm0-* tcc
 *
 * trap 2: an initialised local that is an argument of the await
 * error gcc-* m0-* m3-* rv32-* avr-*: switch jumps over variable initialization
 * error g++-* clang++-*: (jump to|cannot jump from switch statement to this) case label
 * hole relaxed-* clang-* clangm0-* tcc
 */
#include "trap.h"

struct refused {
    async_frame frame;
};

ASYNC(refused)
{
    ASYNC_BEGIN;
#if TRAP == 1
    int y = get();
    use(y);
    AWAIT(nap);
#elif TRAP == 2
    int y = get();
    AWAIT(nap, .x = y);
#else
    {
        int y = get();
        use(y);
    }
    AWAIT(nap);
    AWAIT(nap, .x = get());
#endif
    ASYNC_END;
}
USED(refused)
