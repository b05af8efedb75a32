/* trap 1: a local struct initialised before an await, a member read after it
 * error gcc-* m0-* m3-* rv32-* avr-*: switch jumps over variable initialization
 * error relaxed-O2: 'p.x' (may be|is) used uninitialized
 * error g++-* clang++-*: (jump to|cannot jump from switch statement to this) case label
 * hole relaxed-O0 clang-* clangm0-* tcc
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
    struct pair p = { get(), 2 };
    AWAIT(nap);
    use(p.x);
#else
    self->p.x = get();
    self->p.y = 2;
    AWAIT(nap);
    use(self->p.x);
#endif
    ASYNC_END;
}
USED(stale)
