/* poller.h: what wakes the loop from outside: descriptors, other threads, signals. Hosts only.
 *
 * The pollfd array is persistent: a descriptor is added when somebody first waits on it, keeps its place, and is
 * dropped when it is ready and nobody waits any more. */
#ifndef ASYNCIO_POLLER_H
#define ASYNCIO_POLLER_H

#include "cancel.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* async_loop_call_soon_threadsafe: async_loop_call_soon() from any thread; it wakes the loop. The handle must not be
 * touched until it has run, or the loop is closed. CLOSED while that happens. */
async_status async_loop_call_soon_threadsafe(async_loop *loop, async_handle *handle,
    void (*callback)(async_handle *), void *data);

/* async_loop_hold, async_loop_unhold: something the loop cannot see will wake it (a signal handler, a foreign library):
 * waiting for it is no deadlock. Counted. Loop thread. */
void async_loop_hold(async_loop *loop);
void async_loop_unhold(async_loop *loop);

/* A leaf that waits for a descriptor begins with this. */
typedef struct async_watcher_ {
    async_leaf leaf;
    async_node_ node;
    int fd;
    async_status status; /* what the poller tells it: OK, CLOSED */
    bool writes;
    async_handle *handle; /* no leaf, but part of an async_fd_handle: this is called */
} async_watcher_;

async_status async_poller_watch_(async_loop *loop, async_watcher_ *watcher);
void async_poller_unwatch_(async_loop *loop, async_watcher_ *watcher);
void async_poller_forget_(async_loop *loop, int fd, async_status status);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_POLLER_IMPLEMENTATION_
#define ASYNCIO_POLLER_IMPLEMENTATION_

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

ASYNC_EXTERN_C_BEGIN_

struct async_watch_ {
    async_line_ readers, writers;
};

struct async_poller_ {
    struct pollfd *fds;          /* the first is the wake pipe */
    struct async_watch_ *watches; /* beside them */
    int *places;                 /* of a descriptor, in fds; 0: none */
    int count, capacity, descriptors;
    int waiting; /* leaves */
};

#if defined(__GNUC__)
#define ASYNC_LOAD_(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define ASYNC_STORE_(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELEASE)
#define ASYNC_CLEAR_(x) ((void)__atomic_exchange_n(&(x), 0, __ATOMIC_SEQ_CST))
#else
#define ASYNC_LOAD_(x) (x)
#define ASYNC_STORE_(x, v) ((x) = (v))
#define ASYNC_CLEAR_(x) ((void)((x) = 0))
#endif

/* ---- waking -------------------------------------------------------------------------------------------------- */

static bool async_make_pipe_(int fds[2])
{
    int i;
    if (pipe(fds) != 0)
        return false;
    for (i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK);
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

/* Async-signal-safe, any thread. */
static void async_poller_wake_(async_loop *loop)
{
    if (ASYNC_LOAD_(loop->has_wake_fds)) {
        ssize_t n;
        do
            n = write(loop->wake_fds[1], "", 1);
        while (n < 0 && errno == EINTR); /* EAGAIN: it is full of wakes already */
    }
}

static bool async_poller_can_wake_(async_loop *loop)
{
    bool can;
    pthread_mutex_lock(&loop->lock);
    if (!loop->has_wake_fds && async_make_pipe_(loop->wake_fds))
        ASYNC_STORE_(loop->has_wake_fds, true);
    can = loop->has_wake_fds;
    pthread_mutex_unlock(&loop->lock);
    return can;
}

async_status async_loop_call_soon_threadsafe(async_loop *loop, async_handle *handle,
    void (*callback)(async_handle *), void *data)
{
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    pthread_mutex_lock(&loop->lock);
    if (loop->closing) {
        pthread_mutex_unlock(&loop->lock);
        return ASYNC_CLOSED;
    }
    handle->callback = callback;
    handle->data = data;
    handle->link.next = 0;
    if (loop->last_remote != NULL)
        loop->last_remote->link.next = (async_entry_)(void *)handle;
    else
        ASYNC_STORE_(loop->first_remote, handle);
    loop->last_remote = handle;
    async_poller_wake_(loop);
    pthread_mutex_unlock(&loop->lock);
    return ASYNC_OK;
}

static void async_poller_take_remote_(async_loop *loop)
{
    async_handle *handle;
    if (ASYNC_LOAD_(loop->first_remote) == NULL)
        return;
    pthread_mutex_lock(&loop->lock);
    handle = loop->first_remote;
    loop->last_remote = NULL;
    ASYNC_STORE_(loop->first_remote, NULL);
    pthread_mutex_unlock(&loop->lock);
    while (handle != NULL) {
        async_handle *next = (async_handle *)(void *)handle->link.next;
        async_fifo_push_handle_(&loop->ready, handle);
        handle = next;
    }
}

void async_loop_hold(async_loop *loop) { loop->holds++; }
void async_loop_unhold(async_loop *loop) { loop->holds--; }

/* ---- descriptors --------------------------------------------------------------------------------------------- */

/* An array of `old` members made longer; NULL without memory. The new members are zero. */
static void *async_lengthen_(void *array, size_t old, size_t count, size_t size)
{
    unsigned char *longer = (unsigned char *)ASYNCIO_MALLOC(count * size);
    if (longer == NULL)
        return NULL;
    if (array != NULL) {
        ASYNC_MEMCPY_(longer, array, old * size);
        ASYNCIO_FREE(array);
    }
    ASYNC_MEMSET_(longer + old * size, 0, (count - old) * size);
    return longer;
}

static bool async_poller_reserve_(struct async_poller_ *poller, int fd)
{
    if (poller->count == poller->capacity) {
        int capacity = poller->capacity == 0 ? 8 : poller->capacity * 2;
        void *p = async_lengthen_(poller->fds, (size_t)poller->count, (size_t)capacity, sizeof *poller->fds);
        if (p == NULL)
            return false;
        poller->fds = (struct pollfd *)p;
        p = async_lengthen_(poller->watches, (size_t)poller->count, (size_t)capacity, sizeof *poller->watches);
        if (p == NULL)
            return false;
        poller->watches = (struct async_watch_ *)p;
        poller->capacity = capacity;
    }
    if (fd >= poller->descriptors) {
        int count = fd < 32 ? 64 : fd * 2;
        void *p = async_lengthen_(poller->places, (size_t)poller->descriptors, (size_t)count, sizeof *poller->places);
        if (p == NULL)
            return false;
        poller->places = (int *)p;
        poller->descriptors = count;
    }
    return true;
}

static struct async_poller_ *async_poller_of_(async_loop *loop)
{
    if (loop->poller == NULL) {
        struct async_poller_ *poller;
        if (!async_poller_can_wake_(loop))
            return NULL;
        poller = (struct async_poller_ *)ASYNCIO_MALLOC(sizeof *poller);
        if (poller == NULL)
            return NULL;
        ASYNC_MEMSET_(poller, 0, sizeof *poller);
        if (!async_poller_reserve_(poller, 0)) {
            if (poller->fds != NULL)
                ASYNCIO_FREE(poller->fds);
            if (poller->watches != NULL)
                ASYNCIO_FREE(poller->watches);
            ASYNCIO_FREE(poller);
            return NULL;
        }
        poller->fds[0].fd = loop->wake_fds[0];
        poller->fds[0].events = POLLIN;
        poller->count = 1;
        loop->poller = poller;
    }
    return loop->poller;
}

async_status async_poller_watch_(async_loop *loop, async_watcher_ *watcher)
{
    struct async_poller_ *poller = async_poller_of_(loop);
    int fd = watcher->fd, place;
    if (fd < 0)
        return -EBADF;
    if (poller == NULL || !async_poller_reserve_(poller, fd))
        return ASYNC_NO_MEMORY;
    place = poller->places[fd];
    if (place == 0) {
        place = poller->places[fd] = poller->count++;
        ASYNC_MEMSET_(&poller->fds[place], 0, sizeof poller->fds[place]);
        ASYNC_MEMSET_(&poller->watches[place], 0, sizeof poller->watches[place]);
        poller->fds[place].fd = fd;
    }
    poller->fds[place].events |= (short)(watcher->writes ? POLLOUT : POLLIN);
    if (loop->mirror != NULL)
        loop->mirror(loop, fd, poller->fds[place].events);
    async_line_append_(watcher->writes ? &poller->watches[place].writers : &poller->watches[place].readers,
        &watcher->node);
    poller->waiting++;
    watcher->status = ASYNC_OK;
    return ASYNC_OK;
}

static async_watcher_ *async_node_watcher_(async_node_ *node) { return ASYNC_CONTAINER_(node, async_watcher_, node); }

/* The leaf is resumed: out of the line, unless the poller took it out. The interest stays: it will wait again soon. */
void async_poller_unwatch_(async_loop *loop, async_watcher_ *watcher)
{
    struct async_poller_ *poller = loop->poller;
    struct async_watch_ *watch;
    if (watcher->fd < 0)
        return;
    watch = &poller->watches[poller->places[watcher->fd]];
    async_line_remove_(watcher->writes ? &watch->writers : &watch->readers, &watcher->node);
    watcher->fd = -1;
    poller->waiting--;
}

/* Wakes a line and empties it. */
static void async_poller_wake_line_(async_loop *loop, async_line_ *line, async_status status)
{
    async_node_ *node;
    while ((node = line->first) != NULL) {
        async_watcher_ *watcher = async_node_watcher_(node);
        async_line_remove_(line, node);
        loop->poller->waiting--;
        watcher->fd = -1;
        watcher->status = status;
        if (watcher->handle != NULL)
            async_fifo_push_handle_(&loop->ready, watcher->handle);
        else
            async_leaf_complete(&watcher->leaf);
    }
}

static void async_poller_drop_(async_loop *loop, int place)
{
    struct async_poller_ *poller = loop->poller;
    int last = --poller->count;
    if (loop->mirror != NULL)
        loop->mirror(loop, poller->fds[place].fd, 0);
    poller->places[poller->fds[place].fd] = 0;
    if (place != last) {
        poller->fds[place] = poller->fds[last];
        poller->watches[place] = poller->watches[last];
        poller->places[poller->fds[place].fd] = place;
    }
}

/* The descriptor is going away: who waits on it is told, and it is watched no more. */
void async_poller_forget_(async_loop *loop, int fd, async_status status)
{
    struct async_poller_ *poller = loop->poller;
    int place;
    if (poller == NULL || fd < 0 || fd >= poller->descriptors || (place = poller->places[fd]) == 0)
        return;
    async_poller_wake_line_(loop, &poller->watches[place].readers, status);
    async_poller_wake_line_(loop, &poller->watches[place].writers, status);
    async_poller_drop_(loop, place);
}

/* ---- polling ------------------------------------------------------------------------------------------------- */

static void async_poller_drain_(async_loop *loop)
{
    char bytes[64];
    ssize_t n;
    do
        n = read(loop->wake_fds[0], bytes, sizeof bytes);
    while (n == (ssize_t)sizeof bytes || (n < 0 && errno == EINTR));
}

static void async_poller_event_(async_loop *loop, int place)
{
    struct async_poller_ *poller = loop->poller;
    struct pollfd *p = &poller->fds[place];
    struct async_watch_ *watch = &poller->watches[place];
    short failed = p->revents & (POLLERR | POLLHUP), events = p->events;
    if (p->revents & POLLNVAL) { /* closed behind our back */
        async_poller_forget_(loop, p->fd, -EBADF);
        return;
    }
    if (p->revents & (POLLIN | POLLPRI) || failed) {
        if (watch->readers.first == NULL)
            events &= (short)~POLLIN;
        async_poller_wake_line_(loop, &watch->readers, ASYNC_OK);
    }
    if (p->revents & POLLOUT || failed) {
        if (watch->writers.first == NULL)
            events &= (short)~POLLOUT;
        async_poller_wake_line_(loop, &watch->writers, ASYNC_OK);
    }
    if (loop->mirror != NULL && p->events != events && events != 0)
        loop->mirror(loop, p->fd, events);
    p->events = events;
    p->revents = 0;
    if (events == 0) /* an event, and nobody who wants it */
        async_poller_drop_(loop, place);
}

/* A poll without waiting would do something. */
static bool async_poller_has_work_(async_loop *loop)
{
    return (loop->poller != NULL && loop->poller->count > 1) || ASYNC_LOAD_(loop->first_remote) != NULL ||
        ASYNC_LOAD_(loop->interrupted);
}

/* The flag goes first: a signal that comes now sets it again. */
static void async_poller_take_signals_(async_loop *loop)
{
    ASYNC_CLEAR_(loop->interrupted);
    if (loop->ctrl_c) {
        loop->ctrl_c = false;
        async_cancel(loop->interrupt_task);
    }
    if (loop->signals_arrived != NULL)
        loop->signals_arrived(loop);
}

/* Waits at most that long for something to happen, and queues what did. */
static void async_poller_poll_(async_loop *loop, async_time idle)
{
    struct async_poller_ *poller = loop->poller;
    if (idle > 0 || (poller != NULL && poller->count > 1)) {
        struct pollfd wake_only;
        struct pollfd *fds = &wake_only;
        nfds_t count = 0;
        int n, i, timeout = -1;
        if (poller != NULL) {
            fds = poller->fds;
            count = (nfds_t)poller->count;
        } else if (async_poller_can_wake_(loop)) {
            wake_only.fd = loop->wake_fds[0];
            wake_only.events = POLLIN;
            wake_only.revents = 0;
            count = 1;
        }
        if (idle <= 0 || ASYNC_LOAD_(loop->first_remote) != NULL || ASYNC_LOAD_(loop->interrupted))
            timeout = 0;
        else if (idle != ASYNC_FOREVER)
            timeout = idle > (async_time)INT_MAX * 1000000 ? INT_MAX : (int)((idle + 999999) / 1000000);
        if (count == 0 && (timeout < 0 || timeout > 10)) /* no descriptor left for the wake pipe: look now and then */
            timeout = 10;
        n = poll(fds, count, timeout);
        if (n > 0 && fds[0].revents != 0) {
            async_poller_drain_(loop);
            fds[0].revents = 0;
            n--;
        }
        if (poller != NULL) /* backwards, as an event may swap the last one in */
            for (i = poller->count - 1; i > 0 && n > 0; i--)
                if (i < poller->count && poller->fds[i].revents != 0) {
                    n--;
                    async_poller_event_(loop, i);
                }
    }
    async_poller_take_remote_(loop);
    if (ASYNC_LOAD_(loop->interrupted))
        async_poller_take_signals_(loop);
}

/* Of the library's: they wait for work, and wake nobody. */
static int async_idle_threads_;

static bool async_has_other_threads_(void)
{
#if defined(__linux__)
    struct stat st;
    return stat("/proc/self/task", &st) != 0 || (long)st.st_nlink - ASYNC_LOAD_(async_idle_threads_) > 3;
#else
    return true;
#endif
}

/* Functions that tasks wait for run in threads. */
static bool async_poller_has_jobs_(const async_loop *loop)
{
#if ASYNCIO_THREADS
    return loop->jobs > 0;
#else
    (void)loop;
    return false;
#endif
}

/* Nothing is watched, and no thread could call. */
static bool async_poller_is_dead_(async_loop *loop)
{
    return !async_poller_has_jobs_(loop) && (loop->poller == NULL || loop->poller->waiting == 0) && loop->holds == 0 &&
        ASYNC_LOAD_(loop->first_remote) == NULL && !async_has_other_threads_();
}

/* The callbacks that are left at the end, when the tasks are gone: not added any more. */
static void async_poller_let_go_(async_line_ *line)
{
    while (line->first != NULL) {
        async_watcher_ *watcher = async_node_watcher_(line->first);
        async_line_remove_(line, line->first);
        watcher->fd = -1;
    }
}

static void async_poller_close_(async_loop *loop)
{
    struct async_poller_ *poller = loop->poller;
    if (poller != NULL) {
        int i;
        for (i = 1; i < poller->count; i++) {
            async_poller_let_go_(&poller->watches[i].readers);
            async_poller_let_go_(&poller->watches[i].writers);
        }
        ASYNCIO_FREE(poller->fds);
        ASYNCIO_FREE(poller->watches);
        if (poller->places != NULL)
            ASYNCIO_FREE(poller->places);
        ASYNCIO_FREE(poller);
        loop->poller = NULL;
    }
    if (loop->mirror != NULL)
        close(loop->mirror_fd);
    if (loop->has_wake_fds) {
        close(loop->wake_fds[0]);
        close(loop->wake_fds[1]);
        loop->has_wake_fds = false;
    }
}

ASYNC_EXTERN_C_END_

#endif
#endif
