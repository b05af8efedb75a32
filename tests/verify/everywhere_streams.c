/* Cancel-everywhere over streams and servers: no byte is lost, no descriptor is left open, no client is forgotten. */
#include "names.h"
#include "everywhere.h"
#include "names.h"
#include "scratch.h"

static int ends[2], copy;
static bool taken[2]; /* a stream owns it */
static size_t sent, received;
static char junk[65536];

static void make_pair(void)
{
    if (async_socket_pair(SOCK_STREAM, ends) < 0)
        abort();
    copy = dup(ends[1]);
    sent = received = 0;
    taken[0] = taken[1] = false;
}

static void take(async_stream *stream, int end)
{
    if (async_stream_open(stream, ends[end]) < 0)
        abort();
    taken[end] = true;
}

static void close_rest(void)
{
    int i;
    for (i = 0; i < 2; i++)
        if (!taken[i])
            close(ends[i]);
}

/* What was sent was given to somebody, or is there still. The stream has closed its own descriptor. */
static void check_pair(void)
{
    ssize_t n;
    close_rest();
    while ((n = recv(copy, junk, sizeof junk, MSG_DONTWAIT)) > 0)
        received += (size_t)n;
    MUST(received == sent);
    close(copy);
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

struct sends {
    async_frame frame;
    int i;
};

async(sends)
{
    static const char *const pieces[] = { "a", "b\n", "cd-", "-", "12", "345", "pe", "ek", "rest" };
    async_begin;
    for (self->i = 0; self->i < 9; self->i++) {
        await(async_sleep, .delay = async_ms(1));
        if (send(ends[0], pieces[self->i], strlen(pieces[self->i]), 0) > 0)
            sent += strlen(pieces[self->i]);
    }
    shutdown(ends[0], SHUT_WR);
    async_end;
}

struct reads {
    async_frame frame;
    async_stream *stream;
    async_task_group group;
    async_bytes data;
};

async(reads)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, sends);
    await_into(self->data, async_stream_readline, .stream = self->stream);
    received += self->data.size;
    await_into(self->data, async_stream_readuntil, .stream = self->stream, .separator = "--");
    received += self->data.size;
    await_into(self->data, async_stream_readexactly, .stream = self->stream, .size = 5);
    received += self->data.size;
    await_into(self->data, async_stream_peek, .stream = self->stream, .size = 4);
    async_stream_consume(self->stream, 2);
    received += 2;
    await_into(self->data, async_stream_read, .stream = self->stream, .size = 2);
    received += self->data.size;
    await_into(self->data, async_stream_read, .stream = self->stream, .size = 2);
    received += self->data.size;
    await_into(self->data, async_stream_readall, .stream = self->stream);
    received += self->data.size;
    async_end;
}

/* Who is to send may have been cancelled; then the reader gives up. */
struct read_stream {
    async_frame frame;
    async_stream stream;
    async_status status;
    async_bytes data;
};

async(read_stream)
{
    async_begin;
    take(&self->stream, 1);
    await_for_catch(async_ms(50), self->status, reads, .stream = &self->stream);
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT && self->status != ASYNC_INCOMPLETE_READ)
        async_raise(self->status);
    async_finally;
    await_into(self->data, async_stream_peek, .stream = &self->stream);
    received += self->data.size;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void check_closed(void)
{
    close_rest();
    close(copy);
}

struct gets {
    async_frame frame;
    async_stream stream;
    async_bytes data;
};

async(gets)
{
    async_begin;
    take(&self->stream, 1);
    await(async_sleep, .delay = async_ms(5));
    do {
        await_into(self->data, async_stream_read, .stream = &self->stream, .size = sizeof junk);
        await(async_sleep, .delay = async_ms(1));
    } while (self->data.size > 0);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

struct waits {
    async_frame frame;
    async_stream *stream;
};

async(waits)
{
    async_begin;
    await(async_stream_wait_closed, .stream = self->stream);
    async_end;
}

struct write_stream {
    async_frame frame;
    async_stream stream;
    async_task *gets, *waits;
    async_status status;
};

async(write_stream)
{
    async_begin;
    take(&self->stream, 0);
    self->gets = async_create_task(gets);
    self->waits = async_create_task(waits, .stream = &self->stream);
    async_stream_write(&self->stream, junk, sizeof junk);
    async_stream_write(&self->stream, junk, sizeof junk);
    async_stream_write(&self->stream, junk, sizeof junk);
    async_stream_write(&self->stream, junk, sizeof junk);
    async_stream_write(&self->stream, junk, sizeof junk);
    await_for_catch(async_ms(50), self->status, async_stream_drain, .stream = &self->stream);
    if (self->status == ASYNC_CANCELLED)
        async_raise(ASYNC_CANCELLED);
    async_stream_write(&self->stream, junk, sizeof junk);
    async_stream_write(&self->stream, junk, sizeof junk);
    async_stream_write(&self->stream, junk, sizeof junk);
    async_stream_write(&self->stream, junk, sizeof junk);
    await_for_catch(async_ms(50), self->status, async_stream_close, .stream = &self->stream);
    if (self->status == ASYNC_CANCELLED)
        async_raise(ASYNC_CANCELLED);
    async_finally;
    async_stream_abort(&self->stream);
    async_cancel(self->gets);
    async_cancel(self->waits);
    async_release(self->gets);
    async_release(self->waits);
    async_end;
}

/* ---- servers -------------------------------------------------------------------------------------------------- */

static int serving;
static async_server server;

static void make_nothing(void) { serving = 0; }

static void check_server(void)
{
    MUST(serving == 0);
    MUST(server.core == NULL);
    MUST(fake_lists == 0);
    unlink(scratch_path("sock"));
}

struct serves {
    async_frame frame;
    async_stream *stream;
    async_bytes line;
};

async(serves)
{
    async_begin;
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = self->stream);
        if (self->line.size == 0)
            break;
        async_stream_write(self->stream, self->line.data, self->line.size);
        await(async_stream_drain, .stream = self->stream);
    }
    async_end;
}

/* The client may be gone before it is answered. */
struct serve {
    async_frame frame;
    async_stream *stream;
    int *serving;
    async_status status;
};

async(serve)
{
    async_begin;
    ++*self->serving;
    await_catch(self->status, serves, .stream = self->stream);
    async_finally;
    --*self->serving;
    async_end;
}

struct talks {
    async_frame frame;
    bool named;
    async_stream stream;
    async_bytes line;
};

async(talks)
{
    async_begin;
    if (self->named)
        await(async_open_connection, .stream = &self->stream, .host = "three.test", .port = async_server_port(&server));
    else
        await(async_open_unix_connection, .stream = &self->stream, .path = scratch_path("sock"));
    async_stream_write(&self->stream, "x\n", 2);
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    if (self->named) /* stays until the server has enough of it */
        await_into(self->line, async_stream_readline, .stream = &self->stream);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

/* The server may be gone before it answers. */
struct asks {
    async_frame frame;
    bool named;
    async_status status;
};

async(asks)
{
    async_begin;
    await_catch(self->status, talks, .named = self->named);
    async_end;
}

struct waits_for_server {
    async_frame frame;
};

async(waits_for_server)
{
    async_begin;
    await(async_server_wait_closed, .server = &server);
    async_end;
}

struct served {
    async_frame frame;
    async_task *tasks[4];
    async_status status;
};

async(served)
{
    async_begin;
    await(async_start_server, .server = &server, .host = "127.0.0.1", .handler = async_handler(serve), .context = &serving);
    await(async_start_unix_server, .server = &server, .path = scratch_path("sock"), .handler = async_handler(serve),
        .context = &serving);
    self->tasks[0] = async_create_task(asks, .named = true);
    self->tasks[1] = async_create_task(asks);
    self->tasks[2] = async_create_task(waits_for_server);
    await_for_catch(async_ms(20), self->status, async_server_serve_forever, .server = &server, .timeout = async_ms(5));
    if (self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_finally;
    for (int i = 0; i < 3; i++) {
        async_cancel(self->tasks[i]);
        async_release(self->tasks[i]);
    }
    if (async_error < 0)
        await(async_server_close, .server = &server, .timeout = async_ms(1));
    async_end;
}

/* ---- a unix socket whose backlog is full ----------------------------------------------------------------------- */

static int listener, waiting_connections[8], waiting_count;

static void make_crowd(void)
{
    async_address address;
    async_address_set_path(&address, scratch_path("sock"));
    listener = async_unix_listen(scratch_path("sock"), 1);
    for (waiting_count = 0; waiting_count < 8; waiting_count++) {
        int fd = async_socket_open(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, async_address_sockaddr(&address), (socklen_t)address.length) != 0) {
            close(fd);
            break;
        }
        waiting_connections[waiting_count] = fd;
    }
}

static void check_crowd(void)
{
    while (waiting_count > 0)
        close(waiting_connections[--waiting_count]);
    close(listener);
    unlink(scratch_path("sock"));
}

struct lets_in {
    async_frame frame;
    int fd;
};

async(lets_in)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    await_into(self->fd, async_socket_accept, .fd = listener);
    async_fd_close(self->fd);
    async_end;
}

struct crowded {
    async_frame frame;
    async_task_group group;
    async_stream stream;
    async_status status;
};

async(crowded)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, lets_in);
    await_for_catch(async_ms(30), self->status, async_open_unix_connection, .stream = &self->stream,
        .path = scratch_path("sock"));
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

/* ---- transports ------------------------------------------------------------------------------------------------ */

struct end {
    async_protocol protocol;
    async_transport *transport;
};

static int alive; /* protocols that were made and are not lost */

static void end_made(async_protocol *protocol, async_transport *transport)
{
    ((struct end *)protocol)->transport = transport;
    alive++;
}

static void end_data(async_protocol *protocol, const void *data, size_t size)
{
    async_transport_write(((struct end *)protocol)->transport, data, size);
}

static void end_lost(async_protocol *protocol, async_status status)
{
    (void)status;
    ((struct end *)protocol)->transport = NULL;
    alive--;
}

static void server_end_lost(async_protocol *protocol, async_status status)
{
    end_lost(protocol, status);
    free(protocol);
}

static const async_protocol_type end_type = { end_made, NULL, NULL, NULL, NULL, end_lost };
static const async_protocol_type server_end_type = { end_made, end_data, NULL, NULL, NULL, server_end_lost };

static async_protocol *make_end(void *context)
{
    struct end *end = calloc(1, sizeof *end);
    (void)context;
    if (end == NULL)
        return NULL;
    end->protocol.type = &server_end_type;
    return &end->protocol;
}

static struct end client_ends[2];

static void make_ends(void)
{
    memset(client_ends, 0, sizeof client_ends);
    client_ends[0].protocol.type = client_ends[1].protocol.type = &end_type;
    alive = 0;
}

/* The loop is closed: whoever was told of a connection was told of its end. */
static void check_ends(void)
{
    MUST(alive == 0);
    check_server();
}

struct calls {
    async_frame frame;
    async_transport *transport;
    async_status status;
};

async(calls)
{
    async_begin;
    await_into(self->transport, async_create_connection, .protocol = &client_ends[0].protocol, .host = "three.test",
        .port = async_server_port(&server));
    MUST(client_ends[0].transport == self->transport);
    async_transport_write(self->transport, "x", 1);
    await_into(self->transport, async_create_unix_connection, .protocol = &client_ends[1].protocol,
        .path = scratch_path("sock"));
    async_transport_close(self->transport);
    await(async_sleep, .delay = async_ms(2));
    async_end;
}

struct transports {
    async_frame frame;
    async_status status;
};

async(transports)
{
    async_begin;
    await(async_create_server, .server = &server, .host = "127.0.0.1", .factory = make_end);
    await(async_create_unix_server, .server = &server, .path = scratch_path("sock"), .factory = make_end);
    await_for_catch(async_ms(50), self->status, calls);
    if (self->status == ASYNC_CANCELLED)
        async_raise(ASYNC_CANCELLED);
    async_finally;
    await(async_server_close, .server = &server);
    async_end;
}

/* ---- datagrams ------------------------------------------------------------------------------------------------ */

static struct datagram_end {
    async_datagram_protocol protocol;
    async_datagram_transport *transport;
    int received;
} datagram_ends[2];

static void datagram_made(async_datagram_protocol *protocol, async_datagram_transport *transport)
{
    ((struct datagram_end *)protocol)->transport = transport;
    alive++;
}

static void datagram_received(async_datagram_protocol *protocol, const void *data, size_t size, const async_address *from)
{
    struct datagram_end *end = (struct datagram_end *)protocol;
    MUST(size == 1);
    if (end->received++ == 0)
        async_datagram_transport_sendto(end->transport, data, size, from);
}

static void datagram_lost(async_datagram_protocol *protocol, async_status status)
{
    (void)status;
    ((struct datagram_end *)protocol)->transport = NULL;
    alive--;
}

static const async_datagram_protocol_type datagram_type = { datagram_made, datagram_received, NULL, NULL, NULL, datagram_lost };

static void make_datagram_ends(void)
{
    memset(datagram_ends, 0, sizeof datagram_ends);
    datagram_ends[0].protocol.type = datagram_ends[1].protocol.type = &datagram_type;
    alive = 0;
}

static void check_datagram_ends(void) { MUST(alive == 0); }

struct datagrams {
    async_frame frame;
    async_datagram_transport *transport;
    async_address address;
};

async(datagrams)
{
    async_begin;
    await_into(self->transport, async_create_datagram_endpoint, .protocol = &datagram_ends[0].protocol,
        .local_host = "four.test");
    MUST(async_datagram_transport_sockname(self->transport, &self->address) == ASYNC_OK);
    await_into(self->transport, async_create_datagram_endpoint, .protocol = &datagram_ends[1].protocol,
        .host = "four.test", .port = async_address_port(&self->address));
    MUST(datagram_ends[1].transport == self->transport);
    async_datagram_transport_sendto(self->transport, "x", 1, NULL);
    await(async_sleep, .delay = async_ms(1));
    async_datagram_transport_close(self->transport);
    await(async_sleep);
    async_end;
}

/* a unix socket whose backlog is full */
struct crowded_transport {
    async_frame frame;
    async_task_group group;
    async_status status;
};

async(crowded_transport)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, lets_in);
    await_for_catch(async_ms(30), self->status, async_create_unix_connection, .protocol = &client_ends[0].protocol,
        .path = scratch_path("sock"));
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_end;
}

static void make_crowd_and_ends(void)
{
    make_crowd();
    make_ends();
}

static void check_crowd_and_ends(void)
{
    MUST(alive == 0);
    check_crowd();
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    fake_name("four.test", "127.0.0.1");
    fake_name("three.test", "127.0.0.3 ::1 127.0.0.1");
    PROGRAM(read_stream, make_pair, check_pair);
    PROGRAM(write_stream, make_pair, check_closed);
    PROGRAM(served, make_nothing, check_server);
    PROGRAM(crowded, make_crowd, check_crowd);
    PROGRAM(transports, make_ends, check_ends);
    PROGRAM(datagrams, make_datagram_ends, check_datagram_ends);
    PROGRAM(crowded_transport, make_crowd_and_ends, check_crowd_and_ends);
    print_covered();
    return failed;
}
