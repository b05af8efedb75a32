/* datagram.h: sockets for datagrams: UDP by name or address, unix ones by path. What is sent and received on them is in
 * socket.h. Hosts only, with ASYNCIO_NET. */
#ifndef ASYNCIO_DATAGRAM_H
#define ASYNCIO_DATAGRAM_H

#include "socket.h"
#include "resolve.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

enum {
    ASYNC_DATAGRAM_BROADCAST = 1, /* it may send to broadcast addresses */
    ASYNC_DATAGRAM_REUSE_PORT = 2 /* several sockets may be bound to the port: -ENOPROTOOPT where they cannot */
};

/* async_address_datagram: a new datagram socket, non-blocking and close-on-exec, bound to `local` and connected to
 * `remote`; either may be NULL. options: of the above. A connected one sends without an address, receives from there
 * only, and hears of refusals: -ECONNREFUSED from a send or receive. A unix socket needs a local address for others to
 * answer to. -errno; INVALID_ARGUMENT without any address, or with two of different families. Any thread; does not
 * suspend. */
int async_address_datagram(const async_address *local, const async_address *remote, unsigned options);

/* async_unix_datagram: the same, of unix sockets by path: at local_path a socket that was left there is replaced, and the
 * new one is to be removed by its owner. Either may be NULL. */
int async_unix_datagram(const char *local_path, const char *path);

/* await_into(fd, async_net_datagram, .host = "example.org", .port = 53): the same for UDP, connected to the first of the
 * host's addresses for which there is a socket.
 * await_into(fd, async_net_datagram, .local_host = h, .local_port = p): bound to a host of this machine; NULL: to all
 *     interfaces, of IPv4 unless .family says AF_INET6. Port 0: one that is free.
 * Or both. .options as above. .to, an async_address: it is not connected, but told where to send to: for broadcasts, which
 *     others answer. Statuses: async_getaddrinfo's, and -errno of the first address. Mirrors the socket of
 * loop.create_datagram_endpoint. */
struct async_net_datagram {
    async_frame frame;
    const char *host, *local_host;
    int port, local_port, family;
    unsigned options;
    async_address *to;
    int result;
    struct addrinfo *remotes, *locals;
};
ASYNC_DECLARE(async_net_datagram);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_DATAGRAM_IMPLEMENTATION_
#define ASYNCIO_DATAGRAM_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

static int async_datagram_socket_(int family, const async_address *local, const async_address *remote, unsigned options)
{
    int error, on = 1, fd = async_socket_open(family, SOCK_DGRAM, 0);
    if (fd < 0)
        return fd;
    if (((options & ASYNC_DATAGRAM_BROADCAST) && setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0) ||
        ((options & ASYNC_DATAGRAM_REUSE_PORT) && !async_socket_reuse_port_(fd)) ||
        (local != NULL && bind(fd, async_address_sockaddr(local), (socklen_t)local->length) != 0) ||
        (remote != NULL && connect(fd, async_address_sockaddr(remote), (socklen_t)remote->length) != 0)) {
        error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int async_address_datagram(const async_address *local, const async_address *remote, unsigned options)
{
    const async_address *any = local != NULL ? local : remote;
    if (any == NULL || (remote != NULL && async_address_family(remote) != async_address_family(any)))
        return ASYNC_INVALID_ARGUMENT;
    return async_datagram_socket_(async_address_family(any), local, remote, options);
}

int async_unix_datagram(const char *local_path, const char *path)
{
    async_address local, remote;
    async_status status = ASYNC_OK;
    if (local_path != NULL)
        status = async_address_set_path(&local, local_path);
    if (status == ASYNC_OK && path != NULL)
        status = async_address_set_path(&remote, path);
    if (status < 0)
        return status;
    if (local_path != NULL)
        async_unix_clear_(local_path);
    return async_address_datagram(local_path != NULL ? &local : NULL, path != NULL ? &remote : NULL, 0);
}

static const async_address *async_next_address_(async_address *address, const struct addrinfo *found)
{
    return found != NULL && async_address_set(address, found->ai_addr, found->ai_addrlen) == ASYNC_OK ? address : NULL;
}

/* The first pair of addresses that goes together and for which there is a socket; else the first failure. */
static int async_datagram_first_(const struct async_net_datagram *self)
{
    const struct addrinfo *local = self->locals, *remote;
    int first = 0, fd;
    do {
        remote = self->remotes;
        do {
            async_address here, there;
            const async_address *from = async_next_address_(&here, local), *to = async_next_address_(&there, remote);
            if (local != NULL && remote != NULL && local->ai_family != remote->ai_family)
                continue;
            if (self->to != NULL && to != NULL)
                fd = async_datagram_socket_(async_address_family(to), from, NULL, self->options);
            else
                fd = async_address_datagram(from, to, self->options);
            if (fd >= 0 && self->to != NULL && to != NULL)
                *self->to = *to;
            if (fd >= 0)
                return fd;
            if (first == 0)
                first = fd;
        } while (remote != NULL && (remote = remote->ai_next) != NULL);
    } while (local != NULL && (local = local->ai_next) != NULL);
    return first == 0 ? -EAFNOSUPPORT : first;
}

ASYNC_DEFINE(async_net_datagram)
{
    bool connects = self->host != NULL || self->port != 0;
    int fd;
    ASYNC_BEGIN;
    if (connects)
        AWAIT_INTO(self->remotes, async_getaddrinfo, .host = self->host, .port = self->port, .family = self->family,
            .type = SOCK_DGRAM);
    if (!connects || self->local_host != NULL || self->local_port != 0)
        AWAIT_INTO(self->locals, async_getaddrinfo, .host = self->local_host, .port = self->local_port,
            .family = self->family, .type = SOCK_DGRAM, .flags = AI_PASSIVE);
    fd = async_datagram_first_(self);
    if (fd < 0)
        ASYNC_RAISE(fd);
    self->result = fd;
    ASYNC_FINALLY;
    if (self->remotes != NULL)
        freeaddrinfo(self->remotes);
    if (self->locals != NULL)
        freeaddrinfo(self->locals);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
