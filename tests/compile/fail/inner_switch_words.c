/* Every word that suspends is refused inside a switch of one's own. A subset of the configurations: what differs
 * between them is in inner_switch.c.
 *
 * configurations gcc-O0 gcc-Os clang-O0 g++-O0 clang++-O0 m0-Os
 *
 * trap 1: await
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 2: await_into
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 3: await_catch
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 4: await_at
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 5: await_at_into
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 6: await_at_catch
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 7: await_for
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 8: await_for_into
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 9: await_for_catch
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 10: await_enter
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 11: async_for
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 12: await_close
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 13: async_yield
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 * trap 14: async_finally
 * error gcc-* clang-* g++-* clang++-* m0-*: changes value|overflow converting case value|narrow
 */
#include "trap.h"

struct chooses {
    async_frame frame;
    struct nap nap;
    async_lock *lock;
    async_status status;
    int number;
    int result;
};

#if TRAP
#define CHOOSE switch (self->number) { case 1:
#define CHOSEN default: break; }
#else
#define CHOOSE if (self->number == 1) {
#define CHOSEN }
#endif

ASYNC(chooses)
{
    ASYNC_BEGIN;
#if TRAP == 1 || !TRAP
    CHOOSE AWAIT(nap); CHOSEN
#endif
#if TRAP == 2 || !TRAP
    CHOOSE AWAIT_INTO(self->number, nap); CHOSEN
#endif
#if TRAP == 3 || !TRAP
    CHOOSE AWAIT_CATCH(self->status, nap); CHOSEN
#endif
#if TRAP == 4 || !TRAP
    CHOOSE AWAIT_AT(&self->nap, nap); CHOSEN
#endif
#if TRAP == 5 || !TRAP
    CHOOSE AWAIT_AT_INTO(&self->nap, self->number, nap); CHOSEN
#endif
#if TRAP == 6 || !TRAP
    CHOOSE AWAIT_AT_CATCH(&self->nap, self->status, nap); CHOSEN
#endif
#if TRAP == 7 || !TRAP
    CHOOSE AWAIT_FOR(async_ms(1), nap); CHOSEN
#endif
#if TRAP == 8 || !TRAP
    CHOOSE AWAIT_FOR_INTO(async_ms(1), self->number, nap); CHOSEN
#endif
#if TRAP == 9 || !TRAP
    CHOOSE AWAIT_FOR_CATCH(async_ms(1), self->status, nap); CHOSEN
#endif
#if TRAP == 10 || !TRAP
    CHOOSE AWAIT_ENTER(self->lock); CHOSEN
#endif
#if TRAP == 11 || !TRAP
    CHOOSE ASYNC_FOR (&self->nap) use(self->nap.result); CHOSEN
#endif
#if TRAP == 12 || !TRAP
    CHOOSE AWAIT_CLOSE(&self->nap); CHOSEN
#endif
#if TRAP == 13 || !TRAP
    CHOOSE ASYNC_YIELD(1); CHOSEN
#endif
#if TRAP == 14
    CHOOSE ASYNC_FINALLY; CHOSEN
#elif !TRAP
    ASYNC_FINALLY;
#endif
    ASYNC_END;
}
USED(chooses)
