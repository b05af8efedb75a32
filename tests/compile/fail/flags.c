/* The flags of a project do not switch the checks off.
 *
 * flags -Wno-error -Wno-maybe-uninitialized -Wno-uninitialized -Wno-conditional-uninitialized -Wno-overflow -Wno-switch
 * flags -Wno-return-type -Wno-jump-misses-init -Wno-sign-conversion -Wno-unknown-warning-option
 * configurations gcc-O0 gcc-O2 clang-O0 m0-Os
 *
 * trap 1: an initialised local
 * error gcc-* m0-*: switch jumps over variable initialization
 * error clang-*: variable 'y' .*uninitialized
 * trap 2: an assigned local
 * error gcc-O2 m0-*: 'y' may be used uninitialized
 * error clang-*: variable 'y' .*uninitialized
 * hole gcc-O0
 * trap 3: an await in a switch
 * error gcc-* clang-* m0-*: changes value|overflow converting
 * trap 4: return without a value
 * error gcc-* clang-* m0-*: (with no value|should return a value)
 */
#include "trap.h"

struct f {
    async_frame frame;
    int y;
};

ASYNC(f)
{
    ASYNC_BEGIN;
#if TRAP == 1
    int y = get();
    AWAIT(nap);
    use(y);
#elif TRAP == 2
    int y;
    y = get();
    AWAIT(nap);
    use(y);
#elif TRAP == 3
    switch (self->y) {
    case 1: AWAIT(nap); break;
    }
#elif TRAP == 4
    AWAIT(nap);
    return;
#else
    self->y = get();
    AWAIT(nap);
    use(self->y);
#endif
    ASYNC_END;
}
USED(f)
