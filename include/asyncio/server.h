/* server.h: servers: one task for each client (asyncio.Server). start_server.h starts them, server_close.h ends them. */
#ifndef ASYNCIO_SERVER_H
#define ASYNCIO_SERVER_H

#include "open_connection.h"

#if ASYNCIO_NET

/* async_handler(f): an async function that serves a client. Its frame begins with
 *
 *     struct f {
 *         async_frame frame;
 *         async_stream *stream;     the client's; the server closes it when f has ended, in whatever way,
 *                                   and it is gone then: what f has started must have ended before
 *         T *context;               what the server was given; any pointer
 *
 * which is checked where the lower-case words are: in an async function what does not fit is an error. A failure of f goes
 * to the exception handler. */
typedef struct async_handler_ {
    const async_type *type;
} async_handler_;
struct async_handler_frame_ {
    async_frame frame;
    async_stream *stream;
    void *context;
};
static inline async_handler_ async_handler_of_(const async_type *type, size_t checked)
{
    async_handler_ handler;
    (void)checked;
    handler.type = type;
    return handler;
}
#define ASYNC_HANDLER_FITS_(name) sizeof(char[sizeof(struct name) >= sizeof(struct async_handler_frame_) ? 1 : -1])
#ifdef __cplusplus
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
template <class F> struct async_handler_check_ {
    enum { size = sizeof(F{ {}, static_cast<async_stream *>(nullptr), nullptr }) };
};
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#define async_handler(name) \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") \
        async_handler_of_(&name##_type, ASYNC_HANDLER_FITS_(name) + async_handler_check_<struct name>::size))
#else
#define async_handler(name)                   \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") \
        async_handler_of_(&name##_type, ASYNC_HANDLER_FITS_(name) + \
        sizeof(struct name){ .frame = { 0 }, (async_stream *)0, (void *)0 }))
#endif

ASYNC_EXTERN_C_BEGIN_

/* async_server: belongs to its owner, who closes it with async_server_close. All zeros: never started, or closed. */
typedef struct async_server {
    struct async_server_core_ *core;
} async_server;

struct async_listener_;
struct async_protocol;

/* Takes connections otherwise than with a handler (create_connection.h). */
typedef struct async_acceptor_ {
    async_status (*accept)(struct async_listener_ *listener);
    struct async_protocol *(*factory)(void *context);
} async_acceptor_;

/* What a leaf that waits for a server begins with. */
typedef struct async_server_waiter_ {
    async_leaf leaf;
    async_node_ node;
    struct async_server_core_ *core; /* held while it waits */
    bool inside; /* in a client's handler, for whose end it does not wait */
} async_server_waiter_;

/* async_server_add_socket: serves a socket that listens already; the server owns it then. Where no descriptor or memory is
 * left for a client, the exception handler is told, and it is tried again when a client has gone or after a second.
 * OK, INVALID_ARGUMENT, -errno, NO_MEMORY; it then remains the caller's. */
async_status async_server_add_socket(async_server *server, int fd, async_handler_ handler, void *context);

/* async_server_set_max_clients: another bound; who is there stays. 0: none. */
void async_server_set_max_clients(async_server *server, size_t max_clients);

/* async_server_is_serving: it accepts clients. async_server_clients: how many there are: whose handler runs, or who have
 * not been sent everything. async_server_port: of its first address that has one; -1 without.
 * async_server_sockets: writes up to `capacity` of the sockets that listen, and gives how many there are. */
bool async_server_is_serving(const async_server *server);
size_t async_server_clients(const async_server *server);
int async_server_port(const async_server *server);
size_t async_server_sockets(const async_server *server, int *fds, size_t capacity);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_SERVER_IMPLEMENTATION_
#define ASYNCIO_SERVER_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_ACCEPTS_ = 64 }; /* in a row, before others have a turn */
#define ASYNC_ACCEPT_RETRY_ async_seconds(1)

struct async_server_core_ {
    unsigned refs; /* the server's, and one of each wait */
    async_loop *loop; /* NULL: it was closed */
    bool serving, ending;
    size_t count, max;
    size_t inside; /* waits in handlers */
    async_line_ listeners, clients, waiting;
    async_closer_ closer;
};

struct async_listener_ {
    async_node_ node;
    struct async_server_core_ *server;
    int fd;
    bool watched;
    async_fd_handle watch;
    async_timer_handle retry;
    async_status (*accept)(struct async_listener_ *listener); /* takes one connection; -EAGAIN: there is none */
    const async_type *handler;
    struct async_protocol *(*factory)(void *context);
    void *context;
};

struct async_client_ {
    async_node_ node;
    struct async_server_core_ *server;
    async_stream stream; /* the handler's; it may close it */
    struct async_stream_core_ *core; /* the same, held */
    bool open;        /* its connection */
    async_task *task; /* NULL: its handler has ended */
    async_handle ended;
};

static void async_server_drop_(struct async_server_core_ *server)
{
    if (--server->refs == 0)
        ASYNCIO_FREE(server);
}

static void async_server_wake_(struct async_server_core_ *server)
{
    async_node_ *node;
    if (server->serving || server->count > server->inside)
        return;
    for (node = server->waiting.first; node != NULL; node = node->next) {
        async_server_waiter_ *waiter = ASYNC_CONTAINER_(node, async_server_waiter_, node);
        if (waiter->inside || server->count == 0)
            async_leaf_complete(&waiter->leaf);
    }
}

/* ---- accepting ------------------------------------------------------------------------------------------------- */

static void async_listener_on_ready_(async_fd_handle *handle);

static void async_listener_retry_(async_handle *handle);

static void async_listener_ignore_(struct async_listener_ *listener)
{
    async_fd_handle_cancel(&listener->watch);
    async_timer_handle_cancel(&listener->retry);
    listener->watched = false;
}

/* No client can be had: the exception handler is told, and in a while it is tried again. */
static void async_listener_rest_(struct async_listener_ *listener, async_status status)
{
    async_loop *loop = listener->server->loop;
    async_exception e = async_exception_("no client can be accepted for now", status);
    async_listener_ignore_(listener);
    /* when there is no memory for this either, the next client that goes helps */
    (void)async_loop_call_later(loop, ASYNC_ACCEPT_RETRY_, &listener->retry, async_listener_retry_, listener);
    async_loop_call_exception_handler(loop, &e);
}

static bool async_server_has_room_(const struct async_server_core_ *server)
{
    return server->serving && (server->max == 0 || server->count < server->max);
}

/* It is watched while there may be more clients. */
static void async_listener_attend_(struct async_listener_ *listener)
{
    struct async_server_core_ *server = listener->server;
    async_status status;
    if (!async_server_has_room_(server)) {
        async_listener_ignore_(listener);
        return;
    }
    if (listener->watched)
        return;
    async_timer_handle_cancel(&listener->retry);
    status = async_loop_add_reader(server->loop, listener->fd, &listener->watch, async_listener_on_ready_, listener);
    listener->watched = status == ASYNC_OK;
    if (status < 0)
        async_listener_rest_(listener, status);
}

static void async_server_attend_(struct async_server_core_ *server)
{
    async_node_ *node;
    for (node = server->listeners.first; node != NULL; node = node->next)
        async_listener_attend_(ASYNC_CONTAINER_(node, struct async_listener_, node));
}

static void async_listener_retry_(async_handle *handle)
{
    async_listener_attend_((struct async_listener_ *)handle->data);
}

/* ---- clients --------------------------------------------------------------------------------------------------- */

static void async_client_free_(struct async_client_ *client)
{
    if (client->stream.core != NULL)
        async_stream_detach_(&client->stream);
    async_stream_drop_(client->core);
    ASYNCIO_FREE(client);
}

/* Its handler has ended and its connection is closed, or not yet. */
static void async_client_look_(struct async_client_ *client)
{
    struct async_server_core_ *server = client->server;
    if (client->task != NULL || client->open)
        return;
    async_line_remove_(&server->clients, &client->node);
    server->count--;
    async_client_free_(client);
    async_server_attend_(server);
    async_server_wake_(server);
}

static void async_client_on_closed_(void *owner)
{
    struct async_client_ *client = (struct async_client_ *)owner;
    client->open = false;
    async_client_look_(client);
}

/* Sends what can be sent at once. */
static void async_client_abort_(struct async_client_ *client)
{
    struct async_stream_core_ *core = client->core;
    async_stream_hold_(core);
    async_stream_begin_close_(core);
    async_stream_shut_(core);
    async_stream_drop_(core);
}

static void async_client_close_(struct async_client_ *client)
{
    struct async_stream_core_ *core = client->core;
    async_stream_hold_(core);
    async_stream_linger_(core);
    async_stream_drop_(core);
}

static void async_client_on_ended_(async_handle *handle)
{
    struct async_client_ *client = (struct async_client_ *)handle->data;
    async_task *task = client->task;
    if (!async_task_cancelled(task) && async_task_exception(task) < 0)
        async_report_failure_(client->server->loop, "the handler of a client failed", task);
    async_release(task);
    client->task = NULL;
    if (!client->open)
        async_client_look_(client);
    else if (client->server->ending)
        async_client_abort_(client);
    else
        async_client_close_(client);
}

/* A connection is the client's from here on. */
static void async_client_add_(struct async_server_core_ *server, struct async_client_ *client,
    void (*closed)(void *owner), void *owner)
{
    client->server = server;
    client->open = true;
    client->core = client->stream.core;
    async_stream_hold_(client->core);
    client->core->closed = closed;
    client->core->owner = owner;
    if (server != NULL) {
        async_line_append_(&server->clients, &client->node);
        server->count++;
    }
}

/* A handler reads and writes, often through a function of its own: many begin before the first one has shown that. */
enum { ASYNC_HANDLER_ROOM_ = 256 };

/* Takes over a connection; when it fails, the connection is closed. */
static async_status async_client_begin_(struct async_listener_ *listener, struct async_client_ *client, int fd)
{
    struct async_server_core_ *server = listener->server;
    struct async_handler_frame_ *frame;
    async_status status;
    ASYNC_MEMSET_(client, 0, sizeof *client);
    status = async_stream_of_socket_(&client->stream, fd);
    if (status < 0)
        return status;
    async_hint_least_(server->loop, listener->handler, ASYNC_HANDLER_ROOM_);
    if (!async_create_begin_(server->loop, listener->handler ASYNC_SITE_)) {
        async_stream_abort(&client->stream);
        return ASYNC_NO_MEMORY;
    }
    frame = (struct async_handler_frame_ *)async_creating_();
    frame->stream = &client->stream;
    frame->context = listener->context;
    client->task = async_create_end_();
    async_client_add_(server, client, async_client_on_closed_, client);
    async_task_add_done_callback(client->task, &client->ended, async_client_on_ended_, client);
    return ASYNC_OK;
}

/* The memory comes first: without any, the connection waits where it is. */
static async_status async_client_accept_(struct async_listener_ *listener)
{
    struct async_client_ *client = (struct async_client_ *)ASYNCIO_MALLOC(sizeof *client);
    int fd = client == NULL ? (int)ASYNC_NO_MEMORY : async_accept_(listener->fd, NULL, NULL);
    async_status status = fd < 0 ? fd : async_client_begin_(listener, client, fd);
    if (status < 0 && client != NULL)
        ASYNCIO_FREE(client);
    return status;
}

static void async_listener_on_ready_(async_fd_handle *handle)
{
    struct async_listener_ *listener = (struct async_listener_ *)handle->handle.data;
    async_status status = async_fd_handle_status(handle);
    int i;
    for (i = 0; i < ASYNC_ACCEPTS_ && status == ASYNC_OK && listener->watched; i++) {
        status = listener->accept(listener);
        if (!async_server_has_room_(listener->server)) /* nor at the other addresses, ready in this pass too */
            async_server_attend_(listener->server);
    }
    if (status < 0 && status != -EAGAIN)
        async_listener_rest_(listener, status);
}

/* ---- starting -------------------------------------------------------------------------------------------------- */

static void async_server_on_loop_closed_(async_loop *loop, async_closer_ *closer);

static async_status async_server_begin_(async_server *server)
{
    async_loop *loop = async_loop_here_();
    struct async_server_core_ *core = server->core;
    if (core == NULL) {
        core = (struct async_server_core_ *)ASYNCIO_MALLOC(sizeof *core);
        if (core == NULL)
            return ASYNC_NO_MEMORY;
        ASYNC_MEMSET_(core, 0, sizeof *core);
        core->refs = 1;
        server->core = core;
    }
    if (core->loop == NULL) {
        core->loop = loop;
        core->closer.close = async_server_on_loop_closed_;
        async_line_append_(&loop->last_closers, &core->closer.node);
    }
    return core->loop == loop ? (int)ASYNC_OK : (int)ASYNC_MISUSE;
}

/* Nothing is left of it. */
static void async_server_finish_(async_server *server)
{
    struct async_server_core_ *core = server->core;
    server->core = NULL;
    if (core->loop != NULL)
        async_line_remove_(&core->loop->last_closers, &core->closer.node);
    async_server_drop_(core);
}

/* Serves a socket, with what the listener is to have. */
static async_status async_server_add_(async_server *server, int fd, const struct async_listener_ *how)
{
    struct async_listener_ *listener;
    bool fresh = server->core == NULL;
    async_status status;
    if (async_loop_here_() == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    status = async_fd_set_nonblocking(fd);
    if (status < 0)
        return status;
    listener = (struct async_listener_ *)ASYNCIO_MALLOC(sizeof *listener);
    status = listener == NULL ? (int)ASYNC_NO_MEMORY : async_server_begin_(server);
    if (status == ASYNC_OK) {
        *listener = *how;
        listener->server = server->core;
        listener->fd = fd;
        status = async_loop_add_reader(server->core->loop, fd, &listener->watch, async_listener_on_ready_, listener);
    }
    if (status < 0) {
        if (listener != NULL)
            ASYNCIO_FREE(listener);
        if (fresh && server->core != NULL)
            async_server_finish_(server);
        return status;
    }
    listener->watched = true;
    server->core->serving = true;
    async_line_append_(&server->core->listeners, &listener->node);
    async_listener_attend_(listener);
    return ASYNC_OK;
}

async_status async_server_add_socket(async_server *server, int fd, async_handler_ handler, void *context)
{
    struct async_listener_ how;
    ASYNC_MEMSET_(&how, 0, sizeof how);
    how.accept = async_client_accept_;
    how.handler = handler.type;
    how.context = context;
    return handler.type == NULL ? (int)ASYNC_INVALID_ARGUMENT : async_server_add_(server, fd, &how);
}

static void async_listener_close_(struct async_listener_ *listener)
{
    async_line_remove_(&listener->server->listeners, &listener->node);
    async_listener_ignore_(listener);
    (void)async_fd_close(listener->fd);
    ASYNCIO_FREE(listener);
}

static struct async_listener_ *async_last_listener_(const struct async_server_core_ *server)
{
    return ASYNC_CONTAINER_(server->listeners.last, struct async_listener_, node);
}

void async_server_set_max_clients(async_server *server, size_t max_clients)
{
    if (server->core == NULL)
        return;
    server->core->max = max_clients;
    async_server_attend_(server->core);
}

/* ---- looking at it --------------------------------------------------------------------------------------------- */

bool async_server_is_serving(const async_server *server) { return server->core != NULL && server->core->serving; }

size_t async_server_clients(const async_server *server) { return server->core == NULL ? 0 : server->core->count; }

size_t async_server_sockets(const async_server *server, int *fds, size_t capacity)
{
    async_node_ *node = server->core == NULL ? NULL : server->core->listeners.first;
    size_t count = 0;
    for (; node != NULL; node = node->next) {
        if (count < capacity)
            fds[count] = ASYNC_CONTAINER_(node, struct async_listener_, node)->fd;
        count++;
    }
    return count;
}

int async_server_port(const async_server *server)
{
    async_node_ *node = server->core == NULL ? NULL : server->core->listeners.first;
    for (; node != NULL; node = node->next) {
        async_address address;
        if (async_socket_name(ASYNC_CONTAINER_(node, struct async_listener_, node)->fd, &address) == ASYNC_OK &&
            async_address_port(&address) >= 0)
            return async_address_port(&address);
    }
    return -1;
}

/* ---- the end of its loop --------------------------------------------------------------------------------------- */

static void async_server_stop_(struct async_server_core_ *server)
{
    server->serving = false;
    while (server->listeners.first != NULL)
        async_listener_close_(async_last_listener_(server));
    async_server_wake_(server);
}

/* Calls this for each client, which may free it. */
static void async_server_each_(struct async_server_core_ *server, void (*act)(struct async_client_ *client))
{
    async_node_ *node = server->clients.first, *next;
    for (; node != NULL; node = next) {
        next = node->next;
        act(ASYNC_CONTAINER_(node, struct async_client_, node));
    }
}

/* The loop has dropped the handlers' tasks, and what would have told their end. */
static void async_client_dropped_(struct async_client_ *client)
{
    async_release(client->task);
    client->task = NULL;
    if (client->open)
        async_client_abort_(client);
    else
        async_client_look_(client);
}

static void async_server_on_loop_closed_(async_loop *loop, async_closer_ *closer)
{
    struct async_server_core_ *server = ASYNC_CONTAINER_(closer, struct async_server_core_, closer);
    (void)loop;
    async_server_stop_(server);
    async_server_each_(server, async_client_dropped_);
    server->loop = NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
