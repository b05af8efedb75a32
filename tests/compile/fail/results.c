/* Results have the types that the frames give them.
 *
 * trap 1: awaiting what is no async function
 * error *: unknown_(clear|type)_?'
 * trap 2: the result of a function that has none
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: has no member named 'result'
 * error clang-* clangm0-* clang++-*: no member named 'result'
 * error tcc: field not found: result
 * trap 3: a result put where its type does not fit
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-*: (assignment to .* from 'int'|makes pointer from integer)
 * error clang-* clangm0-*: incompatible integer to pointer conversion
 * error g++-*: invalid conversion from 'int'
 * error clang++-*: incompatible (type|integer)
 * warning tcc: assignment makes pointer from integer
 * trap 4: returning a value from a function without a result
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: has no member named 'result'
 * error clang-* clangm0-* clang++-*: no member named 'result'
 * error tcc: field not found: result
 * trap 5: returning a value of the wrong type
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-*: (assignment to 'int' from|makes integer from pointer)
 * error clang-* clangm0-*: incompatible pointer to integer conversion
 * error g++-*: invalid conversion from
 * error clang++-*: incompatible (type|integer)
 * warning tcc: assignment makes integer from pointer
 * trap 6: yielding a value of the wrong type
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-*: (assignment to 'int' from|makes integer from pointer)
 * error clang-* clangm0-*: incompatible pointer to integer conversion
 * error g++-*: invalid conversion from
 * error clang++-*: incompatible (type|integer)
 * warning tcc: assignment makes integer from pointer
 * trap 7: yielding from a function without a result
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: has no member named 'result'
 * error clang-* clangm0-* clang++-*: no member named 'result'
 * error tcc: field not found: result
 * trap 8: the result of a task that runs a function without one
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: has no member named 'result'
 * error clang-* clangm0-* clang++-*: no member named 'result'
 * error tcc: field not found: result
 * trap 9: awaiting in the frame of another function
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-*: incompatible pointer type
 * error clang-* clangm0-*: incompatible pointer types
 * error g++-*: cannot convert
 * error clang++-*: incompatible pointer types
 * warning tcc: incompatible pointer type
 * trap 10: a generator in the frame of another function
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-*: incompatible pointer type
 * error clang-* clangm0-*: incompatible pointer types
 * error g++-*: cannot convert
 * error clang++-*: incompatible pointer types
 * warning tcc: incompatible pointer type
 * trap 11: entering what cannot be entered
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: has no member named 'enterable'
 * error clang-* clangm0-* clang++-*: no member named 'enterable'
 * error tcc: field not found: enterable
 */
#include "trap.h"

struct mute {
    async_frame frame;
};
ASYNC_DECLARE(mute);

struct unknown {
    int x;
};

struct calls {
    async_frame frame;
    struct nap nap;
    struct mute mute;
    async_event event;
    async_lock *lock;
    async_task *task;
    const char *text;
    int x;
    int result;
};

ASYNC(calls)
{
    ASYNC_BEGIN;
#if TRAP == 1
    AWAIT(unknown, .x = 1);
#elif TRAP == 2
    AWAIT_INTO(self->x, mute);
#elif TRAP == 3
    AWAIT_INTO(self->text, nap);
#elif TRAP == 5
    ASYNC_RETURN("one");
#elif TRAP == 6
    ASYNC_YIELD("one");
#elif TRAP == 8
    use(async_result(self->task, mute));
#elif TRAP == 9
    AWAIT_AT(&self->mute, nap);
#elif TRAP == 10
    ASYNC_GENERATOR_OPEN(&self->mute, nap);
#elif TRAP == 11
    AWAIT_ENTER(&self->event);
#else
    AWAIT(nap, .x = 1);
    AWAIT(mute);
    AWAIT_INTO(self->x, nap);
    ASYNC_YIELD(1);
    use(async_result(self->task, nap));
    AWAIT_AT(&self->nap, nap);
    AWAIT_AT(&self->mute, mute);
    ASYNC_GENERATOR_OPEN(&self->nap, nap);
    AWAIT_ENTER(self->lock);
    ASYNC_RETURN(1);
#endif
    ASYNC_END;
}
USED(calls)

ASYNC_DEFINE(mute)
{
    ASYNC_BEGIN;
    AWAIT(nap);
#if TRAP == 4
    ASYNC_RETURN(1);
#elif TRAP == 7
    ASYNC_YIELD(1);
#else
    ASYNC_RETURN();
#endif
    ASYNC_END;
}
