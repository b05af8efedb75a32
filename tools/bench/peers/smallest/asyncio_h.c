/* A timer, as in the others here: of a millisecond. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

struct once {
    async_frame frame;
};

async(once)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

int main(void) { return async_run(once); }
