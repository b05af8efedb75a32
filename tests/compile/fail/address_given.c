/* trap 1: a local filled by a function through its address, then an await, then read
 * error gcc-O2 gcc-Os relaxed-O2 m0-* m3-* rv32-*: 'y' (may be|is) used uninitialized
 * error clang-* clangm0-* clang++-*: variable 'y' .*uninitialized
 * warning g++-O2: 'y' may be used uninitialized
 * hole gcc-O0 gcc-O1 relaxed-O0 avr-* g++-O0 tcc
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
    use_at(&y);
    AWAIT(nap);
    use(y);
#else
    use_at(&self->y);
    AWAIT(nap);
    use(self->y);
#endif
    ASYNC_END;
}
USED(stale)
