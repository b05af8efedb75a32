/* datagram_transport.h: datagrams by callbacks, for who wants no task for a socket (asyncio's DatagramTransport and
 * DatagramProtocol). Hosts only, with ASYNCIO_NET. Loop thread only. */
#ifndef ASYNCIO_DATAGRAM_TRANSPORT_H
#define ASYNCIO_DATAGRAM_TRANSPORT_H

#include "datagram.h"
#include "stream.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* async_datagram_transport: a socket for datagrams. It is there from connection_made until connection_lost returns; the
 * loop owns it. */
typedef struct async_datagram_transport async_datagram_transport;
typedef struct async_datagram_protocol async_datagram_protocol;

/* async_datagram_protocol_type: what is called, by the loop; NULL: nothing. Mirrors asyncio.DatagramProtocol.
 *     connection_made     once, first.
 *     datagram_received   one datagram has come, whole, from this address, which is none for a unix socket without a
 *                         name; both are there until it returns. size may be 0.
 *     error_received      a datagram could not be sent or received: -ECONNREFUSED: nobody was there for an earlier one;
 *                         -EMSGSIZE: it was too large, to be sent or to be received whole. It goes on.
 *     pause_writing       more than the high-water mark is not sent yet; resume_writing: it is down to the low one.
 *     connection_lost     once, last: OK when it was closed by async_datagram_transport_close() or _abort(); CLOSED when
 *                         its loop is closed; or the failure. The protocol's memory may be freed here. */
typedef struct async_datagram_protocol_type {
    void (*connection_made)(async_datagram_protocol *protocol, async_datagram_transport *transport);
    void (*datagram_received)(async_datagram_protocol *protocol, const void *data, size_t size, const async_address *from);
    void (*error_received)(async_datagram_protocol *protocol, async_status status);
    void (*pause_writing)(async_datagram_protocol *protocol);
    void (*resume_writing)(async_datagram_protocol *protocol);
    void (*connection_lost)(async_datagram_protocol *protocol, async_status status);
} async_datagram_protocol_type;

/* async_datagram_protocol: the first member of the struct in which the state is kept; its owner sets the type. It stays in
 * place until connection_lost. */
struct async_datagram_protocol {
    const async_datagram_protocol_type *type;
};

/* async_datagram_transport_sendto: sends one datagram, or keeps a copy of what cannot be sent yet; never waits. to NULL:
 * to the peer of a connected socket, which hears of no other.
 * OK; INVALID_ARGUMENT without an address, or with another than the peer's; CLOSED; -ENOBUFS: more than the high-water mark
 * is kept already, and this one is lost. Otherwise this one is lost, and error_received has been called with the same:
 * NO_MEMORY, -EMSGSIZE, any -errno. Mirrors DatagramTransport.sendto(). */
async_status async_datagram_transport_sendto(async_datagram_transport *transport, const void *data, size_t size,
    const async_address *to);

/* async_datagram_transport_set_write_buffer_limits: the marks in bytes, at first 65,536 and a quarter of that; low is at
 * most high. async_datagram_transport_get_write_buffer_limits: the marks.
 * async_datagram_transport_get_write_buffer_size: what is not sent yet, with 8 bytes for each datagram, as asyncio counts
 * it: never more than the high-water mark and one datagram. */
void async_datagram_transport_set_write_buffer_limits(async_datagram_transport *transport, size_t high, size_t low);
void async_datagram_transport_get_write_buffer_limits(const async_datagram_transport *transport, size_t *low, size_t *high);
size_t async_datagram_transport_get_write_buffer_size(const async_datagram_transport *transport);

/* async_datagram_transport_close: no more is received; what is kept is sent, for at most ASYNC_STREAM_LINGER; then
 * connection_lost. async_datagram_transport_abort: what is kept is lost. async_datagram_transport_is_closing: either was
 * called, or the loop has closed it. */
void async_datagram_transport_close(async_datagram_transport *transport);
void async_datagram_transport_abort(async_datagram_transport *transport);
bool async_datagram_transport_is_closing(const async_datagram_transport *transport);

/* async_datagram_transport_fileno: its socket; it remains the transport's; -1 when it is closed.
 * async_datagram_transport_sockname, async_datagram_transport_peername: the addresses; -errno: -ENOTCONN without a peer.
 * async_datagram_transport_protocol, async_datagram_transport_set_protocol: who is called. */
int async_datagram_transport_fileno(const async_datagram_transport *transport);
async_status async_datagram_transport_sockname(const async_datagram_transport *transport, async_address *address);
async_status async_datagram_transport_peername(const async_datagram_transport *transport, async_address *address);
async_datagram_protocol *async_datagram_transport_protocol(const async_datagram_transport *transport);
void async_datagram_transport_set_protocol(async_datagram_transport *transport, async_datagram_protocol *protocol);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_DATAGRAM_TRANSPORT_IMPLEMENTATION_
#define ASYNCIO_DATAGRAM_TRANSPORT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum {
    ASYNC_DATAGRAMS_ = 16,              /* received in a row, before others have a turn */
    ASYNC_DATAGRAM_HEAD_ = 8,           /* what each counts beyond its bytes */
    ASYNC_DATAGRAM_LARGEST_ = 65536,    /* of UDP */
    ASYNC_DATAGRAM_LARGEST_UNIX_ = 262144
};

/* One that could not be sent at once. */
struct async_datagram_ {
    struct async_datagram_ *next;
    async_address to; /* none: to the peer */
    size_t size;
    char bytes[1];
};

struct async_datagram_transport {
    async_datagram_protocol *protocol;
    async_loop *loop;
    int fd; /* -1: closed, and connection_lost is to come */
    async_address remote; /* of the peer; none: it has none */
    bool is_unix, connected, made, paused;
    bool closing; /* is closed when nothing is kept any more */
    bool waiting; /* for the socket, or for the timer */
    struct async_datagram_ *first, *last;
    size_t kept, high, low; /* in bytes */
    async_fd_handle reading, writing;
    async_timer_handle again, linger;
    async_handle begin, lost;
    async_closer_ closer;
    async_status status; /* it ends with */
    size_t room;
    char buffer[1];
};

/* ---- the end --------------------------------------------------------------------------------------------------- */

/* The protocol hears that it is over, and the transport is gone. */
static void async_datagram_lose_(async_datagram_transport *transport)
{
    async_datagram_protocol *protocol = transport->protocol;
    async_line_remove_(&transport->loop->last_closers, &transport->closer.node);
    if (transport->made && protocol->type->connection_lost != NULL)
        protocol->type->connection_lost(protocol, transport->status);
    ASYNCIO_FREE(transport);
}

static void async_datagram_on_lost_(async_handle *handle)
{
    async_datagram_lose_((async_datagram_transport *)handle->data);
}

static void async_datagram_shift_(async_datagram_transport *transport)
{
    struct async_datagram_ *datagram = transport->first;
    transport->first = datagram->next;
    if (transport->first == NULL)
        transport->last = NULL;
    transport->kept -= datagram->size + ASYNC_DATAGRAM_HEAD_;
    ASYNCIO_FREE(datagram);
}

static void async_datagram_stop_waiting_(async_datagram_transport *transport)
{
    async_fd_handle_cancel(&transport->writing);
    async_timer_handle_cancel(&transport->again);
    transport->waiting = false;
}

/* Closes it now, whatever is kept. */
static void async_datagram_shut_(async_datagram_transport *transport, async_status status)
{
    int fd = transport->fd;
    if (fd < 0)
        return;
    transport->fd = -1;
    transport->closing = true;
    transport->status = status;
    async_datagram_stop_waiting_(transport);
    async_fd_handle_cancel(&transport->reading);
    async_timer_handle_cancel(&transport->linger);
    while (transport->first != NULL)
        async_datagram_shift_(transport);
    (void)async_fd_close(fd);
    (void)async_loop_call_soon(transport->loop, &transport->lost, async_datagram_on_lost_, transport);
}

static void async_datagram_on_loop_closed_(async_loop *loop, async_closer_ *closer)
{
    async_datagram_transport *transport = ASYNC_CONTAINER_(closer, async_datagram_transport, closer);
    async_line_append_(&loop->last_closers, &closer->node);
    async_handle_cancel(&transport->begin);
    async_datagram_shut_(transport, ASYNC_CLOSED);
    async_handle_cancel(&transport->lost);
    async_datagram_lose_(transport);
}

static void async_datagram_error_(async_datagram_transport *transport, async_status status)
{
    if (transport->made && transport->protocol->type->error_received != NULL)
        transport->protocol->type->error_received(transport->protocol, status);
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

/* Less is kept than before. */
static void async_datagram_settle_(async_datagram_transport *transport)
{
    if (transport->closing) {
        if (transport->first == NULL)
            async_datagram_shut_(transport, ASYNC_OK);
    } else if (transport->paused && transport->kept <= transport->low) {
        transport->paused = false;
        if (transport->protocol->type->resume_writing != NULL)
            transport->protocol->type->resume_writing(transport->protocol);
    }
}

static void async_datagram_mark_(async_datagram_transport *transport)
{
    if (!transport->made || transport->paused || transport->closing || transport->kept <= transport->high)
        return;
    transport->paused = true;
    if (transport->protocol->type->pause_writing != NULL)
        transport->protocol->type->pause_writing(transport->protocol);
}

static void async_datagram_on_writable_(async_fd_handle *handle);
static void async_datagram_on_again_(async_handle *handle);

/* Whether this says that there is no room now. */
static bool async_datagram_full_(const async_datagram_transport *transport, int error)
{
    return async_would_block_(error) || (error == ENOBUFS && transport->is_unix);
}

/* Is called again when there is room. Of the queue of a unix socket that is not the peer poll knows nothing, and where a
 * full one is called ENOBUFS nothing of any: it would say at once that the socket is writable. */
static async_status async_datagram_wait_(async_datagram_transport *transport, int error)
{
    bool blind = transport->is_unix && (!transport->connected || error == ENOBUFS);
    async_status status;
    if (transport->waiting)
        return ASYNC_OK;
    if (blind)
        status = async_loop_call_later(transport->loop, async_ms(1), &transport->again, async_datagram_on_again_, transport);
    else
        status = async_loop_add_writer(transport->loop, transport->fd, &transport->writing, async_datagram_on_writable_,
            transport);
    transport->waiting = status == ASYNC_OK;
    if (status == ASYNC_OK)
        return ASYNC_OK;
    while (transport->first != NULL) /* nothing would send it any more */
        async_datagram_shift_(transport);
    async_datagram_error_(transport, status);
    async_datagram_settle_(transport);
    return status;
}

static ssize_t async_datagram_send_(const async_datagram_transport *transport, const void *data, size_t size,
    const async_address *to)
{
    return async_sendto_(transport->fd, data, size, 0, transport->connected ? NULL : to);
}

/* Sends what is kept, as far as the system takes it. Any call to the protocol may send, close or abort, too. */
static void async_datagram_flush_(async_datagram_transport *transport)
{
    while (transport->first != NULL) {
        struct async_datagram_ *datagram = transport->first;
        ssize_t n = async_datagram_send_(transport, datagram->bytes, datagram->size, &datagram->to);
        int error = n < 0 ? errno : 0;
        if (n < 0 && async_datagram_full_(transport, error)) {
            (void)async_datagram_wait_(transport, error);
            break;
        }
        async_datagram_shift_(transport);
        if (n < 0)
            async_datagram_error_(transport, -error);
    }
    if (transport->first == NULL)
        async_datagram_stop_waiting_(transport);
    async_datagram_settle_(transport);
}

static void async_datagram_on_writable_(async_fd_handle *handle)
{
    async_datagram_transport *transport = (async_datagram_transport *)handle->handle.data;
    async_status status = async_fd_handle_status(handle);
    if (status < 0)
        async_datagram_shut_(transport, status);
    else
        async_datagram_flush_(transport);
}

static void async_datagram_on_again_(async_handle *handle)
{
    async_datagram_transport *transport = (async_datagram_transport *)handle->data;
    transport->waiting = false;
    async_datagram_flush_(transport);
}

/* Keeps a copy behind the others. */
static async_status async_datagram_keep_(async_datagram_transport *transport, const void *data, size_t size,
    const async_address *to)
{
    size_t head = offsetof(struct async_datagram_, bytes);
    struct async_datagram_ *datagram;
    if (size > transport->room) /* so large that it will not be sent anyway */
        return -EMSGSIZE;
    datagram = (struct async_datagram_ *)ASYNCIO_MALLOC(head + size + 1);
    if (datagram == NULL)
        return ASYNC_NO_MEMORY;
    datagram->next = NULL;
    datagram->to = *to;
    datagram->size = size;
    if (size > 0)
        ASYNC_MEMCPY_(datagram->bytes, data, size);
    if (transport->last != NULL)
        transport->last->next = datagram;
    else
        transport->first = datagram;
    transport->last = datagram;
    transport->kept += size + ASYNC_DATAGRAM_HEAD_;
    return ASYNC_OK;
}

async_status async_datagram_transport_sendto(async_datagram_transport *transport, const void *data, size_t size,
    const async_address *to)
{
    async_status status = ASYNC_OK;
    int error = 0;
    if (transport->closing)
        return ASYNC_CLOSED;
    if (to == NULL ? !transport->connected && transport->remote.length == 0
                   : (transport->connected || transport->remote.length > 0) && !async_address_equal(to, &transport->remote))
        return ASYNC_INVALID_ARGUMENT;
    if (to == NULL)
        to = &transport->remote;
    if (transport->kept > transport->high)
        return -ENOBUFS;
    if (transport->first == NULL) {
        if (async_datagram_send_(transport, data, size, to) >= 0)
            return ASYNC_OK;
        error = errno;
        if (!async_datagram_full_(transport, error))
            status = -error;
    }
    if (status == ASYNC_OK)
        status = async_datagram_keep_(transport, data, size, to);
    if (status < 0) {
        async_datagram_error_(transport, status);
        return status;
    }
    status = async_datagram_wait_(transport, error);
    async_datagram_mark_(transport);
    return status;
}

/* ---- receiving ------------------------------------------------------------------------------------------------- */

static void async_datagram_on_readable_(async_fd_handle *handle)
{
    async_datagram_transport *transport = (async_datagram_transport *)handle->handle.data;
    async_status status = async_fd_handle_status(handle);
    int i;
    if (status < 0)
        async_datagram_shut_(transport, status);
    for (i = 0; i < ASYNC_DATAGRAMS_ && !transport->closing; i++) {
        async_address from;
        struct msghdr message;
        ssize_t n;
        ASYNC_MEMSET_(&message, 0, sizeof message);
        ASYNC_MEMSET_(&from, 0, sizeof from);
        message.msg_name = from.storage.bytes;
        message.msg_namelen = sizeof from.storage.bytes;
        n = async_recvmsg_(transport->fd, transport->buffer, transport->room, &message, 0);
        if (n < 0 && async_would_block_(errno))
            return;
        if (n < 0) {
            async_datagram_error_(transport, -errno);
        } else if (message.msg_flags & MSG_TRUNC) {
            async_datagram_error_(transport, -EMSGSIZE);
        } else if (transport->protocol->type->datagram_received != NULL) {
            async_address_written_(&from, message.msg_namelen);
            transport->protocol->type->datagram_received(transport->protocol, transport->buffer, (size_t)n, &from);
        }
    }
}

/* ---- what a protocol does with it ------------------------------------------------------------------------------ */

void async_datagram_transport_set_write_buffer_limits(async_datagram_transport *transport, size_t high, size_t low)
{
    transport->high = high;
    transport->low = low < high ? low : high;
    async_datagram_mark_(transport);
    async_datagram_settle_(transport);
}

void async_datagram_transport_get_write_buffer_limits(const async_datagram_transport *transport, size_t *low, size_t *high)
{
    *low = transport->low;
    *high = transport->high;
}

size_t async_datagram_transport_get_write_buffer_size(const async_datagram_transport *transport) { return transport->kept; }

static void async_datagram_on_linger_(async_handle *handle)
{
    async_datagram_shut_((async_datagram_transport *)handle->data, ASYNC_OK);
}

void async_datagram_transport_close(async_datagram_transport *transport)
{
    if (transport->closing)
        return;
    transport->closing = true;
    async_fd_handle_cancel(&transport->reading);
    if (transport->first == NULL || async_loop_call_later(transport->loop, ASYNC_STREAM_LINGER, &transport->linger,
            async_datagram_on_linger_, transport) < 0)
        async_datagram_shut_(transport, ASYNC_OK);
}

void async_datagram_transport_abort(async_datagram_transport *transport) { async_datagram_shut_(transport, ASYNC_OK); }

bool async_datagram_transport_is_closing(const async_datagram_transport *transport) { return transport->closing; }

int async_datagram_transport_fileno(const async_datagram_transport *transport) { return transport->fd; }

async_status async_datagram_transport_sockname(const async_datagram_transport *transport, async_address *address)
{
    return async_socket_name(transport->fd, address);
}

async_status async_datagram_transport_peername(const async_datagram_transport *transport, async_address *address)
{
    return async_socket_peer(transport->fd, address);
}

async_datagram_protocol *async_datagram_transport_protocol(const async_datagram_transport *transport)
{
    return transport->protocol;
}

void async_datagram_transport_set_protocol(async_datagram_transport *transport, async_datagram_protocol *protocol)
{
    transport->protocol = protocol;
}

ASYNC_EXTERN_C_END_

#endif
#endif
