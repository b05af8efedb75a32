/* trap 1: a local filled by a function through its address, then an await, then read
 * error clang-* clangm0-* clang++-*: variable 'y' .*uninitialized
 * hole gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-* tcc
 *
 * gcc follows memory through few branches only: without the test for open scopes in async_end it sees this one at -O2.
 * Debug builds overwrite the place (tests/compile/panic/stale_array.c).
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
