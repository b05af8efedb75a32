/* Datagram endpoints: of each family, whole or not at all, refused, broadcast; what is kept, and when it is too much; ends. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "names.h"
#include "asyncio.h"
#include "names.h"
#include "unit.h"
#include "scratch.h"

enum { LARGEST = 65507, HUGE = 300000 };
static char bytes[HUGE];

static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* What its callbacks do beyond their note. */
enum { ECHOES = 1, QUIET = 2, CLOSES = 4, ABORTS_WHEN_PAUSED = 8, CLOSES_ON_ERROR = 16, CLOSES_AT_ONCE = 32,
    ABORTS_WHEN_RESUMED = 64 };

struct end {
    async_datagram_protocol protocol;
    async_datagram_transport *transport;
    int does;
    size_t count, largest, total;
    async_status error, answer;
    async_address from;
    async_event event; /* set with each call */
};

static struct end *end_of(async_datagram_protocol *protocol) { return (struct end *)(void *)protocol; }

static void say(struct end *end, const char *what)
{
    if (!(end->does & QUIET))
        note("%s ", what);
    async_event_set(&end->event);
}

static void made(async_datagram_protocol *protocol, async_datagram_transport *transport)
{
    struct end *end = end_of(protocol);
    end->transport = transport;
    CHECK_PTR(async_datagram_transport_protocol(transport), protocol);
    say(end, "made");
    if (end->does & CLOSES_AT_ONCE)
        async_datagram_transport_close(transport);
}
static void received(async_datagram_protocol *protocol, const void *data, size_t size, const async_address *from)
{
    struct end *end = end_of(protocol);
    end->count++;
    end->total += size;
    end->largest = size > end->largest ? size : end->largest;
    end->from = *from;
    if (size < 20 && !(end->does & QUIET))
        note("[%.*s] ", (int)size, (const char *)data);
    if (size > 0 && memcmp(data, bytes, size) != 0 && size >= 20)
        note("garbled ");
    async_event_set(&end->event);
    if (end->does & ECHOES)
        end->answer = async_datagram_transport_sendto(end->transport, data, size, from);
    if (end->does & CLOSES)
        async_datagram_transport_close(end->transport);
}
static void failed(async_datagram_protocol *protocol, async_status status)
{
    struct end *end = end_of(protocol);
    end->error = status;
    say(end, status == -EMSGSIZE ? "large" : status == -ECONNREFUSED ? "refused" : word(status));
    if (end->does & CLOSES_ON_ERROR)
        async_datagram_transport_close(end->transport);
}
static void paused(async_datagram_protocol *protocol)
{
    say(end_of(protocol), "pause");
    if (end_of(protocol)->does & ABORTS_WHEN_PAUSED)
        async_datagram_transport_abort(end_of(protocol)->transport);
}
static void resumed(async_datagram_protocol *protocol)
{
    say(end_of(protocol), "resume");
    if (end_of(protocol)->does & ABORTS_WHEN_RESUMED)
        async_datagram_transport_abort(end_of(protocol)->transport);
}
static void lost(async_datagram_protocol *protocol, async_status status)
{
    end_of(protocol)->transport = NULL;
    say(end_of(protocol), status == ASYNC_OK ? "lost" : status == ASYNC_CLOSED ? "closed" : word(status));
}
static const async_datagram_protocol_type end_type = { made, received, failed, paused, resumed, lost };
static const async_datagram_protocol_type silent_type = { NULL, NULL, NULL, NULL, NULL, NULL };

static struct end server, client, nameless, late, only; /* in place whenever their transports are lost */

static void end_init(struct end *end, int does)
{
    memset(end, 0, sizeof *end);
    end->protocol.type = &end_type;
    end->does = does;
}

static void abort_end(struct end *end)
{
    if (end->transport != NULL)
        async_datagram_transport_abort(end->transport);
}

/* waits until something more was called */
struct called { async_frame frame; struct end *end; };
async(called)
{
    async_begin;
    async_event_clear(&self->end->event);
    await_for(async_seconds(TEST_MANY < 100 ? 1 : 5), async_event_wait, .event = &self->end->event);
    async_end;
}

static int port_of(async_datagram_transport *transport)
{
    async_address address;
    CHECK_INT(async_datagram_transport_sockname(transport, &address), ASYNC_OK);
    return async_address_port(&address);
}

/* ---- there and back -------------------------------------------------------------------------------------------- */

struct asks { async_frame frame; const char *host; int family;  async_datagram_transport *to; async_address peer; };
async(asks)
{
    async_begin;
    end_init(&server, ECHOES | QUIET);
    end_init(&client, 0);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &server.protocol, .local_host = self->host,
        .family = self->family);
    CHECK_PTR(self->to, server.transport);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &client.protocol, .host = self->host,
        .port = port_of(server.transport), .family = self->family);
    CHECK_INT(async_datagram_transport_peername(server.transport, &self->peer), -ENOTCONN);
    CHECK_INT(async_datagram_transport_peername(self->to, &self->peer), ASYNC_OK);
    CHECK_INT(async_address_port(&self->peer), port_of(server.transport));
    CHECK(async_datagram_transport_fileno(self->to) >= 0);
    CHECK_INT(async_datagram_transport_sendto(self->to, "ping", 4, NULL), ASYNC_OK);
    await(called, .end = &client);
    CHECK_INT(async_datagram_transport_sendto(self->to, "pong", 4, &self->peer), ASYNC_OK); /* the same, named */
    await(called, .end = &client);
    CHECK(async_address_equal(&client.from, &self->peer));
    CHECK_INT(server.answer, ASYNC_OK);
    async_address_set_port(&self->peer, 1);
    CHECK_INT(async_datagram_transport_sendto(self->to, "x", 1, &self->peer), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_datagram_transport_sendto(server.transport, "x", 1, NULL), ASYNC_INVALID_ARGUMENT);
    async_datagram_transport_close(self->to);
    CHECK(async_datagram_transport_is_closing(self->to));
    CHECK_INT(async_datagram_transport_fileno(self->to), -1);
    CHECK_INT(async_datagram_transport_sendto(self->to, "x", 1, NULL), ASYNC_CLOSED);
    async_datagram_transport_close(self->to);
    async_datagram_transport_abort(self->to);
    await(called, .end = &client);
    CHECK(client.transport == NULL);
    async_finally;
    abort_end(&server);
    abort_end(&client);
    await(async_sleep);
    async_end;
}

TEST(datagram_transport, questions_and_answers)
{
    int before = open_fds(), probe;
    long live = counted_live;
    async_address address;
    fake_name("four.test", "127.0.0.1");
    CHECK_INT(async_run(asks, .host = "127.0.0.1"), ASYNC_OK);
    CHECK_INT(async_run(asks, .host = "four.test"), ASYNC_OK);
    CHECK_INT(async_run(asks, .host = "127.0.0.1", .family = AF_INET), ASYNC_OK);
    CHECK_NOTES("made [ping] [pong] lost made [ping] [pong] lost made [ping] [pong] lost ");
    CHECK_INT(async_run(asks, .host = "none.test"), ASYNC_NAME_NOT_FOUND);
    CHECK_NOTES("");
    async_address_parse(&address, "[::1]:0");
    probe = async_address_datagram(&address, NULL, 0);
    if (probe >= 0) { /* the machine has IPv6 */
        close(probe);
        CHECK_INT(async_run(asks, .host = "::1"), ASYNC_OK);
        CHECK_NOTES("made [ping] [pong] lost ");
    }
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
    CHECK_INT(fake_lists, 0);
}

struct by_path { async_frame frame; async_datagram_transport *to; async_address at; };
async(by_path)
{
    async_begin;
    end_init(&server, ECHOES);
    end_init(&client, 0);
    end_init(&nameless, QUIET);
    CHECK_INT(async_unix_datagram(NULL, NULL), ASYNC_INVALID_ARGUMENT);
    close(async_unix_datagram(scratch_path("a"), NULL)); /* is left behind, and replaced */
    await_into(self->to, async_create_datagram_endpoint, .protocol = &server.protocol, .local_path = scratch_path("a"));
    await_into(self->to, async_create_datagram_endpoint, .protocol = &client.protocol, .local_path = scratch_path("b"),
        .path = scratch_path("a"));
    CHECK_INT(async_datagram_transport_sendto(self->to, "hello", 5, NULL), ASYNC_OK);
    await(called, .end = &client);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &nameless.protocol, .path = scratch_path("a"));
    CHECK_INT(async_datagram_transport_sendto(self->to, "who", 3, NULL), ASYNC_OK);
    await(called, .end = &server);
    CHECK(server.answer < 0); /* there is nowhere to answer to */
    async_address_set_path(&self->at, scratch_path("none"));
    CHECK_INT(async_datagram_transport_sendto(server.transport, "?", 1, &self->at), -ENOENT);
    CHECK_INT(server.error, -ENOENT);
    async_finally;
    abort_end(&server);
    abort_end(&client);
    abort_end(&nameless);
    await(async_sleep);
    unlink(scratch_path("a"));
    unlink(scratch_path("b"));
    async_end;
}

TEST(datagram_transport, paths)
{
    int before = open_fds();
    CHECK_INT(async_run(by_path), ASYNC_OK);
    CHECK(strncmp(diary, "made made [hello] [hello] [who] ", 32) == 0); /* what cannot be answered is called differently */
    diary[0] = '\0';
    CHECK_INT(open_fds(), before);
}

/* ---- whole, or not at all -------------------------------------------------------------------------------------- */

struct sizes { async_frame frame; async_datagram_transport *to; };
async(sizes)
{
    async_begin;
    end_init(&server, QUIET);
    end_init(&client, 0);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &server.protocol, .local_host = "127.0.0.1");
    await_into(self->to, async_create_datagram_endpoint, .protocol = &client.protocol, .host = "127.0.0.1",
        .port = port_of(server.transport));
    CHECK_INT(async_datagram_transport_sendto(self->to, "", 0, NULL), ASYNC_OK);
    CHECK_INT(async_datagram_transport_sendto(self->to, "ab", 2, NULL), ASYNC_OK);
    CHECK_INT(async_datagram_transport_sendto(self->to, "c", 1, NULL), ASYNC_OK);
    while (server.count < 3)
        await(called, .end = &server);
    CHECK_INT(server.total, 3);
    CHECK_INT(async_datagram_transport_sendto(self->to, bytes, LARGEST, NULL), ASYNC_OK);
    await(called, .end = &server);
    CHECK_INT(server.largest, LARGEST);
    CHECK_INT(async_datagram_transport_sendto(self->to, bytes, LARGEST + 1, NULL), -EMSGSIZE);
    CHECK_INT(async_datagram_transport_sendto(self->to, "on", 2, NULL), ASYNC_OK);
    await(called, .end = &server);
    CHECK_INT(server.count, 5);
    async_finally;
    abort_end(&server);
    abort_end(&client);
    await(async_sleep);
    async_end;
}

TEST(datagram_transport, whole)
{
    CHECK_INT(async_run(sizes), ASYNC_OK);
    CHECK_NOTES("made large lost ");
}

/* One larger than there is room for, where the system lets it be sent. */
struct truncated { async_frame frame; int fds[2]; };
async(truncated)
{
    int size = 2 * HUGE;
    async_begin;
    end_init(&server, 0);
    REQUIRE(async_socket_pair(SOCK_DGRAM, self->fds) == ASYNC_OK);
    (void)setsockopt(self->fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    REQUIRE(async_datagram_transport_open(&server.protocol, self->fds[0]) != NULL);
    if (send(self->fds[1], bytes, HUGE, 0) == HUGE) {
        while (server.error == ASYNC_OK)
            await(called, .end = &server);
        CHECK_INT(server.error, -EMSGSIZE);
        CHECK_INT(server.count, 0);
    }
    CHECK_INT(send(self->fds[1], bytes, 100000, 0), 100000);
    while (server.count == 0)
        await(called, .end = &server);
    CHECK_INT(server.largest, 100000);
    async_finally;
    abort_end(&server);
    await(async_sleep);
    close(self->fds[1]);
    async_end;
}

TEST(datagram_transport, too_large_to_receive)
{
    CHECK_INT(async_run(truncated), ASYNC_OK);
    diary[0] = '\0';
}

/* ---- refused, and allowed -------------------------------------------------------------------------------------- */

struct refusals { async_frame frame; async_datagram_transport *to; int port; };
async(refusals)
{
    async_begin;
    end_init(&client, 0);
    end_init(&late, QUIET);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &late.protocol, .local_host = "127.0.0.1");
    self->port = port_of(self->to);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &client.protocol, .host = "127.0.0.1",
        .port = self->port);
    abort_end(&late);
    await(async_sleep);
    CHECK_INT(async_datagram_transport_sendto(self->to, "x", 1, NULL), ASYNC_OK);
    await(called, .end = &client);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &late.protocol, .local_host = "127.0.0.1",
        .local_port = self->port);
    CHECK_INT(async_datagram_transport_sendto(client.transport, "x", 1, NULL), ASYNC_OK); /* it goes on */
    await(called, .end = &late);
    CHECK_INT(late.count, 1);
    async_finally;
    abort_end(&client);
    abort_end(&late);
    await(async_sleep);
    async_end;
}

TEST(datagram_transport, nobody_there)
{
    CHECK_INT(async_run(refusals), ASYNC_OK);
    CHECK_NOTES("made refused lost ");
}

struct broadcasts { async_frame frame; async_datagram_transport *to; };
async(broadcasts)
{
    async_begin;
    end_init(&server, ECHOES);
    end_init(&client, 0);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &server.protocol, .reuse_port = true,
        .family = AF_INET);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &client.protocol, .host = "127.255.255.255",
        .port = port_of(server.transport), .allow_broadcast = true);
    CHECK_INT(async_datagram_transport_peername(self->to, &client.from), -ENOTCONN);
    client.answer = async_datagram_transport_sendto(self->to, "all", 3, NULL);
    CHECK(client.answer != -EACCES);
    if (client.answer == ASYNC_OK) {
        await(called, .end = &client);
        CHECK_NOTES("made made [all] [all] ");
    }
    async_finally;
    abort_end(&server);
    abort_end(&client);
    await(async_sleep);
    async_end;
}

TEST(datagram_transport, to_all)
{
    CHECK_INT(async_run(broadcasts), ASYNC_OK);
    diary[0] = '\0';
}

struct misuses { async_frame frame; async_datagram_transport *to; async_status status; int fds[2]; };
async(misuses)
{
    async_begin;
    end_init(&only, 0);
    REQUIRE(async_socket_pair(SOCK_STREAM, self->fds) == ASYNC_OK);
    CHECK_PTR(async_datagram_transport_open(&only.protocol, self->fds[0]), NULL);
    CHECK_PTR(async_datagram_transport_open(&only.protocol, -1), NULL);
    close(self->fds[1]);
    close(self->fds[0]);
    await_catch(self->status, async_create_datagram_endpoint, .protocol = &only.protocol, .path = "x", .host = "y");
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    await_catch(self->status, async_create_datagram_endpoint, .protocol = &only.protocol, .path = scratch_path("none"));
    CHECK_INT(self->status, -ENOENT);
    await_catch(self->status, async_create_datagram_endpoint, .protocol = &only.protocol, .host = "127.0.0.1", .port = 1,
        .local_host = "192.0.2.1");
    CHECK_INT(self->status, -EADDRNOTAVAIL);
    async_end;
}

TEST(datagram_transport, misuse)
{
    int before = open_fds();
    CHECK_INT(async_run(misuses), ASYNC_OK);
    CHECK_PTR(async_datagram_transport_open(NULL, 0), NULL); /* no loop runs */
    CHECK_NOTES("");
    CHECK_INT(open_fds(), before);
}

/* ---- what is kept ---------------------------------------------------------------------------------------------- */

enum { CONNECTED, BY_NAME }; /* the way to a peer that does not read */
enum { SIZE = 100, HIGH = 1000, LOW = 300, COUNTED_SIZE = SIZE + 8 };

struct full { async_frame frame; int way, does, sent, got, tries; bool closes, leaves; int fds[2]; async_address at;
    async_status status; char buffer[SIZE + 1]; size_t low, high; };

static void send_one(struct full *self)
{
    char text[SIZE];
    memset(text, 'a' + self->sent % 26, sizeof text);
    self->status = async_datagram_transport_sendto(only.transport, text, sizeof text, self->way == BY_NAME ? &self->at : NULL);
    self->sent += self->status == ASYNC_OK;
}

async(full)
{
    ssize_t n;
    int i;
    async_begin;
    end_init(&only, self->does);
    async_address_set_path(&self->at, scratch_path("full"));
    if (self->way == CONNECTED) {
        REQUIRE(async_socket_pair(SOCK_DGRAM, self->fds) == ASYNC_OK);
    } else {
        self->fds[1] = async_unix_datagram(scratch_path("full"), NULL);
        self->fds[0] = async_socket_open(AF_UNIX, SOCK_DGRAM, 0);
        REQUIRE(self->fds[0] >= 0 && self->fds[1] >= 0);
    }
    if (async_datagram_transport_open(&only.protocol, self->fds[0]) == NULL) {
        close(self->fds[0]);
        async_raise(ASYNC_NO_MEMORY);
    }
    await(async_sleep);
    async_datagram_transport_set_write_buffer_limits(only.transport, HIGH, LOW);
    async_datagram_transport_get_write_buffer_limits(only.transport, &self->low, &self->high);
    CHECK(self->low == LOW && self->high == HIGH);
    do { /* the system takes some, and the transport keeps some */
        send_one(self);
        if (self->status == ASYNC_NO_MEMORY)
            async_raise(ASYNC_NO_MEMORY);
        if (only.transport == NULL || async_datagram_transport_is_closing(only.transport))
            break;
    } while (self->status == ASYNC_OK && self->sent < 10000);
    if (only.transport != NULL && !async_datagram_transport_is_closing(only.transport)) {
        CHECK_INT(self->status, -ENOBUFS);
        CHECK_INT(async_datagram_transport_get_write_buffer_size(only.transport), 10 * COUNTED_SIZE);
        if (self->closes)
            async_datagram_transport_close(only.transport);
    }
    if (self->leaves)
        async_return();
    for (self->tries = 0; self->got < self->sent && self->tries < 300; self->tries++) {
        while ((n = recv(self->fds[1], self->buffer, sizeof self->buffer, 0)) >= 0) {
            CHECK_INT(n, SIZE);
            for (i = 0; i < SIZE; i++)
                CHECK_INT(self->buffer[i], 'a' + self->got % 26);
            self->got++;
        }
        await(async_sleep, .delay = async_ms(1));
    }
    if (only.error == ASYNC_OK && !(self->does & (ABORTS_WHEN_PAUSED | ABORTS_WHEN_RESUMED)))
        CHECK_INT(self->got, self->sent);
    async_finally;
    abort_end(&only);
    await(async_sleep);
    close(self->fds[1]);
    unlink(scratch_path("full"));
    async_end;
}

static void run_full(int way, int does, bool closes, const char *notes)
{
    int before = open_fds();
    long live = counted_live;
    CHECK_INT(async_run(full, .way = way, .does = does, .closes = closes), ASYNC_OK);
    CHECK_NOTES(notes);
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

TEST(datagram_transport, pauses) { run_full(CONNECTED, 0, false, "made pause resume lost "); }
TEST(datagram_transport, pauses_by_name) { run_full(BY_NAME, 0, false, "made pause resume lost "); }
TEST(datagram_transport, sends_what_is_kept_and_closes)
{
    run_full(CONNECTED, 0, true, "made pause lost ");
    run_full(BY_NAME, 0, true, "made pause lost ");
}
TEST(datagram_transport, aborts_when_paused)
{
    run_full(CONNECTED, ABORTS_WHEN_PAUSED, false, "made pause lost ");
    run_full(BY_NAME, ABORTS_WHEN_PAUSED, false, "made pause lost ");
}
TEST(datagram_transport, aborts_when_resumed)
{
    run_full(CONNECTED, ABORTS_WHEN_RESUMED, false, "made pause resume lost ");
    run_full(BY_NAME, ABORTS_WHEN_RESUMED, false, "made pause resume lost ");
}

/* A peer that never reads holds up a close for a bounded time only. */
struct closes_full { async_frame frame; int fds[2];  async_time began; };
async(closes_full)
{
    async_begin;
    end_init(&only, QUIET);
    REQUIRE(async_socket_pair(SOCK_DGRAM, self->fds) == ASYNC_OK);
    REQUIRE(async_datagram_transport_open(&only.protocol, self->fds[0]) != NULL);
    await(async_sleep);
    while (async_datagram_transport_sendto(only.transport, "x", 1, NULL) == ASYNC_OK &&
            async_datagram_transport_get_write_buffer_size(only.transport) == 0) {
    }
    CHECK_INT(async_datagram_transport_get_write_buffer_size(only.transport), 9);
    self->began = async_loop_time(async_get_running_loop());
    async_datagram_transport_close(only.transport);
    CHECK(only.transport != NULL);
    async_event_clear(&only.event);
    await(async_event_wait, .event = &only.event);
    CHECK(only.transport == NULL);
    CHECK_INT(async_loop_time(async_get_running_loop()) - self->began, ASYNC_STREAM_LINGER);
    async_finally;
    close(self->fds[1]);
    async_end;
}

TEST(datagram_transport, lingers) { CHECK_INT(RUN(closes_full), ASYNC_OK); }

/* ---- ends ------------------------------------------------------------------------------------------------------ */

struct ends { async_frame frame; int does;  async_datagram_transport *to; bool leaves; };
async(ends)
{
    async_begin;
    end_init(&server, QUIET | (self->does & CLOSES ? ECHOES | CLOSES : 0));
    end_init(&client, self->does);
    await_into(self->to, async_create_datagram_endpoint, .protocol = &server.protocol, .local_host = "127.0.0.1");
    await_into(self->to, async_create_datagram_endpoint, .protocol = &client.protocol, .host = "127.0.0.1",
        .port = port_of(server.transport));
    if (self->leaves)
        async_return();
    if (self->does & CLOSES) {
        CHECK_INT(async_datagram_transport_sendto(self->to, "1", 1, NULL), ASYNC_OK);
        CHECK_INT(async_datagram_transport_sendto(self->to, "2", 1, NULL), ASYNC_OK);
    }
    if (self->does & CLOSES_ON_ERROR)
        CHECK_INT(async_datagram_transport_sendto(self->to, bytes, HUGE, NULL), -EMSGSIZE);
    while (client.transport != NULL)
        await(called, .end = &client);
    async_finally;
    if (!self->leaves) {
        abort_end(&server);
        abort_end(&client);
        await(async_sleep);
    }
    async_end;
}

/* The frame must outlive the loop, which tells the protocol of its end. */
static void run_ends(int does, bool leaves, const char *notes)
{
    int before = open_fds();
    long live = counted_live;
    async_loop *loop = async_new_event_loop();
    async_task *task = async_loop_create_task(loop, ends, .does = does, .leaves = leaves);
    CHECK_INT(async_loop_run_until_complete(loop, task), ASYNC_OK);
    CHECK_INT(async_loop_close(loop), ASYNC_OK);
    CHECK_NOTES(notes);
    async_release(task);
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

TEST(datagram_transport, closes_in_a_callback)
{
    run_ends(CLOSES, false, "made [1] lost ");
    run_ends(CLOSES_ON_ERROR, false, "made large lost ");
    run_ends(CLOSES_AT_ONCE, false, "made lost ");
}
TEST(datagram_transport, loop_closes) { run_ends(0, true, "made closed "); }
TEST(datagram_transport, loop_closes_at_once) { run_ends(CLOSES_AT_ONCE, true, "made lost "); }

/* A transport that ends before it has begun is not heard of. */
struct never { async_frame frame; int fds[2]; async_datagram_transport *to; };
async(never)
{
    async_begin;
    end_init(&only, 0);
    REQUIRE(async_socket_pair(SOCK_DGRAM, self->fds) == ASYNC_OK);
    self->to = async_datagram_transport_open(&only.protocol, self->fds[0]);
    if (self->to == NULL) {
        close(self->fds[0]);
        async_raise(ASYNC_NO_MEMORY);
    }
    async_datagram_transport_set_protocol(self->to, &only.protocol);
    async_datagram_transport_abort(self->to);
    await(async_sleep);
    CHECK_NOTES("");
    only.protocol.type = &silent_type; /* who is told nothing */
    close(self->fds[1]);
    REQUIRE(async_socket_pair(SOCK_DGRAM, self->fds) == ASYNC_OK);
    self->to = async_datagram_transport_open(&only.protocol, self->fds[0]);
    if (self->to == NULL) {
        close(self->fds[0]);
        async_raise(ASYNC_NO_MEMORY);
    }
    CHECK_INT(async_datagram_transport_sendto(self->to, "early", 5, NULL), ASYNC_OK);
    send(self->fds[1], "x", 1, 0);
    await(async_sleep, .delay = async_ms(1));
    async_datagram_transport_sendto(self->to, bytes, HUGE, NULL);
    async_datagram_transport_close(self->to);
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    close(self->fds[1]);
    async_end;
}

TEST(datagram_transport, silent)
{
    long live = counted_live;
    CHECK_INT(async_run(never), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* ---- without memory -------------------------------------------------------------------------------------------- */

TEST(datagram_transport, each_allocation_fails)
{
    int before = open_fds();
    EACH_ALLOCATION_FAILS {
        async_status status = async_run(full, .way = CONNECTED);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        async_status status = async_run(full, .way = BY_NAME, .closes = true);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        async_status status = async_run(ends, .does = CLOSES_AT_ONCE);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
        diary[0] = '\0';
    }
    CHECK_INT(open_fds(), before);
}
