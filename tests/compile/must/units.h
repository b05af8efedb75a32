/* One program of three files: functions declared here are defined in one and used from another, also across
 * languages. */
#ifndef UNITS_H
#define UNITS_H

#include "asyncio.h"

struct from_c {
    async_frame frame;
    int x;
    int result;
    char buffer[40];
};
ASYNC_DECLARE(from_c, buffer);

struct from_cpp {
    async_frame frame;
    int x;
    int result;
};
ASYNC_DECLARE(from_cpp);

#ifdef __cplusplus
extern "C" {
#endif
async_task *start_from_c(int x);
#ifdef __cplusplus
}
#endif

#endif
