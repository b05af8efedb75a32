/* trap 1: return 0
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-*: incompatible types when returning
 * error clang-* clangm0-*: returning 'int' from a function with incompatible result type
 * error g++-*: could not convert '0' from 'int' to 'async_step'
 * error clang++-*: no viable conversion from returned value of type 'int'
 * error tcc: cannot convert
 *
 * trap 2: return without a value
 * error gcc-* relaxed-* m0-* m3-* rv32-*: 'return' with no value, in function returning non-void
 * error clang-* clangm0-* clang++-*: should return a value
 * error g++-*: return-statement with no value
 * hole avr-* tcc
 */
#include "trap.h"

struct leaves {
    async_frame frame;
};

ASYNC(leaves)
{
    ASYNC_BEGIN;
    if (get())
#if TRAP == 1
        return 0;
#elif TRAP == 2
        return;
#else
        ASYNC_RETURN();
#endif
    AWAIT(nap);
    ASYNC_END;
}
USED(leaves)
