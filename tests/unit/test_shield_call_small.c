/* The same with frame stacks that must grow all the time. */
#define ASYNCIO_WINDOW 200
#include "test_shield_call.c"
