/* trap 1: a local array filled before an await, read after it
 * error gcc-O1 gcc-O2 gcc-Os relaxed-O2 m0-* m3-* rv32-* avr-*: 'a.*' (may be|is) used uninitialized
 * warning g++-O2: 'a.*' may be used uninitialized
 * hole gcc-O0 relaxed-O0 clang-* clangm0-* g++-O0 clang++-* tcc
 */
#include "trap.h"

struct stale {
    async_frame frame;
    int a[2];
};

ASYNC(stale)
{
    ASYNC_BEGIN;
#if TRAP
    int a[2];
    a[0] = get();
    a[1] = get();
    AWAIT(nap);
    use(a[0] + a[1]);
#else
    self->a[0] = get();
    self->a[1] = get();
    AWAIT(nap);
    use(self->a[0] + self->a[1]);
#endif
    ASYNC_END;
}
USED(stale)
