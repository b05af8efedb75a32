/* `-w` is the one flag that switches warnings off which are errors here; what is an error in itself remains.
 *
 * flags -w
 * configurations gcc-O0 gcc-O2 clang-O0 m0-Os
 *
 * trap 1: return 0
 * error *: (incompatible types when returning|incompatible result type)
 * trap 2: a misspelt argument
 * error *: no member named 'xx'
 * trap 3: an initialised local
 * hole *-*
 */
#include "trap.h"

struct f {
    async_frame frame;
};

ASYNC(f)
{
    ASYNC_BEGIN;
#if TRAP == 1
    return 0;
#elif TRAP == 2
    AWAIT(nap, .xx = 1);
#elif TRAP == 3
    int y = get();
    AWAIT(nap);
    use(y);
#else
    AWAIT(nap, .x = 1);
#endif
    ASYNC_END;
}
USED(f)
