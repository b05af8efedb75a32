/* What a frame must be.
 *
 * trap 1: a frame that needs more alignment than the frame stack has
 * error gcc-* relaxed-* m0-* m3-* rv32-*: size of array 'wide_aligned_' is negative
 * error g++-*: size '-1' of array 'wide_aligned_' is negative|size of array 'wide_aligned_' is negative|narrowing
 * error clang-* clangm0-* clang++-*: 'wide_aligned_' declared as an array with a negative size|array with a negative size
 * error avr-*: size of array 'wide_aligned_' is negative
 * hole tcc
 *
 * trap 2: a frame that is too long
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: 'longest_short_enough_'|too large
 * error clang-* clangm0-* clang++-*: array with a negative size
 * error tcc: invalid array size
 *
 * trap 3: a frame without async_frame
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: has no member named 'frame'
 * error clang-* clangm0-* clang++-*: no member named 'frame'
 * error tcc: field not found: frame
 *
 * trap 4: async_frame is not the first member
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: negative
 * error clang-* clangm0-* clang++-*: array with a negative size
 * error tcc: invalid array size
 *
 * trap 5: the same in a function defined in another file than it is declared in
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: negative
 * error clang-* clangm0-* clang++-*: array with a negative size
 * error tcc: invalid array size
 *
 * trap 6: no struct of that name
 * error *: (incomplete|undefined|invalid use of).*
 *
 * trap 7: zeroed up to a member that is not there
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: has no member named 'buffer'
 * error clang-* clangm0-* clang++-*: no member named 'buffer'
 * error tcc: field not found: buffer
 */
#include "trap.h"

#if defined(__TINYC__) || defined(__GNUC__)
#define ALIGNED(n) __attribute__((aligned(n)))
#endif

struct wide {
    async_frame frame;
#if TRAP == 1
    char bytes[64] ALIGNED(64);
#else
    char bytes[64];
#endif
};

struct longest {
    async_frame frame;
#if TRAP == 2
    char bytes[0x7FFFul * ASYNCIO_FRAME_ALIGN];
#elif !defined(__AVR__)
    char bytes[0x7FFF];
#endif
};

struct first {
#if TRAP == 3
    int x;
#elif TRAP == 4
    int x;
    async_frame frame;
#else
    async_frame frame;
    int x;
#endif
};

struct second {
#if TRAP == 5
    int x;
    async_frame frame;
#else
    async_frame frame;
    int x;
#endif
};

#if TRAP != 6
struct third {
    async_frame frame;
    int x;
#if TRAP != 7
    char buffer[20];
#endif
};
#endif

ASYNC(wide)
{
    ASYNC_BEGIN;
    AWAIT(nap);
    ASYNC_END;
}
USED(wide)

ASYNC(longest)
{
    ASYNC_BEGIN;
    AWAIT(nap);
    ASYNC_END;
}
USED(longest)

ASYNC(first)
{
    ASYNC_BEGIN;
    AWAIT(nap);
    ASYNC_END;
}
USED(first)

ASYNC_DECLARE(second);

ASYNC_DEFINE(second)
{
    ASYNC_BEGIN;
    AWAIT(nap);
    ASYNC_END;
}

ASYNC(third, buffer)
{
    ASYNC_BEGIN;
    AWAIT(nap);
    ASYNC_END;
}
USED(third)
