/* C++ in one half of the tests, C in the other. */
#ifdef __cplusplus
#include <future> /* std::async, which a macro would break */
#include <string>
#endif
#include "units.h"

#ifdef __cplusplus
static int later() { return std::async(std::launch::deferred, [] { return 1; }).get(); }
#else
static int later(void) { return 1; }
#endif

ASYNC_DEFINE(from_cpp)
{
    ASYNC_BEGIN;
    AWAIT_INTO(self->result, from_c, .x = self->x + later());
    ASYNC_RETURN(self->result + 2);
    ASYNC_END;
}
