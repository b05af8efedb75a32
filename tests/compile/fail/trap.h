/* What the traps have in common. A file here is two programs: with TRAP 0 it is right and compiles under the strict
 * flags, with TRAP 1, 2, ... it has one mistake each, which no flag is needed to find. They are in upper case, so that
 * one file serves C and C++. The comment at the top of a file says what happens:
 *
 *   trap N: what the mistake is
 *   error CONFIGURATIONS: PATTERN     it does not compile there, and a message matches the extended pattern
 *   warning CONFIGURATIONS: PATTERN   it compiles there, with this warning under -Wall
 *   hole CONFIGURATIONS               nothing is said there; run time has to catch it
 *   absent CONFIGURATIONS             what the mistake is about does not exist there
 *
 *   flags FLAGS                       its traps are compiled with these; with none otherwise
 *   configurations CONFIGURATIONS     the only ones for this file
 *
 * CONFIGURATIONS are shell patterns for the names in tests/compile/run; every configuration stands in one line. */
#ifndef TRAP_H
#define TRAP_H

#include "asyncio.h"

#ifdef __cplusplus
extern "C" {
#endif
int get(void);
void use(int value);
void use_at(int *place);
#ifdef __cplusplus
}
#endif

/* something to await */
struct nap {
    async_frame frame;
    int x;
    const char *text;
    int result;
};
ASYNC_DECLARE(nap);

/* a function nobody calls is dropped before the compiler looks for stale variables */
#define USED(name)                                 \
    extern const async_type *const name##_used;    \
    const async_type *const name##_used = &name##_type;

#endif
