/* listen.h: sockets that listen: on an address, on a path, on all addresses of a host. Hosts only, with ASYNCIO_NET. */
#ifndef ASYNCIO_LISTEN_H
#define ASYNCIO_LISTEN_H

#include "socket.h"
#include "resolve.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* async_address_listen: a new stream socket, non-blocking and close-on-exec, that listens on an address; -errno.
 * backlog: how many may wait to be accepted; 0: 100. reuse_port: several sockets may listen on the port, among which the
 * system divides the connections; -ENOPROTOOPT where it cannot. Any thread; does not suspend.
 * async_unix_listen: the same on a path; a socket that was left there is replaced. */
int async_address_listen(const async_address *address, int backlog, bool reuse_port);
int async_unix_listen(const char *path, int backlog);

/* await_into(count, async_net_listen, .host = h, .port = p, .fds = array, .capacity = n): listens on all addresses of a
 * host, as above; the descriptors, at most n of them, are in the array. .host NULL: on all interfaces, IPv4 and IPv6.
 * .port 0: one that is free, the same for all. .family, .backlog, .reuse_port as above. .keep_alive: the system asks a peer
 * that says nothing now and then whether it is still there (SO_KEEPALIVE), so that one that is gone without a word ends its
 * connection, after hours where nothing else is set. When it fails, none is left. */
struct async_net_listen {
    async_frame frame;
    const char *host;
    int port, family, backlog;
    bool reuse_port, keep_alive;
    int *fds;
    size_t capacity, result;
    struct addrinfo *found;
};
ASYNC_DECLARE(async_net_listen);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_LISTEN_IMPLEMENTATION_
#define ASYNCIO_LISTEN_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_BACKLOG_ = 100 };

int async_address_listen(const async_address *address, int backlog, bool reuse_port)
{
    int family = async_address_family(address), on = 1, error, fd = async_socket_open(family, SOCK_STREAM, 0);
    if (fd < 0)
        return fd;
    if ((family != AF_UNIX && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) ||
        (reuse_port && !async_socket_reuse_port_(fd)) ||
        /* IPv4 has a socket of its own */
        (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        bind(fd, async_address_sockaddr(address), (socklen_t)address->length) != 0 ||
        listen(fd, backlog > 0 ? backlog : ASYNC_BACKLOG_) != 0) {
        error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int async_unix_listen(const char *path, int backlog)
{
    async_address address;
    async_status status = async_address_set_path(&address, path);
    if (status < 0)
        return status;
    async_unix_clear_(path);
    return async_address_listen(&address, backlog, false);
}

/* All of them, or none: the descriptors' number, or why not. A port of 0 is the first socket's for the others too. */
static int async_listen_all_(struct async_net_listen *self, int port)
{
    struct addrinfo *each;
    async_address address;
    size_t count = 0;
    int fd = -EADDRNOTAVAIL, on = 1;
    for (each = self->found; each != NULL && count < self->capacity; each = each->ai_next) {
        if (async_address_set(&address, each->ai_addr, each->ai_addrlen) < 0)
            continue;
        (void)async_address_set_port(&address, port);
        fd = async_address_listen(&address, self->backlog, self->reuse_port);
        if (fd >= 0 && self->keep_alive && setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) {
            int error = errno;
            close(fd);
            fd = -error;
        }
        if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) /* the machine may have no IPv6 */
            continue;
        if (fd < 0)
            break;
        self->fds[count++] = fd;
        if (port == 0 && async_socket_name(fd, &address) == ASYNC_OK)
            port = async_address_port(&address);
    }
    if (count > 0 && (fd >= 0 || fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL))
        return (int)count;
    while (count > 0)
        close(self->fds[--count]);
    return fd;
}

ASYNC_DEFINE(async_net_listen)
{
    int status, tries;
    ASYNC_BEGIN;
    AWAIT_INTO(self->found, async_getaddrinfo, .host = self->host, .port = self->port, .family = self->family,
        .type = SOCK_STREAM, .flags = AI_PASSIVE);
    /* a port that is free for the first may be taken for the second: then another one */
    for (tries = 0, status = -EADDRINUSE; status == -EADDRINUSE && tries < (self->port == 0 ? 10 : 1); tries++)
        status = async_listen_all_(self, self->port);
    if (status < 0)
        ASYNC_RAISE(status);
    self->result = (size_t)status;
    ASYNC_FINALLY;
    if (self->found != NULL)
        freeaddrinfo(self->found);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
