/* trap 1: a loop with an await counts in a local
 * error gcc-* m0-* m3-* rv32-* avr-*: switch jumps over variable initialization
 * error relaxed-O2: 'i' (may be|is) used uninitialized
 * error clang-* clangm0-*: variable 'i' .*uninitialized
 * error g++-* clang++-*: (jump to|cannot jump from switch statement to this) case label
 * hole relaxed-O0 tcc
 */
#include "trap.h"

struct stale {
    async_frame frame;
    int i;
};

ASYNC(stale)
{
    ASYNC_BEGIN;
#if TRAP
    for (int i = 0; i < 3; i++)
        AWAIT(nap);
#else
    for (self->i = 0; self->i < 3; self->i++)
        AWAIT(nap);
#endif
    ASYNC_END;
}
USED(stale)
