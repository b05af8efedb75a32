/* fork.h: what fork() does to loops: the child has none. Hosts only. */
#ifndef ASYNCIO_FORK_H
#define ASYNCIO_FORK_H

#include "signal.h"

#if ASYNCIO_PROCESSES

ASYNC_EXTERN_C_BEGIN_

/* async_after_fork: for the child of a fork() that goes on in this program instead of calling exec: first thing. A child
 * has a copy of the loops' memory, but shares their descriptors with its parent and has none of its other threads, so it
 * must not run them. This forgets the loops of this thread: none is running any more, their own descriptors are closed,
 * signals do again what they did before, the processes are the parent's. Their tasks are not ended and their memory is not
 * freed. The child may then run a loop of its own; it must not return into one that was running, but _exit(). */
void async_after_fork(void);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_PROCESSES
#ifndef ASYNCIO_FORK_IMPLEMENTATION_
#define ASYNCIO_FORK_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

void async_after_fork(void)
{
    async_loop *loop;
    for (loop = async_loops_; loop != NULL; loop = loop->next_loop)
        async_poller_close_(loop);
    async_loops_ = NULL;
    async_running_ = NULL;
    async_signals_forget_();
}

ASYNC_EXTERN_C_END_

#endif
#endif
