/* The same as on other systems: processes are started by fork(), and noticed by SIGCHLD. */
#define ASYNCIO_PIDFD 0
#define ASYNCIO_VFORK 0
#include "test_process.c"
