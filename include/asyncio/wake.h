/* wake.h: how the loop is woken from outside: by other threads, and by what it cannot see. Hosts only.
 *
 * A sleeping loop waits for a pipe of its own, among its descriptors. The pipe is made when it is first needed. */
#ifndef ASYNCIO_WAKE_H
#define ASYNCIO_WAKE_H

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

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_WAKE_IMPLEMENTATION_
#define ASYNCIO_WAKE_IMPLEMENTATION_

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

ASYNC_EXTERN_C_BEGIN_

#if defined(__GNUC__)
#define ASYNC_LOAD_(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define ASYNC_STORE_(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELEASE)
#define ASYNC_CLEAR_(x) ((void)__atomic_exchange_n(&(x), 0, __ATOMIC_SEQ_CST))
#else
#define ASYNC_LOAD_(x) (x)
#define ASYNC_STORE_(x, v) ((x) = (v))
#define ASYNC_CLEAR_(x) ((void)((x) = 0))
#endif

/* What a call that makes a descriptor gave, or -errno; out of the way of the standard ones if those are closed, since
 * everybody else takes these numbers for what they usually are. */
static int async_own_fd_(int fd)
{
    int moved, error;
    if (fd < 0 || fd > 2)
        return fd < 0 ? -errno : fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    error = errno;
    close(fd);
    return moved < 0 ? -error : moved;
}

static async_status async_own_pipe_(int fds[2])
{
    fds[0] = async_own_fd_(fds[0]);
    fds[1] = async_own_fd_(fds[1]);
    if (fds[0] >= 0 && fds[1] >= 0)
        return ASYNC_OK;
    if (fds[0] >= 0)
        close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
    return fds[0] < 0 ? fds[0] : fds[1];
}

static bool async_make_pipe_(int fds[2])
{
    int i;
    if (pipe(fds) != 0 || async_own_pipe_(fds) < 0)
        return false;
    for (i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK);
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

/* How often this process and those it comes from have forked; asking the system who one is at each wait costs a call. */
static int async_forks_;
static pthread_once_t async_forks_counted_ = PTHREAD_ONCE_INIT;

static bool async_forks_untold_; /* the system has no memory to tell of them */

static void async_forked_(void) { async_forks_++; }
static void async_count_forks_(void) { async_forks_untold_ = pthread_atfork(NULL, NULL, async_forked_) != 0; }
static int async_forks_now_(void) { return ASYNC_RARE_(async_forks_untold_) ? (int)getpid() : async_forks_; }

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
    if (!loop->has_wake_fds && async_make_pipe_(loop->wake_fds)) {
        pthread_once(&async_forks_counted_, async_count_forks_);
        loop->forks = async_forks_now_();
        ASYNC_STORE_(loop->has_wake_fds, true);
    }
    can = loop->has_wake_fds;
    pthread_mutex_unlock(&loop->lock);
    return can;
}

static void async_wake_drain_(async_loop *loop)
{
    char bytes[64];
    ssize_t n;
    do
        n = read(loop->wake_fds[0], bytes, sizeof bytes);
    while (n == (ssize_t)sizeof bytes || (n < 0 && errno == EINTR));
}

static void async_wake_close_(async_loop *loop)
{
    if (loop->has_wake_fds) {
        close(loop->wake_fds[0]);
        close(loop->wake_fds[1]);
        loop->has_wake_fds = false;
    }
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

static void async_wake_take_remote_(async_loop *loop)
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

ASYNC_EXTERN_C_END_

#endif
#endif
