/* socket.h: sending and receiving on sockets without blocking (the loop's sock_ methods): streams and datagrams, and the
 * addresses of peers. Hosts only, with ASYNCIO_NET.
 *
 * Sockets are non-blocking ones, as async_socket_open() and the functions of connect.h make them. Each operation is
 * tried first and waits only if the system says so. Any failure is -errno; CLOSED when the socket is closed by
 * async_fd_close() meanwhile. A cancelled operation has sent and taken nothing, where it does not say otherwise. */
#ifndef ASYNCIO_SOCKET_H
#define ASYNCIO_SOCKET_H

#include "address.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* async_socket_open: a new socket, non-blocking and close-on-exec; -errno. Mirrors socket(). Any thread.
 * async_socket_pair: two that are connected to each other, of type SOCK_STREAM or SOCK_DGRAM. Mirrors socketpair(). */
int async_socket_open(int family, int type, int protocol);
async_status async_socket_pair(int type, int fds[2]);

/* await_into(n, async_socket_recv, .fd = fd, .buffer = b, .size = s): receives what is there, at most size bytes; 0 at
 * the end of a stream. What a datagram has more is lost. .flags as recv() has them: MSG_PEEK, ... Mirrors loop.sock_recv,
 * sock_recv_into. */
struct async_socket_recv {
    async_watcher_ watcher;
    int fd, flags;
    void *buffer;
    size_t size;
    size_t result;
};
ASYNC_DECLARE(async_socket_recv);

/* await_into(n, async_socket_recvfrom, .fd = fd, .buffer = b, .size = s, .from = &a): receives one datagram: as much of
 * it as fits, and whom it is from. .truncated, a bool, tells whether there was more of it. Mirrors loop.sock_recvfrom,
 * sock_recvfrom_into. */
struct async_socket_recvfrom {
    async_watcher_ watcher;
    int fd, flags;
    void *buffer;
    size_t size;
    async_address *from;
    bool *truncated;
    size_t result;
};
ASYNC_DECLARE(async_socket_recvfrom);

/* await_into(n, async_socket_send, .fd = fd, .data = d, .size = s): sends some of it and gives how much; a datagram
 * whole.
 * await(async_socket_sendall, .fd = fd, .data = d, .size = s): sends all of it. .sent, a size_t, tells how much of it so
 *     far, also after a failure or a cancel. Mirrors loop.sock_sendall.
 * await_into(n, async_socket_sendto, .fd = fd, .data = d, .size = s, .to = &a): sends one datagram to an address.
 *     -EMSGSIZE when it is too large for one. Mirrors loop.sock_sendto.
 * A peer that is gone is -EPIPE; no SIGPIPE is raised. */
struct async_socket_send {
    async_watcher_ watcher;
    int fd, flags;
    const void *data;
    size_t size;
    size_t result;
};
ASYNC_DECLARE(async_socket_send);
struct async_socket_sendall {
    async_watcher_ watcher;
    int fd, flags;
    const void *data;
    size_t size, *sent;
    size_t result;
};
ASYNC_DECLARE(async_socket_sendall);
struct async_socket_sendto {
    async_watcher_ watcher;
    int fd, flags;
    const void *data;
    size_t size;
    const async_address *to;
    size_t result;
    async_timer_handle again;
};
ASYNC_DECLARE(async_socket_sendto);

/* await_into(fd, async_socket_accept, .fd = listener, .peer = &a): the next connection, non-blocking and close-on-exec,
 * and whose it is. Mirrors loop.sock_accept. */
struct async_socket_accept {
    async_watcher_ watcher;
    int fd;
    async_address *peer;
    int result;
};
ASYNC_DECLARE(async_socket_accept);

/* await(async_socket_connect, .fd = fd, .address = &a): connects a socket. After a cancel it may be connecting still:
 * close it. Mirrors loop.sock_connect. */
struct async_socket_connect {
    async_watcher_ watcher;
    int fd;
    const async_address *address;
};
ASYNC_DECLARE(async_socket_connect);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_SOCKET_IMPLEMENTATION_
#define ASYNCIO_SOCKET_IMPLEMENTATION_

#include <sys/stat.h>
#include <sys/uio.h>

ASYNC_EXTERN_C_BEGIN_

#ifdef MSG_NOSIGNAL
#define ASYNC_NO_SIGNAL_ MSG_NOSIGNAL
#else
#define ASYNC_NO_SIGNAL_ 0 /* SO_NOSIGPIPE is set on the socket instead */
#endif

/* 0: the system has none. Strict conformance hides it on Linux, where the number depends on the machine. */
#if defined(SO_REUSEPORT)
#define ASYNC_REUSE_PORT_ SO_REUSEPORT
#elif !defined(__linux__)
#define ASYNC_REUSE_PORT_ 0
#elif defined(__mips__) || defined(__alpha__) || defined(__hppa__) || defined(__sparc__)
#define ASYNC_REUSE_PORT_ 0x0200
#else
#define ASYNC_REUSE_PORT_ 15
#endif

static bool async_socket_reuse_port_(int fd)
{
    int on = 1;
    errno = ENOPROTOOPT;
    return ASYNC_REUSE_PORT_ != 0 && setsockopt(fd, SOL_SOCKET, ASYNC_REUSE_PORT_, &on, sizeof on) == 0;
}

/* Removes a socket that was left at a path; whatever else stands in the way, bind says. */
static void async_unix_clear_(const char *path)
{
    struct stat st;
    if (path[0] != '@' && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path);
}

int async_socket_open(int family, int type, int protocol)
{
#ifdef ASYNC_SOCKET_FLAGS_
    int fd = socket(family, type | ASYNC_SOCKET_FLAGS_, protocol);
    return fd < 0 ? -errno : fd;
#else
    int fd = socket(family, type, protocol);
    return fd < 0 ? -errno : async_socket_prepare_(fd);
#endif
}

async_status async_socket_pair(int type, int fds[2])
{
#ifdef ASYNC_SOCKET_FLAGS_
    return socketpair(AF_UNIX, type | ASYNC_SOCKET_FLAGS_, 0, fds) < 0 ? -errno : ASYNC_OK;
#else
    int i;
    if (socketpair(AF_UNIX, type, 0, fds) < 0)
        return -errno;
    for (i = 0; i < 2; i++) {
        int status = async_socket_prepare_(fds[i]);
        if (status < 0) {
            close(fds[1 - i]);
            return status;
        }
    }
    return ASYNC_OK;
#endif
}

/* ---- receiving ----------------------------------------------------------------------------------------------- */

async_step async_socket_recv_resume(async_stack *stack, void *frame)
{
    struct async_socket_recv *io = (struct async_socket_recv *)frame;
    ssize_t n;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    do
        n = recv(io->fd, io->buffer, io->size, io->flags);
    while (n < 0 && errno == EINTR);
    if (n < 0 && async_would_block_(errno))
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, false));
    if (n < 0)
        return async_step_(-errno);
    io->result = (size_t)n;
    return async_step_(ASYNC_OK);
}

/* One message with what belongs to it. */
static ssize_t async_recvmsg_(int fd, void *buffer, size_t size, struct msghdr *message, int flags)
{
    struct iovec part;
    ssize_t n;
    part.iov_base = buffer;
    part.iov_len = size;
    message->msg_iov = &part;
    message->msg_iovlen = 1;
    do
        n = recvmsg(fd, message, flags);
    while (n < 0 && errno == EINTR);
    message->msg_iov = NULL;
    return n;
}

async_step async_socket_recvfrom_resume(async_stack *stack, void *frame)
{
    struct async_socket_recvfrom *io = (struct async_socket_recvfrom *)frame;
    struct msghdr message;
    async_address from;
    ssize_t n;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    ASYNC_MEMSET_(&message, 0, sizeof message);
    ASYNC_MEMSET_(&from, 0, sizeof from);
    message.msg_name = from.storage.bytes;
    message.msg_namelen = sizeof from.storage.bytes;
    n = async_recvmsg_(io->fd, io->buffer, io->size, &message, io->flags);
    if (n < 0 && async_would_block_(errno))
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, false));
    if (n < 0)
        return async_step_(-errno);
    if (io->from != NULL) {
        async_address_written_(&from, message.msg_namelen);
        *io->from = from;
    }
    if (io->truncated != NULL)
        *io->truncated = (message.msg_flags & MSG_TRUNC) != 0;
    io->result = (size_t)n;
    return async_step_(ASYNC_OK);
}

/* ---- sending ------------------------------------------------------------------------------------------------- */

static ssize_t async_sendto_(int fd, const void *data, size_t size, int flags, const async_address *to)
{
    ssize_t n;
    do
        n = to == NULL ? send(fd, data, size, flags | ASYNC_NO_SIGNAL_)
                       : sendto(fd, data, size, flags | ASYNC_NO_SIGNAL_, async_address_sockaddr(to),
                             (socklen_t)to->length);
    while (n < 0 && errno == EINTR);
    return n;
}

static int async_send_once_(async_stack *stack, async_watcher_ *watcher, ssize_t n, int fd, size_t *result)
{
    if (n < 0 && async_would_block_(errno))
        return async_fd_wait_(stack, watcher, fd, true);
    if (n < 0)
        return -errno;
    *result = (size_t)n;
    return ASYNC_OK;
}

async_step async_socket_send_resume(async_stack *stack, void *frame)
{
    struct async_socket_send *io = (struct async_socket_send *)frame;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st == ASYNC_OK)
        st = async_send_once_(stack, &io->watcher, async_sendto_(io->fd, io->data, io->size, io->flags, NULL), io->fd,
            &io->result);
    return async_step_(st);
}

static void async_sendto_again_(async_handle *handle) { async_leaf_complete((async_leaf *)handle->data); }

async_step async_socket_sendto_resume(async_stack *stack, void *frame)
{
    struct async_socket_sendto *io = (struct async_socket_sendto *)frame;
    ssize_t n;
    int st = async_fd_woken_(stack, &io->watcher);
    if (io->again.handle.callback != NULL)
        async_timer_handle_cancel(&io->again);
    if (st != ASYNC_OK)
        return async_step_(st);
    n = async_sendto_(io->fd, io->data, io->size, io->flags, io->to);
    if (n < 0 && async_would_block_(errno) && async_address_family(io->to) == AF_UNIX) {
        /* the receiver's queue is full, of which poll knows nothing: it would say at once that the socket is writable */
        io->watcher.fd = -1;
        st = async_call_later(async_ms(1), &io->again, async_sendto_again_, io);
        return st < 0 ? async_step_(st) : async_leaf_wait(stack, &io->watcher.leaf);
    }
    return async_step_(async_send_once_(stack, &io->watcher, n, io->fd, &io->result));
}

async_step async_socket_sendall_resume(async_stack *stack, void *frame)
{
    struct async_socket_sendall *io = (struct async_socket_sendall *)frame;
    int st = async_fd_woken_(stack, &io->watcher);
    if (st == ASYNC_OK && io->sent != NULL)
        *io->sent = io->result;
    while (st == ASYNC_OK && io->result < io->size) {
        size_t n = 0;
        st = async_send_once_(stack, &io->watcher, async_sendto_(io->fd, (const unsigned char *)io->data + io->result,
            io->size - io->result, io->flags, NULL), io->fd, &n);
        io->result += n;
        if (io->sent != NULL)
            *io->sent = io->result;
    }
    return async_step_(st);
}

/* ---- connections --------------------------------------------------------------------------------------------- */

async_step async_socket_accept_resume(async_stack *stack, void *frame)
{
    struct async_socket_accept *io = (struct async_socket_accept *)frame;
    async_address peer;
    socklen_t length = sizeof peer.storage.bytes;
    int fd, st = async_fd_woken_(stack, &io->watcher);
    if (st != ASYNC_OK)
        return async_step_(st);
    ASYNC_MEMSET_(&peer, 0, sizeof peer);
    fd = async_accept_(io->fd, (struct sockaddr *)(void *)peer.storage.bytes, &length);
    if (fd == -EAGAIN)
        return async_step_(async_fd_wait_(stack, &io->watcher, io->fd, false));
    if (fd < 0)
        return async_step_(fd);
    if (io->peer != NULL) {
        async_address_written_(&peer, length);
        *io->peer = peer;
    }
    io->result = fd;
    return async_step_(ASYNC_OK);
}

async_step async_socket_connect_resume(async_stack *stack, void *frame)
{
    struct async_socket_connect *io = (struct async_socket_connect *)frame;
    return async_step_(async_connect_(stack, &io->watcher, io->fd, async_address_sockaddr(io->address),
        io->address->length));
}

ASYNC_LEAF_DEFINE(async_socket_recv, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_socket_recvfrom, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_socket_send, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_socket_sendall, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_socket_sendto, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_socket_accept, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_socket_connect, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
