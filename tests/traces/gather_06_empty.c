/* gather() of nothing succeeds at once, with no result. */
#include "trace.h"

struct top { async_frame frame; };

async(top)
{
    async_begin;
    await(async_gather);
    print_ints(NULL, 0);
    puts("");
    await(async_gather, .return_exceptions = true);
    print_ints(NULL, 0);
    puts("");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
