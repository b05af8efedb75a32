/* create_connection.h: connections and servers by callbacks (asyncio's create_connection, create_server). */
#ifndef ASYNCIO_CREATE_CONNECTION_H
#define ASYNCIO_CREATE_CONNECTION_H

#include "transport.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await_into(transport, async_create_connection, .protocol = &p, .host = h, .port = n): connects as async_open_connection
 * does, and calls connection_made. When it fails or is cancelled, the protocol is not called. Mirrors
 * loop.create_connection().
 * await_into(transport, async_create_unix_connection, .protocol = &p, .path = path): the same to a unix socket. */
struct async_create_connection {
    async_frame frame;
    async_protocol *protocol;
    const char *host;
    int port, family;
    const async_address *local;
    async_time happy_eyeballs_delay;
    async_transport *result;
    int fd;
};
ASYNC_DECLARE(async_create_connection);
struct async_create_unix_connection {
    async_frame frame;
    async_protocol *protocol;
    const char *path;
    async_transport *result;
    int fd;
};
ASYNC_DECLARE(async_create_unix_connection);

/* await(async_create_server, .server = &s, .host = h, .port = n, .factory = f, .context = p): listens as
 * async_start_server does, and calls f(p) for each connection: it gives the protocol, whose connection_made is called at
 * once, or NULL, and the connection is closed.
 * What serves is an async_server: close it as server.h says; its clients are the transports that are not lost.
 * await(async_create_unix_server, .server = &s, .path = path, ...): the same on a unix socket. */
struct async_create_server {
    async_frame frame;
    async_server *server;
    const char *host;
    int port, family, backlog;
    bool reuse_port, keep_alive;
    async_protocol *(*factory)(void *context);
    void *context;
    size_t max_clients;
};
ASYNC_DECLARE(async_create_server);
struct async_create_unix_server {
    async_frame frame;
    async_server *server;
    const char *path;
    int backlog;
    async_protocol *(*factory)(void *context);
    void *context;
    size_t max_clients;
};
ASYNC_DECLARE(async_create_unix_server);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_CREATE_CONNECTION_IMPLEMENTATION_
#define ASYNCIO_CREATE_CONNECTION_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* A socket that was just connected becomes a transport, or is closed. */
static async_transport *async_transport_of_socket_(async_protocol *protocol, int fd)
{
    async_transport *transport = async_transport_new_(protocol, fd, true);
    if (transport == NULL)
        close(fd);
    else
        async_transport_make_(transport);
    return transport;
}

ASYNC_DEFINE(async_create_connection)
{
    ASYNC_BEGIN;
    AWAIT_INTO(self->fd, async_net_connect, .host = self->host, .port = self->port, .family = self->family,
        .local = self->local, .happy_eyeballs_delay = self->happy_eyeballs_delay);
    self->result = async_transport_of_socket_(self->protocol, self->fd);
    if (self->result == NULL)
        ASYNC_RAISE(ASYNC_NO_MEMORY);
    ASYNC_END;
}

ASYNC_DEFINE(async_create_unix_connection)
{
    ASYNC_BEGIN;
    AWAIT_INTO(self->fd, async_unix_connect, .path = self->path);
    self->result = async_transport_of_socket_(self->protocol, self->fd);
    if (self->result == NULL)
        ASYNC_RAISE(ASYNC_NO_MEMORY);
    ASYNC_END;
}

static async_status async_transport_accept_(struct async_listener_ *listener)
{
    async_transport *transport = (async_transport *)ASYNCIO_MALLOC(sizeof *transport);
    int fd = transport == NULL ? (int)ASYNC_NO_MEMORY : async_accept_(listener->fd, NULL, NULL);
    async_status status = fd;
    if (fd >= 0) {
        ASYNC_MEMSET_(transport, 0, sizeof *transport);
        status = async_stream_of_socket_(&transport->client.stream, fd);
    }
    if (status < 0) {
        if (transport != NULL)
            ASYNCIO_FREE(transport);
        return status;
    }
    transport->factory = listener->factory;
    transport->context = listener->context;
    async_transport_begin_(transport, listener->server);
    (void)async_loop_call_soon(transport->loop, &transport->begin, async_transport_on_begin_, transport);
    return ASYNC_OK;
}

ASYNC_DEFINE(async_create_server)
{
    async_acceptor_ acceptor;
    ASYNC_BEGIN;
    acceptor.accept = self->factory == NULL ? NULL : async_transport_accept_;
    acceptor.factory = self->factory;
    AWAIT(async_start_server, .server = self->server, .host = self->host, .port = self->port, .family = self->family,
        .backlog = self->backlog, .reuse_port = self->reuse_port, .keep_alive = self->keep_alive, .context = self->context,
        .max_clients = self->max_clients, .acceptor = acceptor);
    ASYNC_END;
}

ASYNC_DEFINE(async_create_unix_server)
{
    async_acceptor_ acceptor;
    ASYNC_BEGIN;
    acceptor.accept = self->factory == NULL ? NULL : async_transport_accept_;
    acceptor.factory = self->factory;
    AWAIT(async_start_unix_server, .server = self->server, .path = self->path, .backlog = self->backlog,
        .context = self->context, .max_clients = self->max_clients, .acceptor = acceptor);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
