/* With ASYNCIO_COUNTER 0 an await's number is its line.
 *
 * trap 1: two awaits in one line
 * error *: [dD]uplicate case
 */
#define ASYNCIO_COUNTER 0
#include "trap.h"

struct f {
    async_frame frame;
};

ASYNC(f)
{
    ASYNC_BEGIN;
#if TRAP
    AWAIT(nap); AWAIT(nap);
#else
    AWAIT(nap);
    AWAIT(nap);
#endif
    ASYNC_END;
}
USED(f)
