/* datagram_endpoint.h: a datagram socket with its transport, by name or path (asyncio's create_datagram_endpoint). Hosts
 * only, with ASYNCIO_NET. */
#ifndef ASYNCIO_DATAGRAM_ENDPOINT_H
#define ASYNCIO_DATAGRAM_ENDPOINT_H

#include "datagram_transport.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await_into(transport, async_create_datagram_endpoint, .protocol = &p, .local_host = h, .local_port = n): a socket as
 * async_net_datagram makes it, bound to an address of this machine, connected to .host and .port, or both; and calls
 * connection_made. Statuses: async_net_datagram's, NO_MEMORY, INVALID_ARGUMENT. When it fails or is cancelled, the
 * protocol is not called.
 *     .allow_broadcast   it may send to broadcast addresses, and is then not connected: what is sent goes to .host, but
 *                        anybody may answer. .reuse_port: as ASYNC_DATAGRAM_REUSE_PORT.
 *     .local_path, .path   of unix sockets, in place of hosts, as in async_unix_datagram().
 * Mirrors loop.create_datagram_endpoint(). */
struct async_create_datagram_endpoint {
    async_frame frame;
    async_datagram_protocol *protocol;
    const char *host, *local_host, *path, *local_path;
    int port, local_port, family;
    bool allow_broadcast, reuse_port;
    async_datagram_transport *result;
    async_address to;
    int fd;
};
ASYNC_DECLARE(async_create_datagram_endpoint);

/* async_datagram_transport_open: a transport over a datagram socket, which it then owns; connection_made comes in the next
 * pass. NULL without memory, or when the descriptor is no such socket; it then remains the caller's. Mirrors
 * loop.create_datagram_endpoint(sock=...). */
async_datagram_transport *async_datagram_transport_open(async_datagram_protocol *protocol, int fd);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_DATAGRAM_ENDPOINT_IMPLEMENTATION_
#define ASYNCIO_DATAGRAM_ENDPOINT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

static void async_datagram_make_(async_datagram_transport *transport)
{
    transport->made = true;
    if (transport->protocol->type->connection_made != NULL)
        transport->protocol->type->connection_made(transport->protocol, transport);
    async_datagram_mark_(transport);
}

static void async_datagram_on_begin_(async_handle *handle)
{
    async_datagram_transport *transport = (async_datagram_transport *)handle->data;
    if (transport->fd >= 0)
        async_datagram_make_(transport);
}

/* A transport that has not begun (nothing is received before the next pass), with the address where what is sent goes; when it fails, the socket is the caller's. */
static async_status async_datagram_open_(async_datagram_transport **to, async_datagram_protocol *protocol, int fd,
    const async_address *remote)
{
    async_loop *loop = async_loop_here_();
    async_datagram_transport *transport;
    async_address name, peer;
    int type = 0;
    socklen_t size = sizeof type;
    size_t room;
    async_status status = async_socket_name(fd, &name), connected = async_socket_peer(fd, &peer);
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    if (status == ASYNC_OK && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        status = -errno;
    if (status == ASYNC_OK && type != SOCK_DGRAM)
        status = ASYNC_INVALID_ARGUMENT;
    if (status == ASYNC_OK && connected != ASYNC_OK && connected != -ENOTCONN)
        status = connected;
    if (status == ASYNC_OK)
        status = async_fd_set_nonblocking(fd);
    if (status < 0)
        return status;
#ifdef SO_NOSIGPIPE
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &type, sizeof type);
#endif
    room = async_address_family(&name) == AF_UNIX ? ASYNC_DATAGRAM_LARGEST_UNIX_ : ASYNC_DATAGRAM_LARGEST_;
    transport = (async_datagram_transport *)ASYNCIO_MALLOC(offsetof(async_datagram_transport, buffer) + room);
    if (transport == NULL)
        return ASYNC_NO_MEMORY;
    /* the buffer costs nothing until it is used */
    ASYNC_MEMSET_(transport, 0, offsetof(async_datagram_transport, buffer));
    transport->protocol = protocol;
    transport->loop = loop;
    transport->fd = fd;
    transport->room = room;
    transport->is_unix = room == ASYNC_DATAGRAM_LARGEST_UNIX_;
    transport->high = 65536;
    transport->low = transport->high / 4;
    transport->connected = connected == ASYNC_OK;
    if (transport->connected)
        transport->remote = peer;
    else if (remote != NULL)
        transport->remote = *remote;
    status = async_loop_add_reader(loop, fd, &transport->reading, async_datagram_on_readable_, transport);
    if (status < 0) {
        ASYNCIO_FREE(transport);
        return status;
    }
    transport->closer.close = async_datagram_on_loop_closed_;
    async_line_append_(&loop->last_closers, &transport->closer.node);
    *to = transport;
    return ASYNC_OK;
}

async_datagram_transport *async_datagram_transport_open(async_datagram_protocol *protocol, int fd)
{
    async_datagram_transport *transport;
    if (async_datagram_open_(&transport, protocol, fd, NULL) < 0)
        return NULL;
    (void)async_loop_call_soon(transport->loop, &transport->begin, async_datagram_on_begin_, transport);
    return transport;
}

ASYNC_DEFINE(async_create_datagram_endpoint)
{
    async_status status;
    ASYNC_BEGIN;
    self->fd = -1;
    if (self->path != NULL || self->local_path != NULL) {
        if (self->host != NULL || self->local_host != NULL || self->port != 0 || self->local_port != 0)
            ASYNC_RAISE(ASYNC_INVALID_ARGUMENT);
        self->fd = async_unix_datagram(self->local_path, self->path);
        if (self->fd < 0)
            ASYNC_RAISE(self->fd);
    } else {
        AWAIT_INTO(self->fd, async_net_datagram, .host = self->host, .port = self->port, .local_host = self->local_host,
            .local_port = self->local_port, .family = self->family,
            .options = (self->allow_broadcast ? (unsigned)ASYNC_DATAGRAM_BROADCAST : 0u) |
                (self->reuse_port ? (unsigned)ASYNC_DATAGRAM_REUSE_PORT : 0u),
            .to = self->allow_broadcast ? &self->to : NULL);
    }
    status = async_datagram_open_(&self->result, self->protocol, self->fd, &self->to);
    if (status < 0) {
        close(self->fd);
        ASYNC_RAISE(status);
    }
    async_datagram_make_(self->result);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
