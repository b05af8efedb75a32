/* An error travels through awaits; cleanup runs inside out. */
#include "trace.h"

struct leaf { async_frame frame; };

async(leaf)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_raise(BOOM);
    async_finally;
    puts("leaf cleanup");
    async_end;
}

struct middle { async_frame frame; };

async(middle)
{
    async_begin;
    await(leaf);
    puts("not reached");
    async_finally;
    await(async_sleep, .delay = 0);
    puts("middle cleanup");
    async_end;
}

struct top { async_frame frame; async_status status; };

async(top)
{
    async_begin;
    await_catch(self->status, middle);
    if (self->status == BOOM)
        puts("main: Boom");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
