/* trap 1: a local struct whose members are assigned before an await, read after it
 * error gcc-O1 gcc-O2 gcc-Os relaxed-O2 m0-* m3-* rv32-* avr-*: 'p.x' (may be|is) used uninitialized
 * warning g++-O2: 'p.(pair::)?x' may be used uninitialized
 * hole gcc-O0 relaxed-O0 clang-* clangm0-* g++-O0 clang++-* tcc
 */
#include "trap.h"

struct pair {
    int x, y;
};

struct stale {
    async_frame frame;
    struct pair p;
};

ASYNC(stale)
{
    ASYNC_BEGIN;
#if TRAP
    struct pair p;
    p.x = get();
    p.y = get();
    AWAIT(nap);
    use(p.x);
#else
    self->p.x = get();
    self->p.y = get();
    AWAIT(nap);
    use(self->p.x);
#endif
    ASYNC_END;
}
USED(stale)
