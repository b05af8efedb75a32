/* What a body must be.
 *
 * trap 1: no async_end
 * error *: .
 * trap 2: no async_begin
 * error *: .
 * trap 3: two finally parts
 * error gcc-* relaxed-* clang-* clangm0-* tcc m0-* m3-* rv32-* avr-* g++-* clang++-*: [dD]uplicate case
 * trap 4: a finally part inside a loop
 * hole *-* tcc
 * trap 5: an await before async_begin
 * error gcc-* relaxed-* clang-* clangm0-* m0-* m3-* rv32-* avr-* tcc: async_base_|case .* not in|label not within
 * error g++-* clang++-*: async_base_|case
 * trap 6: an await in a plain function
 * error *: .
 */
#include "trap.h"

struct f {
    async_frame frame;
    int i;
};

ASYNC(f)
{
#if TRAP == 5
    AWAIT(nap);
#endif
#if TRAP != 2
    ASYNC_BEGIN;
#endif
    AWAIT(nap);
    for (self->i = 0; self->i < 2; self->i++) {
        AWAIT(nap);
#if TRAP == 4
        ASYNC_FINALLY;
        use(1);
#endif
    }
#if TRAP != 4
    ASYNC_FINALLY;
    use(1);
#endif
#if TRAP == 3
    ASYNC_FINALLY;
    use(2);
#endif
#if TRAP != 1
    ASYNC_END;
#endif
}
USED(f)

#if TRAP == 6
void plain(void);
void plain(void)
{
    AWAIT(nap);
}
#endif
