/* Including it again does nothing, before or after other headers. */
#ifndef PLAIN
#define ASYNCIO_IMPLEMENTATION
#endif
#include "asyncio.h"
#include "asyncio.h"
#include <stdio.h>
#include <string.h>
#include "asyncio.h"
#undef ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#define ASYNCIO_IMPLEMENTATION
#ifndef PLAIN
#include "asyncio.h"
#endif

typedef int not_empty;
