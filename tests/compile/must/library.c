/* The library that the tests here are linked with: compiled once for each compiler and its flags. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

typedef int not_empty;
