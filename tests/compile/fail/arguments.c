/* Arguments are named, and checked by the compiler.
 *
 * trap 1: a misspelt argument
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: 'struct nap' has no member named 'xx'
 * error clang-* clangm0-* clang++-*: no member named 'xx' in '(struct )?nap'
 * error tcc: field not found: xx
 *
 * trap 2: an argument of the wrong type
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-*: (assignment to 'int' from|assignment makes integer from)
 * error clang-* clangm0-*: incompatible pointer to integer conversion assigning to 'int'
 * error g++-*: invalid conversion from 'const char\*' to 'int'
 * error clang++-*: assigning to 'int' from incompatible type
 * warning tcc: assignment makes integer from pointer
 *
 * trap 3: an argument without a name
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: expected ';' before numeric constant
 * error clang-* clangm0-* clang++-*: expected ';'
 * error tcc: ';' expected
 *
 * trap 4: a braced value with a comma, not in parentheses
 * error *: expected
 *
 * trap 5: an array as an argument
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* clang-* clangm0-*: expected expression
 * error g++-* clang++-*: expected
 * error tcc: lvalue expected
 *
 * trap 6: thirteen arguments (gcc and clang also warn of ASYNC_SET13)
 * error *: .
 *
 * trap 7: a misspelt argument of a task
 * error gcc-* relaxed-* g++-*: 'struct nap' has no member named 'xx'
 * error clang-* clang++-*: no member named 'xx' in '(struct )?nap'
 * error tcc: field not found: xx
 * absent m0-* m3-* rv32-* avr-* clangm0-*
 *
 * trap 8: a misspelt argument of a generator
 * error gcc-* relaxed-* m0-* m3-* rv32-* avr-* g++-*: 'struct nap' has no member named 'xx'
 * error clang-* clangm0-* clang++-*: no member named 'xx' in '(struct )?nap'
 * error tcc: field not found: xx
 */
#include "trap.h"

struct pair {
    int x, y;
};

struct calls {
    async_frame frame;
    struct nap nap;
    struct pair pair;
};

struct many {
    async_frame frame;
    struct pair p;
    int array[2], *from;
    int a, b, c, d, e, f, g, h, i, j, k, l, m;
};
ASYNC_DECLARE(many);

ASYNC(calls)
{
    ASYNC_BEGIN;
#if TRAP == 1
    AWAIT(nap, .xx = 1);
#elif TRAP == 2
    AWAIT(nap, .x = "one");
#elif TRAP == 3
    AWAIT(nap, 1);
#elif TRAP == 4
    AWAIT(many, .p = (struct pair){ 1, 2 });
#elif TRAP == 5
    AWAIT(many, .array = { 1, 2 });
#elif TRAP == 6
    AWAIT(many, .a = 1, .b = 1, .c = 1, .d = 1, .e = 1, .f = 1, .g = 1, .h = 1, .i = 1, .j = 1, .k = 1, .l = 1, .m = 1);
#elif TRAP == 7
    async_go(nap, .xx = 1);
#elif TRAP == 8
    ASYNC_GENERATOR_OPEN(&self->nap, nap, .xx = 1);
#else
    AWAIT(nap, .x = 1);
    AWAIT(nap, .text = "one");
    AWAIT(nap, .x = 1, .text = "one");
#ifndef __cplusplus
    AWAIT(many, .p = ((struct pair){ 1, 2 }));
#endif
    AWAIT(many, .p = self->pair);
    AWAIT(many, .from = &self->pair.x);
    AWAIT(many, .a = 1, .b = 1, .c = 1, .d = 1, .e = 1, .f = 1, .g = 1, .h = 1, .i = 1, .j = 1, .k = 1, .l = 1);
#if !ASYNCIO_NO_HEAP
    async_go(nap, .x = 1);
#endif
    ASYNC_GENERATOR_OPEN(&self->nap, nap, .x = 1);
#endif
    ASYNC_END;
}
USED(calls)
