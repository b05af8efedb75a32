/* An await inside a switch of one's own: its label would bind to that switch, and be lost. The labels are beyond any
 * int, so that the compiler refuses them; what slips through panics at run time. (ASYNCIO_COMPUTED_GOTO allows it.)
 *
 * A check of a board's code that closes the first two holes there: ASYNCIO_CASE_BASE 0x100000000u, as m0check.
 *
 * configurations gcc-O0 gcc-O2 gcc-Os relaxed-O0 clang-O0 clang-O2 tcc m0-Os m0check-Os m3-Os rv32-Os avr-Os clangm0-Os
 * configurations clangm0check-Os g++-O0 g++-O2 clang++-O0 clang++-O2
 *
 * trap 1: switch over an int
 * error gcc-* relaxed-* clang-*: changes value from '[0-9]*' to '-?[0-9]*'|overflow converting case value
 * error g++-* clang++-*: narrowing conversion|cannot be narrowed
 * error m0-* m3-* rv32-* avr-*: conversion (from .*changes value|of unsigned constant value to negative)
 * hole clangm0-* tcc
 * error m0check-* clangm0check-*: changes value|overflow converting case value
 *
 * trap 2: switch over an unsigned
 * error gcc-* relaxed-* clang-*: changes value from '[0-9]*' to '-?[0-9]*'|overflow converting case value
 * error g++-* clang++-*: narrowing conversion|cannot be narrowed
 * hole m0-* m3-* rv32-* avr-* clangm0-* tcc
 * error m0check-* clangm0check-*: changes value|overflow converting case value
 *
 * trap 3: switch over an unsigned char
 * error gcc-* relaxed-* clang-*: changes value from '[0-9]*' to '-?[0-9]*'|overflow converting case value
 * error g++-* clang++-*: narrowing conversion|cannot be narrowed
 * error m0-* m3-* rv32-* avr-*: conversion (from .*changes value|of unsigned constant value to negative)
 * error clangm0-*: overflow converting case value
 * error m0check-* clangm0check-*: changes value|overflow converting case value
 * hole tcc
 *
 * trap 4: switch over an enum
 * error gcc-* relaxed-* clang-*: changes value from '[0-9]*' to '-?[0-9]*'|overflow converting case value
 * error g++-* clang++-*: narrowing conversion|cannot be narrowed
 * error m0-* m3-* m0check-*: conversion .*changes value
 * error clangm0-* clangm0check-*: overflow converting case value|not in enumerated type
 * hole rv32-* avr-* tcc
 *
 * trap 5: switch over a long long
 * hole *
 */
#include "trap.h"

enum colour { RED, GREEN };

struct chooses {
    async_frame frame;
    int number;
    unsigned count;
    unsigned char byte;
    enum colour colour;
    long long big;
};

#if TRAP == 1
#define CHOICE self->number
#elif TRAP == 2
#define CHOICE self->count
#elif TRAP == 3
#define CHOICE self->byte
#elif TRAP == 4
#define CHOICE self->colour
#else
#define CHOICE self->big
#endif

ASYNC(chooses)
{
    ASYNC_BEGIN;
#if TRAP
    switch (CHOICE) {
    case 1: AWAIT(nap); break;
    default: break;
    }
#else
    if (self->number == 1)
        AWAIT(nap);
    switch (self->colour) { /* one without an await is as ever */
    case RED: use(1); break;
    case GREEN: use(2); break;
    }
#endif
    ASYNC_END;
}
USED(chooses)
