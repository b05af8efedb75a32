/* child.h: a function that does not suspend, in a file of its own: no compiler puts it into its caller. */
#ifndef CHILD_H
#define CHILD_H

#include "asyncio.h"

struct child {
    async_frame frame;
    uint64_t x;
    uint64_t result;
};

async_declare(child);

#endif
