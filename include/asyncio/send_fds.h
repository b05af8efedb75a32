/* send_fds.h: descriptors handed to another process, or thread, through a unix socket. Hosts only, with ASYNCIO_NET. */
#ifndef ASYNCIO_SEND_FDS_H
#define ASYNCIO_SEND_FDS_H

#include "socket.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await_into(n, async_socket_send_fds, .fd = fd, .data = d, .size = s, .fds = array, .count = c): sends descriptors
 *     through a unix socket, along with at least one byte of data: how many bytes went. They stay open here too. At most
 *     ASYNC_SOCKET_FDS at once.
 * await_into(n, async_socket_recv_fds, .fd = fd, .buffer = b, .size = s, .fds = array, .count = &c): receives data, and
 *     descriptors if some came along: c is how many the array has room for and then how many it has got. They are
 *     close-on-exec; those that have no room are closed, and .truncated, a bool, tells.
 * Mirror socket.send_fds, socket.recv_fds. */
enum { ASYNC_SOCKET_FDS = 64 };
struct async_socket_send_fds {
    async_watcher_ watcher;
    int fd;
    const void *data;
    size_t size;
    const int *fds;
    size_t count;
    size_t result;
};
ASYNC_DECLARE(async_socket_send_fds);
struct async_socket_recv_fds {
    async_watcher_ watcher;
    int fd;
    void *buffer;
    size_t size;
    int *fds;
    size_t *count;
    bool *truncated;
    size_t result;
};
ASYNC_DECLARE(async_socket_recv_fds);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_SEND_FDS_IMPLEMENTATION_
#define ASYNCIO_SEND_FDS_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* Room for ancillary data, aligned as its header needs. More is received than can be asked for: what comes with it has
 * to be closed. */
union async_ancillary_ {
    struct cmsghdr header;
    unsigned char bytes[CMSG_SPACE(sizeof(int) * 256)];
};

async_step async_socket_send_fds_resume(async_stack *stack, void *frame)
{
    struct async_socket_send_fds *io = (struct async_socket_send_fds *)frame;
    union async_ancillary_ ancillary;
    struct msghdr message;
    struct iovec part;
    ssize_t n;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    if (io->size == 0 || io->count > ASYNC_SOCKET_FDS)
        return async_step_(ASYNC_INVALID_ARGUMENT);
    ASYNC_MEMSET_(&message, 0, sizeof message);
    ASYNC_MEMCPY_(&part.iov_base, &io->data, sizeof part.iov_base); /* not const there, though it is only read */
    part.iov_len = io->size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (io->count > 0) {
        struct cmsghdr *header;
        ASYNC_MEMSET_(&ancillary, 0, sizeof ancillary);
        message.msg_control = ancillary.bytes;
        message.msg_controllen = (unsigned)CMSG_SPACE(sizeof(int) * io->count); /* size_t or socklen_t */
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = (unsigned)CMSG_LEN(sizeof(int) * io->count);
        ASYNC_MEMCPY_(CMSG_DATA(header), io->fds, sizeof(int) * io->count);
    }
    do
        n = sendmsg(io->fd, &message, ASYNC_NO_SIGNAL_);
    while (n < 0 && errno == EINTR);
    return async_step_(async_send_once_(stack, &io->watcher, n, io->fd, &io->result));
}

/* musl's macro has a conversion in it. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif
static struct cmsghdr *async_next_ancillary_(struct msghdr *message, struct cmsghdr *header)
{
    return CMSG_NXTHDR(message, header);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* Takes the descriptors out of a message: into the array while there is room, and otherwise closes them. */
static size_t async_take_fds_(struct msghdr *message, int *fds, size_t room, bool *truncated)
{
    struct cmsghdr *header;
    size_t count = 0;
    *truncated = (message->msg_flags & MSG_CTRUNC) != 0;
    for (header = CMSG_FIRSTHDR(message); header != NULL; header = async_next_ancillary_(message, header)) {
        size_t i, n = ((size_t)header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        for (i = 0; i < n; i++) {
            int fd;
            ASYNC_MEMCPY_(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (count < room) {
#ifndef MSG_CMSG_CLOEXEC
                (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
                fds[count++] = fd;
            } else {
                close(fd);
                *truncated = true;
            }
        }
    }
    return count;
}

async_step async_socket_recv_fds_resume(async_stack *stack, void *frame)
{
    struct async_socket_recv_fds *io = (struct async_socket_recv_fds *)frame;
    union async_ancillary_ ancillary;
    struct msghdr message;
    size_t room = io->count == NULL ? 0 : *io->count;
    bool truncated;
    ssize_t n;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    ASYNC_MEMSET_(&message, 0, sizeof message);
    message.msg_control = ancillary.bytes;
    message.msg_controllen = sizeof ancillary.bytes;
#ifdef MSG_CMSG_CLOEXEC
    n = async_recvmsg_(io->fd, io->buffer, io->size, &message, MSG_CMSG_CLOEXEC);
#else
    n = async_recvmsg_(io->fd, io->buffer, io->size, &message, 0);
#endif
    if (n < 0 && async_would_block_(errno))
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, false));
    if (n < 0)
        return async_step_(-errno);
    room = async_take_fds_(&message, io->fds, room, &truncated);
    if (io->count != NULL)
        *io->count = room;
    if (io->truncated != NULL)
        *io->truncated = truncated;
    io->result = (size_t)n;
    return async_step_(ASYNC_OK);
}

ASYNC_LEAF_DEFINE(async_socket_send_fds, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_socket_recv_fds, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
