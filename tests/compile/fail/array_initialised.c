/* trap 1: a local array initialised before an await, read after it
 * error gcc-* m0-* m3-* rv32-* avr-*: switch jumps over variable initialization
 * error g++-* clang++-*: (jump to|cannot jump from switch statement to this) case label
 * hole relaxed-* clang-* clangm0-* tcc
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
    int a[2] = { 1, 2 };
    AWAIT(nap);
    use(a[0] + a[get()]);
#else
    self->a[0] = 1;
    self->a[1] = 2;
    AWAIT(nap);
    use(self->a[0] + self->a[get()]);
#endif
    ASYNC_END;
}
USED(stale)
