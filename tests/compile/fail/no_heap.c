/* Without a heap, what would need a heap is not there.
 *
 * configurations gcc-O0 clang-O0 tcc m0-Os avr-Os g++-O0 clang++-O0
 *
 * trap 1: async_create_task
 * error *: async_create_task|ASYNC_CREATE_|'f'|expected
 * trap 2: async_run
 * error *: async_run|'f'|expected
 * trap 3: async_queue_init
 * error *-*: async_queue_init
 * warning tcc: async_queue_init
 */
#define ASYNCIO_BARE 1 /* as on a board, on hosts too */
#include "trap.h"

#ifndef __cplusplus
#pragma GCC diagnostic error "-Wimplicit-function-declaration"
#endif

struct f {
    async_frame frame;
};

ASYNC(f)
{
    ASYNC_BEGIN;
    AWAIT(nap);
    ASYNC_END;
}
USED(f)

bool start(async_queue *queue, void *place);
bool start(async_queue *queue, void *place)
{
    static async_storage(200) storage;
    (void)place;
#if TRAP == 1
    return async_create_task(f) != NULL;
#elif TRAP == 2
    return async_run(f) == 0;
#elif TRAP == 3
    async_queue_init(queue, sizeof(int), 1);
    return true;
#else
    async_queue_init_with(queue, sizeof(int), 1, place);
    return async_create_task_on(&storage, f) != NULL;
#endif
}
