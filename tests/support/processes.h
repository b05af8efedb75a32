/* For tests of child processes: CLEAN(status) checks that a run succeeded, or had no memory, and left nothing behind. */
#ifndef ASYNCIO_TEST_PROCESSES_H
#define ASYNCIO_TEST_PROCESSES_H

#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "unit.h"
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static inline int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int open_before = -1;

/* Children, zombies included, and descriptors. */
static inline int left_over(void)
{
    int left = open_fds() - open_before;
    while (waitpid(-1, NULL, WNOHANG) >= 0)
        left++;
    return left;
}

#define CLEAN(run)                                                                   \
    do {                                                                             \
        async_status clean_;                                                         \
        open_before = open_fds();                                                    \
        clean_ = (run);                                                              \
        CHECK_INT(clean_ == ASYNC_NO_MEMORY ? ASYNC_OK : clean_, ASYNC_OK);          \
        CHECK_INT(left_over(), 0);                                                   \
    } while (0)

/* Our end of a pipe. */
static inline int output_of(const async_process *process) { return async_stream_fileno(&process->output); }

#endif
