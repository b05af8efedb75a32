/* What is right must compile without a word from the compiler: this file has no trap.
 *
 * configurations gcc-O0 gcc-O1 gcc-O2 gcc-Os gcc-O3 relaxed-O0 relaxed-O2 clang-O0 clang-O2 clang-Os tcc
 * configurations m0-Os m0-O2 m3-Os rv32-Os rv32-O2 avr-Os avr-O2 clangm0-Os g++-O0 g++-O2 clang++-O0 clang++-O2
 */
#include "trap.h"

struct pair {
    int x, y;
};

struct f {
    async_frame frame;
    int i, sum;
    int values[4];
    struct pair pair;
    int result;
};

ASYNC(f)
{
    int *values = self->values; /* computed anew at every resume */
    int early;
    ASYNC_BEGIN;
    AWAIT(nap);
    { /* a block without an await */
        int y = get();
        use(y);
    }
    AWAIT(nap);
    for (int i = 0; i < 4; i++) /* a loop between awaits */
        values[i] = i;
    AWAIT(nap);
    for (self->i = 0; self->i < 4; self->i++) {
        AWAIT(nap, .x = values[self->i]);
        int *place = &self->values[self->i]; /* behind the last await of its block */
        *place += 1;
        use_at(place);
    }
    early = get(); /* assigned anew after the await that comes between */
    use(early);
    AWAIT(nap);
    early = get();
    use(early);
    AWAIT(nap);
    {
        struct pair pair = { 1, 2 };
        int array[2] = { 3, 4 };
        const char *text = "text";
        use(pair.x + array[pair.y - 1] + text[0]);
        self->pair = pair;
    }
    AWAIT(nap);
    if (get()) {
        AWAIT(nap);
    } else {
        int y;
        use_at(&y);
        use(y);
    }
    while (get())
        AWAIT(nap);
    do {
        AWAIT(nap);
        if (get())
            continue;
        if (get())
            break;
    } while (get());
    if (get())
        ASYNC_RETURN(self->pair.x);
    if (get())
        ASYNC_RAISE(ASYNC_USER_ERROR(1));
    if (get())
        goto out; /* over awaits, and out of a loop */
    for (;;) {
        AWAIT(nap);
        if (get())
            goto out;
    }
out:
    AWAIT(nap);
    switch (self->sum) {
    case 1: {
        int y = get();
        use(y);
        break;
    }
    default: break;
    }
    ASYNC_FINALLY;
    {
        int y = get();
        use(y);
    }
    AWAIT(nap);
    ASYNC_END;
}
USED(f)

/* the check ends with the function: nothing of it leaks */
int after(int x);
int after(int x)
{
    switch (x) {
        int y;
    case 1: y = 2; return y;
    default: return 1;
    }
}
