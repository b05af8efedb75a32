/* With one.c. */
#include "asyncio.h"

struct elsewhere { async_frame frame; };
async_declare(elsewhere);

struct same { async_frame frame; char filler[200]; };
async(same)
{
    async_begin;
    await(async_sleep, .delay = 1);
    async_end;
}

async_define(elsewhere)
{
    async_begin;
    await(same);
    async_end;
}
