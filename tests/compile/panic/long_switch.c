/* An await inside a switch over a long long is no error of the compiler's: it panics when it is resumed, and names the
 * function. With computed goto it is allowed. Each file here is right with TRAP 0 and wrong with 1, 2, ...; the line
 * in the message is that of the comment `panic N here`, where there is one.
 *
 * panic 1: await inside a switch
 * allowed 1: -DASYNCIO_COMPUTED_GOTO=1
 */
#include "asyncio.h"

struct chooses {
    async_frame frame;
    long long choice;
    int done;
};

async(chooses)
{
    async_begin; /* panic 1 here */
#if TRAP
    switch (self->choice) {
    case 7:
        await(async_sleep, .delay = 0);
        self->done = 1;
        break;
    default: break;
    }
#else
    if (self->choice == 7) {
        await(async_sleep, .delay = 0);
        self->done = 1;
    }
#endif
    if (!self->done)
        async_raise(ASYNC_MISUSE);
    async_end;
}

int main(void) { return async_run(chooses, .choice = 7) < 0; }
