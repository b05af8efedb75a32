/* poller.h: what a poller is: the way the system tells which descriptors are ready. Hosts only.
 *
 * There are three, one file each: poll.h, epoll.h, kqueue.h. They know descriptors and what is wanted of them, and
 * nothing of tasks and callbacks: watch.h keeps those, chooses the poller and asks it. What is wanted stays registered
 * from one wait to the next, and is reported for as long as it is so (level-triggered). */
#ifndef ASYNCIO_POLLER_H
#define ASYNCIO_POLLER_H

#include "wake.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* What waits for a descriptor: a leaf begins with this. */
typedef struct async_watcher_ {
    async_leaf leaf;
    async_node_ node;
    int fd;
    async_status status; /* what it is told: OK, CLOSED, -EBADF */
    async_handle *handle; /* no leaf, but part of an async_fd_handle: this is called */
    bool writes;
    bool always; /* the descriptor cannot be watched, as it is always ready */
} async_watcher_;

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_POLLER_IMPLEMENTATION_
#define ASYNCIO_POLLER_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* What is wanted of a descriptor, and what happened; an error or a hang-up is both of these. */
#define ASYNC_READS_ 1u
#define ASYNC_WRITES_ 2u
#define ASYNC_GONE_ 4u   /* an event only: closed behind our back */
#define ASYNC_ALWAYS_ 8u /* while all are registered anew: cannot be watched */

/* What the loop knows of a descriptor. */
struct async_watch_ {
    async_line_ waiters; /* async_watcher_ */
    uint32_t own;        /* the poller's: a place, a generation */
    uint8_t interest;    /* registered with the poller */
    bool drained;        /* the last read came short: there is nothing to read until the poller says so */
};

struct async_poller_ {
    const struct async_poller_kind_ *kind;
    void *own; /* the poller's */
    struct async_watch_ *watches; /* by descriptor */
    int descriptors;              /* how many of them there are */
    int watched;                  /* registered ones, the wake pipe included */
    int waiting;                  /* watchers */
    async_line_ always;           /* watchers of what is always ready, such as a file */
    bool pinned;                  /* stays what it is */
    bool forked;                  /* another process opened it */
    bool haunted;                 /* reports what it cannot be told to leave: to be made anew */
    long wasted;                  /* watch.h: what poll(2) has cost too much so far */
    int unchecked, check_next;    /* watch.h: what is to be renewed, and where to go on */
    unsigned waits;
};

typedef struct async_poller_event_ {
    int fd;
    unsigned what;
} async_poller_event_;

typedef struct async_poller_kind_ {
    /* A poller that watches nothing. OK, NO_MEMORY or -errno. */
    async_status (*open)(struct async_poller_ *poller);
    void (*close)(struct async_poller_ *poller);

    /* From now on this is wanted of a descriptor; 0: nothing, which cannot fail. watch->interest is what was wanted so
     * far, and is set by the caller. -EPERM: it is always ready, there is nothing to watch. */
    async_status (*set)(struct async_poller_ *poller, int fd, unsigned interest);

    /* What was registered under this number may have been closed meanwhile, and the number may be that of another one:
     * registers it again if so. OK, or why not. NULL: the poller goes by the number and never mistakes one. */
    async_status (*renew)(struct async_poller_ *poller, int fd);

    /* Waits for events, at most that many milliseconds, -1: for any time. Nothing that fails there must stop the
     * loop: no event then. */
    void (*wait)(struct async_poller_ *poller, int milliseconds);
    /* Takes one of the events of this wait. A set() in between is allowed. */
    bool (*next)(struct async_poller_ *poller, async_poller_event_ *event);

    /* A descriptor that is readable when wait() would find something; NULL: there is none. */
    int (*fileno)(struct async_poller_ *poller);
} async_poller_kind_;

ASYNC_EXTERN_C_END_

#endif
#endif
