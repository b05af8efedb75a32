/* wait() for none at all is a ValueError. */
#include "trace.h"

struct top { async_frame frame; async_status status; };

async(top)
{
    async_begin;
    await_catch(self->status, async_wait, .count = 0);
    if (self->status == ASYNC_INVALID_ARGUMENT)
        puts("ValueError");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
