/* transport.h: connections by callbacks, for who wants no task for each (asyncio's transports and protocols). */
#ifndef ASYNCIO_TRANSPORT_H
#define ASYNCIO_TRANSPORT_H

#include "server_close.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* async_transport: a connection. It is there from connection_made until connection_lost returns; the loop owns it. */
typedef struct async_transport async_transport;
typedef struct async_protocol async_protocol;

/* async_protocol_type: what is called, by the loop, as a connection goes on; NULL: nothing.
 *     connection_made   once, first.
 *     data_received     some bytes have come; they are there until it returns.
 *     eof_received      the peer sends no more. True: it may still be written to; false, and without this function, the
 *                       transport is closed.
 *     pause_writing     more than the high-water mark is not sent yet; resume_writing: it is down to the low one.
 *     connection_lost   once, last: OK when it was closed by async_transport_close(), _abort() or the peer; or the failure.
 *                       CLOSED when its loop is closed. The protocol's memory may be freed here. */
typedef struct async_protocol_type {
    void (*connection_made)(async_protocol *protocol, async_transport *transport);
    void (*data_received)(async_protocol *protocol, const void *data, size_t size);
    bool (*eof_received)(async_protocol *protocol);
    void (*pause_writing)(async_protocol *protocol);
    void (*resume_writing)(async_protocol *protocol);
    void (*connection_lost)(async_protocol *protocol, async_status status);
} async_protocol_type;

/* async_protocol: the first member of the struct in which a connection's state is kept; its owner sets the type. It stays
 * in place until connection_lost. */
struct async_protocol {
    const async_protocol_type *type;
};

/* async_transport_open: a transport over a connected socket, a pipe's end or a terminal, which it then owns; the first call
 * to the protocol comes in the next pass. One that writes to a pipe is lost when nobody reads it any more, and after
 * async_transport_write_eof(). NULL without memory, or when the descriptor is none; it then remains the caller's. Mirrors
 * loop.connect_accepted_socket(), connect_read_pipe(), connect_write_pipe(). */
async_transport *async_transport_open(async_protocol *protocol, int fd);

/* async_transport_write, _writelines, _write_eof, _can_write_eof: as those of a stream. What cannot be sent is kept, without
 * bound but for a protocol that heeds pause_writing. Mirror the methods of asyncio.WriteTransport. */
async_status async_transport_write(async_transport *transport, const void *data, size_t size);
async_status async_transport_writelines(async_transport *transport, const async_bytes *pieces, size_t count);
async_status async_transport_write_eof(async_transport *transport);
bool async_transport_can_write_eof(const async_transport *transport);

/* async_transport_set_write_buffer_limits: as of a stream. async_transport_get_write_buffer_limits: the marks;
 * async_transport_get_write_buffer_size: what is not sent yet. */
void async_transport_set_write_buffer_limits(async_transport *transport, size_t high, size_t low);
void async_transport_get_write_buffer_limits(const async_transport *transport, size_t *low, size_t *high);
size_t async_transport_get_write_buffer_size(const async_transport *transport);

/* async_transport_close: no more is received; what was written is sent, for at most ASYNC_STREAM_LINGER; then
 * connection_lost. async_transport_abort: what is not sent is lost. async_transport_is_closing: either was called, or the
 * connection is lost. */
void async_transport_close(async_transport *transport);
void async_transport_abort(async_transport *transport);
bool async_transport_is_closing(const async_transport *transport);

/* async_transport_pause_reading, async_transport_resume_reading: receives nothing meanwhile, which holds up the peer. */
void async_transport_pause_reading(async_transport *transport);
void async_transport_resume_reading(async_transport *transport);
bool async_transport_is_reading(const async_transport *transport);

/* async_transport_protocol, async_transport_set_protocol: who is called. async_transport_stream: the stream below, for its
 * names, its descriptor and its driver; it is not to be read, closed or kept. */
async_protocol *async_transport_protocol(const async_transport *transport);
void async_transport_set_protocol(async_transport *transport, async_protocol *protocol);
async_stream *async_transport_stream(async_transport *transport);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_TRANSPORT_IMPLEMENTATION_
#define ASYNCIO_TRANSPORT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_RECEIVES_ = 16 }; /* in a row, through a driver, which may have more than the descriptor shows */

struct async_transport {
    struct async_client_ client; /* first: a server frees it as such; without one, its server is NULL */
    async_protocol *protocol; /* NULL until the factory has made it */
    async_protocol *(*factory)(void *context);
    void *context;
    async_loop *loop;
    async_closer_ closer;
    async_fd_handle reading;
    async_handle begin, lost;
    async_status status; /* it ends with */
    bool made, paused;   /* the protocol was told */
    bool reads, ended;   /* unless it was paused; the peer sends no more */
    bool only_writes;    /* to a pipe, of which nothing is ever read: it is readable when nobody reads the other end */
};

/* ---- the end --------------------------------------------------------------------------------------------------- */

/* The protocol hears that it is over, and the transport is gone. */
static void async_transport_lose_(async_transport *transport)
{
    async_protocol *protocol = transport->protocol;
    async_line_remove_(&transport->loop->last_closers, &transport->closer.node);
    if (transport->made && protocol->type->connection_lost != NULL)
        protocol->type->connection_lost(protocol, transport->status);
    transport->client.open = false;
    if (transport->client.server != NULL)
        async_client_look_(&transport->client);
    else
        async_client_free_(&transport->client);
}

static void async_transport_on_lost_(async_handle *handle) { async_transport_lose_((async_transport *)handle->data); }

static void async_transport_on_closed_(void *owner)
{
    async_transport *transport = (async_transport *)owner;
    async_fd_handle_cancel(&transport->reading);
    if (transport->status == ASYNC_OK)
        transport->status = transport->client.core->write_status;
    (void)async_loop_call_soon(transport->loop, &transport->lost, async_transport_on_lost_, transport);
}

static void async_transport_on_loop_closed_(async_loop *loop, async_closer_ *closer)
{
    async_transport *transport = ASYNC_CONTAINER_(closer, async_transport, closer);
    async_line_append_(&loop->last_closers, &closer->node);
    async_handle_cancel(&transport->begin);
    if (transport->client.core->state != ASYNC_STREAM_CLOSED_) {
        transport->status = ASYNC_CLOSED;
        async_stream_shut_(transport->client.core);
    }
    async_handle_cancel(&transport->lost);
    async_transport_lose_(transport);
}

static void async_transport_fail_(async_transport *transport, async_status status)
{
    if (transport->status == ASYNC_OK)
        transport->status = status;
    async_stream_shut_(transport->client.core);
}

/* ---- receiving ------------------------------------------------------------------------------------------------- */

static void async_transport_on_readable_(async_fd_handle *handle);

/* Receives when the descriptor is as wanted, if anything is to be received. */
static void async_transport_listen_(async_transport *transport, ptrdiff_t want)
{
    struct async_stream_core_ *core = transport->client.core;
    bool writes = want == ASYNC_WANTS_WRITE;
    int read_fd = transport->only_writes ? core->write_fd : core->read_fd;
    bool wanted = transport->made && (transport->reads || transport->only_writes) && !transport->ended;
    async_status status;
    if (!wanted || core->state != ASYNC_STREAM_OPEN_ || read_fd < 0) {
        async_fd_handle_cancel(&transport->reading);
        return;
    }
    if (transport->reading.watcher.writes != writes)
        async_fd_handle_cancel(&transport->reading);
    if (writes)
        status = async_loop_add_writer(transport->loop, core->write_fd, &transport->reading, async_transport_on_readable_,
            transport);
    else
        status = async_loop_add_reader(transport->loop, read_fd, &transport->reading, async_transport_on_readable_, transport);
    if (status < 0 && status != ASYNC_MISUSE) /* which says that it is watched already */
        async_transport_fail_(transport, status);
}

static void async_transport_receive_(async_transport *transport)
{
    struct async_stream_core_ *core = transport->client.core;
    ptrdiff_t n = 1;
    int i;
    for (i = 0; n > 0 && transport->reads && !transport->ended && core->state == ASYNC_STREAM_OPEN_ &&
            (i == 0 || (core->driver != NULL && i < ASYNC_RECEIVES_)); i++) {
        size_t room;
        if (!async_stream_room_(core, 1)) {
            async_transport_fail_(transport, ASYNC_NO_MEMORY);
            return;
        }
        room = core->capacity - core->end;
        n = async_stream_receive_(core, core->buffer + core->end, room);
        if (n > 0) {
            if ((size_t)n == room && core->capacity < ASYNC_BUFFER_MOST_)
                core->hint = 2 * core->capacity;
            if (transport->protocol->type->data_received != NULL)
                transport->protocol->type->data_received(transport->protocol, core->buffer, (size_t)n);
        } else if (n == 0) {
            bool stays = false;
            transport->ended = true;
            async_fd_handle_cancel(&transport->reading);
            if (transport->protocol->type->eof_received != NULL)
                stays = transport->protocol->type->eof_received(transport->protocol);
            if (!stays)
                async_transport_close(transport);
        } else if (n != ASYNC_WANTS_READ && n != ASYNC_WANTS_WRITE) {
            async_transport_fail_(transport, (async_status)n);
        }
    }
    async_stream_forget_buffer_(core);
    async_transport_listen_(transport, n);
}

static void async_transport_on_readable_(async_fd_handle *handle)
{
    async_transport *transport = (async_transport *)handle->handle.data;
    async_status status = async_fd_handle_status(handle);
    if (transport->only_writes) /* or async_transport_write_eof() has closed it */
        async_transport_fail_(transport, transport->client.core->queued > 0 ? -EPIPE : ASYNC_OK);
    else if (status < 0)
        async_transport_fail_(transport, status);
    else
        async_transport_receive_(transport);
}

/* ---- beginning ------------------------------------------------------------------------------------------------- */

static void async_transport_make_(async_transport *transport)
{
    transport->made = true;
    if (transport->protocol->type->connection_made != NULL)
        transport->protocol->type->connection_made(transport->protocol, transport);
    async_transport_listen_(transport, ASYNC_WANTS_READ);
}

/* A protocol is made only when it hears of its connection at once: so who is made also hears of the end. */
static void async_transport_on_begin_(async_handle *handle)
{
    async_transport *transport = (async_transport *)handle->data;
    if (transport->client.core->state == ASYNC_STREAM_CLOSED_)
        return;
    if (transport->protocol == NULL)
        transport->protocol = transport->factory(transport->context);
    if (transport->protocol == NULL)
        async_stream_shut_(transport->client.core);
    else
        async_transport_make_(transport);
}

static void async_transport_on_settled_(struct async_stream_core_ *core)
{
    if (core->write_status < 0)
        async_transport_fail_((async_transport *)core->owner, core->write_status);
}

static void async_transport_on_resumed_(void *owner)
{
    async_transport *transport = (async_transport *)owner;
    if (!transport->paused || transport->client.core->state == ASYNC_STREAM_CLOSED_ ||
        transport->client.core->write_status < 0)
        return;
    transport->paused = false;
    if (transport->protocol->type->resume_writing != NULL)
        transport->protocol->type->resume_writing(transport->protocol);
}

/* Its stream is open; the protocol comes later. */
static void async_transport_begin_(async_transport *transport, struct async_server_core_ *server)
{
    transport->loop = async_loop_here_();
    transport->reads = true;
    async_client_add_(server, &transport->client, async_transport_on_closed_, transport);
    transport->client.core->settled = async_transport_on_settled_;
    transport->client.core->resumed = async_transport_on_resumed_;
    transport->closer.close = async_transport_on_loop_closed_;
    async_line_append_(&transport->loop->last_closers, &transport->closer.node);
}

static async_transport *async_transport_new_(async_protocol *protocol, int fd, bool prepared)
{
    async_transport *transport = NULL;
    async_status status;
    struct stat st;
    if (async_loop_here_() != NULL)
        transport = (async_transport *)ASYNCIO_MALLOC(sizeof *transport);
    if (transport == NULL)
        return NULL;
    ASYNC_MEMSET_(transport, 0, sizeof *transport);
    status = prepared ? async_stream_open_(&transport->client.stream, fd, fd, true)
                      : async_stream_open(&transport->client.stream, fd);
    if (status < 0) {
        ASYNCIO_FREE(transport);
        return NULL;
    }
    transport->only_writes = transport->client.stream.core->read_fd < 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
    transport->protocol = protocol;
    async_transport_begin_(transport, NULL);
    return transport;
}

async_transport *async_transport_open(async_protocol *protocol, int fd)
{
    async_transport *transport = fd < 0 ? NULL : async_transport_new_(protocol, fd, false);
    if (transport != NULL)
        (void)async_loop_call_soon(transport->loop, &transport->begin, async_transport_on_begin_, transport);
    return transport;
}

/* ---- what a protocol does with it ------------------------------------------------------------------------------ */

/* Above the high-water mark, once what was kept has been tried. */
static void async_transport_mark_(async_transport *transport)
{
    struct async_stream_core_ *core = transport->client.core;
    if (core->queued > core->high)
        async_stream_send_kept_(core);
    async_stream_mark_(core);
    if (!core->paused || transport->paused)
        return;
    transport->paused = true;
    if (transport->protocol->type->pause_writing != NULL)
        transport->protocol->type->pause_writing(transport->protocol);
}

async_status async_transport_write(async_transport *transport, const void *data, size_t size)
{
    async_status status = async_stream_write(&transport->client.stream, data, size);
    async_transport_mark_(transport);
    return status;
}

async_status async_transport_writelines(async_transport *transport, const async_bytes *pieces, size_t count)
{
    async_status status = async_stream_writelines(&transport->client.stream, pieces, count);
    async_transport_mark_(transport);
    return status;
}

async_status async_transport_write_eof(async_transport *transport)
{
    return async_stream_write_eof(&transport->client.stream);
}

bool async_transport_can_write_eof(const async_transport *transport)
{
    return async_stream_can_write_eof(&transport->client.stream);
}

void async_transport_set_write_buffer_limits(async_transport *transport, size_t high, size_t low)
{
    async_stream_set_write_buffer_limits(&transport->client.stream, high, low);
    async_transport_mark_(transport);
}

void async_transport_get_write_buffer_limits(const async_transport *transport, size_t *low, size_t *high)
{
    *low = transport->client.core->low;
    *high = transport->client.core->high;
}

size_t async_transport_get_write_buffer_size(const async_transport *transport)
{
    return transport->client.core->queued;
}

void async_transport_close(async_transport *transport)
{
    async_fd_handle_cancel(&transport->reading);
    async_stream_linger_(transport->client.core);
}

void async_transport_abort(async_transport *transport) { async_stream_shut_(transport->client.core); }

bool async_transport_is_closing(const async_transport *transport)
{
    return transport->client.core->state != ASYNC_STREAM_OPEN_;
}

void async_transport_pause_reading(async_transport *transport)
{
    transport->reads = false;
    async_transport_listen_(transport, ASYNC_WANTS_READ);
}

void async_transport_resume_reading(async_transport *transport)
{
    transport->reads = true;
    async_transport_listen_(transport, ASYNC_WANTS_READ);
}

bool async_transport_is_reading(const async_transport *transport)
{
    return transport->reads && !transport->ended && !async_transport_is_closing(transport);
}

async_protocol *async_transport_protocol(const async_transport *transport) { return transport->protocol; }

void async_transport_set_protocol(async_transport *transport, async_protocol *protocol)
{
    transport->protocol = protocol;
}

async_stream *async_transport_stream(async_transport *transport) { return &transport->client.stream; }

ASYNC_EXTERN_C_END_

#endif
#endif
