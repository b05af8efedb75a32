/* sendfile.h: a file, or a part of it, into a socket. Hosts only, with ASYNCIO_NET. */
#ifndef ASYNCIO_SENDFILE_H
#define ASYNCIO_SENDFILE_H

#include "socket.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await_into(n, async_socket_sendfile, .fd = fd, .file = f, .offset = o, .size = s): sends a file, or size bytes of it
 * (0: up to its end) from an offset on, and gives how many that were: fewer than size where the file ends. By sendfile()
 * if the system has it for this file, otherwise by reading. Reading the file may block the thread for a moment. The
 * file's own position is neither used nor changed; -ESPIPE for what has none, such as a pipe. .sent tells how much so far, also after a failure or a cancel.
 * Mirrors loop.sock_sendfile. */
struct async_socket_sendfile {
    async_watcher_ watcher;
    int fd, file;
    uint64_t offset, size, *sent;
    uint64_t result;
    bool reads;
};
ASYNC_DECLARE(async_socket_sendfile);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_SENDFILE_IMPLEMENTATION_
#define ASYNCIO_SENDFILE_IMPLEMENTATION_

#if defined(__linux__)
#include <sys/sendfile.h>
#endif

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_SENDFILE_CHUNK_ = 0x40000, ASYNC_SENDFILE_BUFFER_ = 8192 };

/* The file's next bytes into the socket: how many; 0 at its end; -1 and errno. What has not gone is read again. */
static ssize_t async_sendfile_read_(int fd, int file, off_t offset, size_t size)
{
    char buffer[ASYNC_SENDFILE_BUFFER_];
    ssize_t n;
    do
        n = pread(file, buffer, size < sizeof buffer ? size : sizeof buffer, offset);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        n = async_sendto_(fd, buffer, (size_t)n, 0, NULL);
    return n;
}

/* The same without a copy; ENOSYS where the system cannot. */
static ssize_t async_sendfile_(int fd, int file, off_t offset, size_t size)
{
#if defined(__linux__)
    sigset_t before;
    ssize_t n;
    async_sigpipe_block_(&before);
    do
        n = sendfile(fd, file, &offset, size);
    while (n < 0 && errno == EINTR);
    async_sigpipe_unblock_(&before, n < 0);
    if (n < 0 && errno == EINVAL)
        errno = ENOSYS;
    return n;
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__)
    /* they may have sent some of it when they fail */
    off_t n = (off_t)size;
#if defined(__APPLE__)
    int failed = sendfile(file, fd, offset, &n, NULL, 0);
#else
    int failed = sendfile(file, fd, offset, size, NULL, &n, 0);
#endif
    if (failed != 0 && (errno == EOPNOTSUPP || errno == ENOTSOCK || errno == EINVAL))
        errno = ENOSYS;
    if (failed != 0 && n == 0 && errno == EINTR)
        errno = EAGAIN;
    return failed != 0 && (n == 0 || errno == ENOSYS) ? -1 : (ssize_t)n;
#else
    (void)fd;
    (void)file;
    (void)offset;
    (void)size;
    errno = ENOSYS;
    return -1;
#endif
}

async_step async_socket_sendfile_resume(async_stack *stack, void *frame)
{
    struct async_socket_sendfile *io = (struct async_socket_sendfile *)frame;
    for (;;) {
        size_t size = ASYNC_SENDFILE_CHUNK_;
        ssize_t n;
        int st = async_fd_woken_(stack, &io->watcher);
        if (st != ASYNC_OK)
            return async_step_(st);
        if (io->sent != NULL)
            *io->sent = io->result;
        if (io->size > 0 && io->size - io->result < size)
            size = (size_t)(io->size - io->result);
        if (size == 0)
            return async_step_(ASYNC_OK);
        n = io->reads ? async_sendfile_read_(io->fd, io->file, (off_t)(io->offset + io->result), size)
                      : async_sendfile_(io->fd, io->file, (off_t)(io->offset + io->result), size);
        if (n < 0 && errno == ENOSYS && !io->reads) {
            io->reads = true;
        } else if (n < 0 && async_would_block_(errno)) {
            return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, true));
        } else if (n < 0) {
            return async_step_(-errno);
        } else if (n == 0) {
            return async_step_(ASYNC_OK);
        } else {
            io->result += (uint64_t)n;
            if (io->sent != NULL)
                *io->sent = io->result;
        }
        io->watcher.leaf.frame.state = ASYNC_LEAF_NEW; /* the others get a turn now and then */
    }
}

ASYNC_LEAF_DEFINE(async_socket_sendfile, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
