/* The same in the out-of-line form, with frame stacks that must grow all the time. */
#define ASYNCIO_SMALL 1
#define ASYNCIO_WINDOW 200
#include "test_scope_kinds.c"
