#include <stdio.h> /* allowed here: only the file with the implementation includes asyncio.h first */
#include "units.h"

ASYNC_DEFINE(from_c)
{
    ASYNC_BEGIN;
    AWAIT(async_sleep, .delay = async_ms(1));
    ASYNC_RETURN(self->x + 1);
    ASYNC_END;
}

async_task *start_from_c(int x) { return async_create_task(from_c, .x = x); }
