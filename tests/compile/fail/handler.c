/* What the frame of a server's handler must begin with.
 *
 * trap 1: no context
 * error gcc-* relaxed-* g++-*: negative|narrowing
 * error clang-* clang++-*: negative
 * error tcc: invalid array size
 *
 * trap 2: something else in the context's place
 * error gcc-* relaxed-*: makes integer from pointer
 * error clang-*: incompatible pointer to integer
 * error g++-*: cannot convert
 * error clang++-*: cannot initialize
 * hole tcc
 *
 * trap 3: the stream and the context in the wrong order
 * error gcc-* relaxed-*: incompatible pointer type
 * error clang-*: incompatible pointer types
 * error g++-*: cannot convert
 * error clang++-*: cannot initialize
 * hole tcc
 *
 * trap 4: a buffer in the context's place
 * error gcc-* relaxed-*: makes integer from pointer
 * error clang-*: incompatible pointer to integer
 * error g++-*: cannot convert
 * error clang++-*: cannot initialize
 * hole tcc
 *
 * configurations gcc-O0 gcc-O2 relaxed-O2 clang-O0 clang-O2 tcc g++-O0 g++-O2 clang++-O0 clang++-O2
 */
#include "trap.h"

struct serve {
    async_frame frame;
#if TRAP == 1
    async_stream *stream;
#elif TRAP == 2
    async_stream *stream;
    int count;
    void *context;
#elif TRAP == 3
    int *count;
    async_stream *stream;
#elif TRAP == 4
    async_stream *stream;
    char buffer[40];
#else
    async_stream *stream;
    int *count;
    char buffer[40];
#endif
};

ASYNC(serve)
{
    ASYNC_BEGIN;
    AWAIT(nap);
    ASYNC_END;
}

struct starts {
    async_frame frame;
    async_server server;
};

ASYNC(starts)
{
    ASYNC_BEGIN;
    AWAIT(async_start_server, .server = &self->server, .handler = async_handler(serve));
    ASYNC_END;
}
USED(starts)
