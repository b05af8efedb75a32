/* fd.h: waiting for descriptors, and reading, writing, accepting and connecting without blocking. Hosts only.
 *
 * Descriptors are non-blocking ones: async_fd_set_nonblocking(). Each operation is tried first and waits only if the
 * system says so, or to let others run after many that did not wait; a read after one that came short waits at once. A cancelled operation has done nothing; async_fd_write_all() says how far it came. */
#ifndef ASYNCIO_FD_H
#define ASYNCIO_FD_H

#include "watch.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

struct sockaddr;

/* async_fd_set_nonblocking: also close-on-exec. OK or -errno. Any thread. */
async_status async_fd_set_nonblocking(int fd);

/* async_fd_close: closes a descriptor; who waits for it is woken with CLOSED. OK, or -errno. Loop thread. */
async_status async_fd_close(int fd);

/* await(async_fd_readable, .fd = fd), await(async_fd_writable, .fd = fd): until it is, or has failed or ended. Any
 * number may wait; all are woken. CLOSED, -EBADF, NO_MEMORY. */
struct async_fd_readable {
    async_watcher_ watcher;
    int fd;
};
ASYNC_DECLARE(async_fd_readable);
struct async_fd_writable {
    async_watcher_ watcher;
    int fd;
};
ASYNC_DECLARE(async_fd_writable);

/* await_into(n, async_fd_read, .fd = fd, .buffer = b, .size = s): reads what is there, at most size bytes; 0 at the end
 * of the file. -errno, CLOSED. */
struct async_fd_read {
    async_watcher_ watcher;
    int fd;
    void *buffer;
    size_t size;
    size_t result;
};
ASYNC_DECLARE(async_fd_read);

/* await_into(n, async_fd_write, .fd = fd, .data = d, .size = s): writes some of it and gives how much.
 * await_into(n, async_fd_write_all, ...): writes all of it; when it fails, the result is not copied. A peer that is gone
 * is -EPIPE; no SIGPIPE is delivered. */
struct async_fd_write {
    async_watcher_ watcher;
    int fd;
    const void *data;
    size_t size;
    size_t result;
};
ASYNC_DECLARE(async_fd_write);
struct async_fd_write_all {
    async_watcher_ watcher;
    int fd;
    const void *data;
    size_t size;
    size_t result;
};
ASYNC_DECLARE(async_fd_write_all);

/* await_into(fd, async_fd_accept, .fd = listener): the next connection, non-blocking and close-on-exec. -errno,
 * CLOSED; connections that were gone already are passed over. */
struct async_fd_accept {
    async_watcher_ watcher;
    int fd;
    int result;
};
ASYNC_DECLARE(async_fd_accept);

/* await(async_fd_connect, .fd = fd, .address = a, .length = n): connects a socket. -errno, CLOSED. */
struct async_fd_connect {
    async_watcher_ watcher;
    int fd;
    const struct sockaddr *address;
    size_t length;
};
ASYNC_DECLARE(async_fd_connect);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_FD_IMPLEMENTATION_
#define ASYNCIO_FD_IMPLEMENTATION_

#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>

ASYNC_EXTERN_C_BEGIN_

/* Sockets are non-blocking and close-on-exec from the first moment; elsewhere (macOS) a moment later. */
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
#define ASYNC_SOCKET_FLAGS_ (SOCK_NONBLOCK | SOCK_CLOEXEC)
#if defined(__linux__) && !defined(_GNU_SOURCE)
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags); /* hidden, but there since 2008 */
#endif
#endif

async_status async_fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    async_loop *loop = async_loop_here_();
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -errno;
    if (loop != NULL) /* it may be a new one, after one of the same number that was closed with close() */
        async_poller_renew_(loop, fd);
    return ASYNC_OK;
}

async_status async_fd_close(int fd)
{
    async_loop *loop = async_loop_here_();
    if (loop != NULL)
        async_poller_forget_(loop, fd, ASYNC_CLOSED);
    if (close(fd) != 0 && errno != EINTR)
        return -errno;
    return ASYNC_OK;
}

static bool async_would_block_(int error)
{
#if EWOULDBLOCK != EAGAIN
    if (error == EWOULDBLOCK)
        return true;
#endif
    return error == EAGAIN;
}

/* PENDING, or why it cannot wait. */
static int async_fd_wait_(async_stack *stack, async_watcher_ *watcher, int fd, bool writes)
{
    async_status status;
    watcher->fd = fd;
    watcher->writes = writes;
    status = async_poller_watch_(async_loop_of_(stack), watcher);
    if (status < 0)
        return status;
    return async_leaf_wait(stack, &watcher->leaf).code;
}

/* OK when there is nothing to wait for any more (or yet): the operation may be tried. PENDING when the task has done so
 * many without waiting that the others get a turn first: a peer that never stops sending must not have the loop. */
static inline int async_fd_woken_(async_stack *stack, async_watcher_ *watcher)
{
    async_status status;
    if (watcher->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (stack->budget-- > 0)
            return ASYNC_OK;
        watcher->fd = -1;
        watcher->leaf.frame.state = ASYNC_LEAF_DONE;
        async_fifo_push_(&async_loop_of_(stack)->ready, &stack->task->link, ASYNC_KIND_TASK_);
        return ASYNC_PENDING_;
    }
    if (ASYNC_RARE_(watcher->fd >= 0))
        async_poller_unwatch_(async_loop_of_(stack), watcher);
    status = async_leaf_outcome(&watcher->leaf);
    return status < 0 ? status : watcher->status;
}

async_step async_fd_readable_resume(async_stack *stack, void *frame)
{
    struct async_fd_readable *wait = (struct async_fd_readable *)frame;
    if (wait->watcher.leaf.frame.state == ASYNC_LEAF_NEW)
        return async_step_(async_fd_wait_(stack, &wait->watcher, wait->fd, false));
    return async_step_(async_fd_woken_(stack, &wait->watcher));
}

async_step async_fd_writable_resume(async_stack *stack, void *frame)
{
    struct async_fd_writable *wait = (struct async_fd_writable *)frame;
    if (wait->watcher.leaf.frame.state == ASYNC_LEAF_NEW)
        return async_step_(async_fd_wait_(stack, &wait->watcher, wait->fd, true));
    return async_step_(async_fd_woken_(stack, &wait->watcher));
}

/* The last read came short, so there was nothing more, and nothing was reported since: to try would be in vain. Were that
 * wrong, the poller would report it at once. */
static inline bool async_fd_is_drained_(const struct async_fd_read *io, const struct async_watch_ *watch)
{
    return watch != NULL && watch->drained && io->watcher.leaf.frame.state == ASYNC_LEAF_NEW && io->size > 0;
}

ASYNC_NOINLINE_ static async_step async_fd_read_on_(async_stack *stack, struct async_fd_read *io)
{
    struct async_watch_ *watch = async_watch_of_(async_loop_of_(stack), io->fd);
    ssize_t n;
    int st;
    if (async_fd_is_drained_(io, watch))
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, false));
    st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    do
        n = read(io->fd, io->buffer, io->size);
    while (n < 0 && errno == EINTR);
    if (n < 0 && async_would_block_(errno))
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, false));
    if (n < 0)
        return async_step_(-errno);
    if (watch != NULL)
        watch->drained = n > 0 && (size_t)n < io->size;
    io->result = (size_t)n;
    return async_step_(ASYNC_OK);
}

async_step async_fd_read_resume(async_stack *stack, void *frame)
{
    struct async_fd_read *io = (struct async_fd_read *)frame;
    async_loop *loop = async_loop_of_(stack);
    struct async_watch_ *watch = async_watch_of_(loop, io->fd);
    if (!async_fd_is_drained_(io, watch) || !(watch->interest & ASYNC_READS_))
        return async_fd_read_on_(stack, io);
    io->watcher.fd = io->fd;
    async_watch_append_(loop, &watch->waiters, &io->watcher);
    return async_leaf_wait(stack, &io->watcher.leaf);
}

/* Around a call that no flag keeps from raising SIGPIPE: the thread does not get it. errno stays. */
static void async_sigpipe_block_(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

static void async_sigpipe_unblock_(const sigset_t *before, bool failed)
{
    int error = errno, number;
    sigset_t pending, set;
    if (sigismember(before, SIGPIPE) == 1) /* blocked anyway: one that is pending may be the program's */
        return;
    if (failed && error == EPIPE && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) {
        sigemptyset(&set);
        sigaddset(&set, SIGPIPE);
        (void)sigwait(&set, &number);
    }
    pthread_sigmask(SIG_SETMASK, before, NULL);
    errno = error;
}

/* What is no socket. */
ASYNC_NOINLINE_ static ssize_t async_write_file_(int fd, const void *data, size_t size)
{
    sigset_t before;
    ssize_t n;
    async_sigpipe_block_(&before);
    do
        n = write(fd, data, size);
    while (n < 0 && errno == EINTR);
    async_sigpipe_unblock_(&before, n < 0);
    return n;
}

static ssize_t async_write_(int fd, const void *data, size_t size)
{
#ifdef MSG_NOSIGNAL
    ssize_t n;
    do
        n = send(fd, data, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0 || errno != ENOTSOCK)
        return n;
#endif
    return async_write_file_(fd, data, size);
}

async_step async_fd_write_resume(async_stack *stack, void *frame)
{
    struct async_fd_write *io = (struct async_fd_write *)frame;
    ssize_t n;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    n = async_write_(io->fd, io->data, io->size);
    if (n < 0 && async_would_block_(errno))
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, true));
    if (n < 0)
        return async_step_(-errno);
    io->result = (size_t)n;
    return async_step_(ASYNC_OK);
}

async_step async_fd_write_all_resume(async_stack *stack, void *frame)
{
    struct async_fd_write_all *io = (struct async_fd_write_all *)frame;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    while (io->result < io->size) {
        ssize_t n = async_write_(io->fd, (const unsigned char *)io->data + io->result, io->size - io->result);
        if (n < 0 && async_would_block_(errno))
            return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, true));
        if (n < 0)
            return async_step_(-errno);
        io->result += (size_t)n;
    }
    return async_step_(ASYNC_OK);
}

#ifndef ASYNC_SOCKET_FLAGS_
/* A new socket made so, and without SIGPIPE; closed when that fails. The descriptor, or -errno. */
static int async_socket_prepare_(int fd)
{
    async_status status = async_fd_set_nonblocking(fd);
#ifdef SO_NOSIGPIPE
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    if (status < 0)
        close(fd);
    return status < 0 ? status : fd;
}
#endif

/* The next connection, or -errno; -EAGAIN when there is none. */
static int async_accept_(int listener, struct sockaddr *address, socklen_t *length)
{
    int fd;
    do
#ifdef ASYNC_SOCKET_FLAGS_
        fd = accept4(listener, address, length, ASYNC_SOCKET_FLAGS_);
#else
        fd = accept(listener, address, length);
#endif
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0)
        return async_would_block_(errno) ? -EAGAIN : -errno;
#ifdef ASYNC_SOCKET_FLAGS_
    if (async_loop_here_() != NULL)
        async_poller_renew_(async_loop_here_(), fd);
    return fd;
#else
    return async_socket_prepare_(fd);
#endif
}

async_step async_fd_accept_resume(async_stack *stack, void *frame)
{
    struct async_fd_accept *io = (struct async_fd_accept *)frame;
    int fd, st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    fd = async_accept_(io->fd, NULL, NULL);
    if (fd == -EAGAIN)
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, false));
    if (fd < 0)
        return async_step_(fd);
    io->result = fd;
    return async_step_(ASYNC_OK);
}

/* Begins to connect, or hears how it went. */
static int async_connect_(async_stack *stack, async_watcher_ *watcher, int fd, const struct sockaddr *address,
    size_t length)
{
    int error = 0, st;
    socklen_t size = sizeof error;
    if (watcher->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (connect(fd, address, (socklen_t)length) == 0 || errno == EISCONN)
            return ASYNC_OK;
        /* interrupted: it goes on by itself */
        if (errno == EINPROGRESS || errno == EINTR)
            return async_fd_wait_(stack, watcher, fd, true);
        return -errno;
    }
    st = async_fd_woken_(stack, watcher);
    if (st < 0)
        return st;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return -error;
}

async_step async_fd_connect_resume(async_stack *stack, void *frame)
{
    struct async_fd_connect *io = (struct async_fd_connect *)frame;
    return async_step_(async_connect_(stack, &io->watcher, io->fd, io->address, io->length));
}

ASYNC_LEAF_DEFINE(async_fd_readable, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_fd_writable, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_fd_read, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_fd_write, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_fd_write_all, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_fd_accept, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_fd_connect, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
