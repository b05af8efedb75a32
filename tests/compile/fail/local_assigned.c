/* trap 1: a local assigned before an await, read after it
 * error gcc-O1 gcc-O2 gcc-Os relaxed-O2 m0-* m3-* rv32-* avr-*: 'y' (may be|is) used uninitialized
 * error clang-* clangm0-* clang++-*: variable 'y' .*uninitialized
 * warning g++-O2: 'y' may be used uninitialized
 * hole gcc-O0 relaxed-O0 g++-O0 tcc
 */
#include "trap.h"

struct stale {
    async_frame frame;
    int y;
};

ASYNC(stale)
{
    ASYNC_BEGIN;
#if TRAP
    int y;
    y = get();
    AWAIT(nap);
    use(y);
#else
    self->y = get();
    AWAIT(nap);
    use(self->y);
#endif
    ASYNC_END;
}
USED(stale)
