/* Dies in a run with seed 77, in the way its argument says. */
#define ASYNCIO_VERIFY 1
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct dies {
    async_frame frame;
    const char *how;
    int *nothing;
};

async(dies)
{
    async_begin;
    await(async_sleep, .delay = 0);
    assert(strcmp(self->how, "assert") != 0);
    if (strcmp(self->how, "memory") == 0)
        *self->nothing = 1;
    abort();
    async_end;
}

int main(int argc, char **argv)
{
    const async_loop_config config = {.seed = 77};
    async_verify verify = {.first_seed = 77, .seeds = 1};
    if (argc < 2)
        return 0;
    if (strcmp(argv[1], "loop") == 0)
        return async_run_with(&config, dies, .how = "abort") != ASYNC_OK;
    return !async_run_seeds(&verify, dies, .how = argv[1]);
}
