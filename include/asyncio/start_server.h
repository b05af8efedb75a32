/* start_server.h: a server on the addresses of a host, or on a path (asyncio.start_server). */
#ifndef ASYNCIO_START_SERVER_H
#define ASYNCIO_START_SERVER_H

#include "server.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await(async_start_server, .server = &s, .host = "127.0.0.1", .port = 8888, .handler = async_handler(f), .context = p):
 * listens, and from then on runs f(stream, p) in a task of its own for each client. The arguments .host (NULL: all
 * interfaces), .port (0: any that is free), .family, .backlog, .reuse_port and .keep_alive are those of async_net_listen,
 * and so are the failures; also NO_MEMORY, INVALID_ARGUMENT without a handler.
 *     .max_clients   so many are served at a time, and others wait to be accepted; 0: no bound.
 * A server that serves already listens there, too: so it may have several addresses, with a handler for each. When it
 * fails or is cancelled, it listens where it did before. Mirrors asyncio.start_server().
 * await(async_start_unix_server, .server = &s, .path = p, ...): the same on a unix socket (async_unix_listen); the path
 * is removed by its owner. */
enum { ASYNC_SERVER_ADDRESSES_ = 16 };
struct async_start_server {
    async_frame frame;
    async_server *server;
    const char *host;
    int port, family, backlog;
    bool reuse_port, keep_alive;
    async_handler_ handler;
    void *context;
    size_t max_clients;
    size_t count, added;
    bool fresh;
    async_acceptor_ acceptor;
    int fds[ASYNC_SERVER_ADDRESSES_];
};
ASYNC_DECLARE(async_start_server);
struct async_start_unix_server {
    async_frame frame;
    async_server *server;
    const char *path;
    int backlog;
    async_handler_ handler;
    void *context;
    size_t max_clients;
    int fd;
    bool fresh, added;
    async_acceptor_ acceptor;
};
ASYNC_DECLARE(async_start_unix_server);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_START_SERVER_IMPLEMENTATION_
#define ASYNCIO_START_SERVER_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* Closes the socket again that it was to listen on; nothing is left of a server that this was to start. */
static void async_server_remove_(async_server *server, int fd, bool fresh)
{
    struct async_server_core_ *core = server->core;
    async_node_ *node = core->listeners.first;
    while (node != NULL && ASYNC_CONTAINER_(node, struct async_listener_, node)->fd != fd)
        node = node->next;
    if (node != NULL)
        async_listener_close_(ASYNC_CONTAINER_(node, struct async_listener_, node));
    core->serving = core->listeners.first != NULL;
    if (fresh && !core->serving && core->count == 0 && core->waiting.first == NULL)
        async_server_finish_(server);
    else
        async_server_wake_(core);
}

/* With a handler, or as create_connection.h has it. */
static async_status async_server_start_(async_server *server, int fd, async_handler_ handler,
    const async_acceptor_ *acceptor, void *context)
{
    struct async_listener_ how;
    if (acceptor->accept == NULL)
        return async_server_add_socket(server, fd, handler, context);
    ASYNC_MEMSET_(&how, 0, sizeof how);
    how.accept = acceptor->accept;
    how.factory = acceptor->factory;
    how.context = context;
    return async_server_add_(server, fd, &how);
}

ASYNC_DEFINE(async_start_server)
{
    async_status status;
    ASYNC_BEGIN;
    if (self->handler.type == NULL && self->acceptor.accept == NULL)
        ASYNC_RAISE(ASYNC_INVALID_ARGUMENT);
    self->fresh = self->server->core == NULL;
    AWAIT_INTO(self->count, async_net_listen, .host = self->host, .port = self->port, .family = self->family,
        .backlog = self->backlog, .reuse_port = self->reuse_port, .keep_alive = self->keep_alive, .fds = self->fds,
        .capacity = ASYNC_SERVER_ADDRESSES_);
    while (self->added < self->count) {
        status = async_server_start_(self->server, self->fds[self->added], self->handler, &self->acceptor,
            self->context);
        if (status < 0)
            ASYNC_RAISE(status);
        self->added++;
    }
    if (self->max_clients > 0)
        async_server_set_max_clients(self->server, self->max_clients);
    AWAIT(async_sleep); /* asyncio lets a pass go by, too */
    ASYNC_FINALLY;
    if (ASYNC_ERROR < 0) {
        while (self->count > self->added)
            close(self->fds[--self->count]);
        while (self->added > 0)
            async_server_remove_(self->server, self->fds[--self->added], self->fresh);
    }
    ASYNC_END;
}

ASYNC_DEFINE(async_start_unix_server)
{
    async_status status;
    ASYNC_BEGIN;
    if (self->handler.type == NULL && self->acceptor.accept == NULL)
        ASYNC_RAISE(ASYNC_INVALID_ARGUMENT);
    self->fresh = self->server->core == NULL;
    self->fd = async_unix_listen(self->path, self->backlog);
    if (self->fd < 0)
        ASYNC_RAISE(self->fd);
    status = async_server_start_(self->server, self->fd, self->handler, &self->acceptor, self->context);
    if (status < 0) {
        close(self->fd);
        ASYNC_RAISE(status);
    }
    self->added = true;
    if (self->max_clients > 0)
        async_server_set_max_clients(self->server, self->max_clients);
    AWAIT(async_sleep);
    ASYNC_FINALLY;
    if (ASYNC_ERROR < 0 && self->added)
        async_server_remove_(self->server, self->fd, self->fresh);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
