/* A local variable does not survive an await: the function returns there and is entered again.
 *
 * trap 1: initialised before an await, read after it
 * error gcc-* m0-* m3-* rv32-* avr-*: switch jumps over variable initialization
 * error relaxed-O2: maybe-uninitialized|may be used uninitialized
 * error clang-* clangm0-*: variable 'y' .*uninitialized
 * error g++-* clang++-*: (jump to|cannot jump from switch statement to this) case label
 * hole relaxed-O0 tcc
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
    int y = get();
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
