/* With two.c: functions of the same name in two files, one that is not linked in, one compiled without records. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

struct elsewhere { async_frame frame; };
async_declare(elsewhere);

struct same { async_frame frame; char filler[100]; };
async(same)
{
    async_begin;
    await(async_sleep, .delay = 1);
    async_end;
}

struct unused { async_frame frame; char filler[1000]; };
async_declare(unused);
async_define(unused)
{
    async_begin;
    await(unused);
    async_end;
}

struct calls { async_frame frame; };
async(calls)
{
    async_begin;
    await(same);
    await(elsewhere);
    async_end;
}

int main(void) { return async_run(calls) < 0; }
