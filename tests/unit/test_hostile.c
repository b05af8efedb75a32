/* Peers that mean harm: who sends a byte now and then, says nothing, sends without an end, never reads. A server with
 * deadlines and water marks is done with each of them in a known time, in known memory, and serves the others meanwhile. */
#ifndef ASYNCIO_MALLOC
#include <stddef.h>
static void *weighed_malloc(size_t size);
static void weighed_free(void *block);
#define ASYNCIO_MALLOC weighed_malloc
#define ASYNCIO_FREE weighed_free
#define WEIGHED 1
#endif
static long weight, heaviest; /* bytes that are allocated now, and were at most */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "unit.h"
#include "scratch.h"

#ifdef WEIGHED
typedef union head { size_t size; long double alignment; void *pointer; } head;
static void *weighed_malloc(size_t size)
{
    head *block = (head *)malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    weight += (long)size;
    heaviest = weight > heaviest ? weight : heaviest;
    return block + 1;
}
static void weighed_free(void *block)
{
    if (block == NULL)
        return;
    weight -= (long)((head *)block - 1)->size;
    free((head *)block - 1);
}
#endif

enum { PEERS = TEST_MANY < 100 ? 2 : 20, PATIENCE = 10, PIECE = 10000, MUCH = 1000, TIRED = 100, OVERHEAD = 12288 };
static char piece[PIECE];

/* ---- the server: a line has so much time, and so has each piece of its answer ----------------------------------- */

enum { SLOW, SILENT, ENDLESS, DEAF };
struct world {
    async_frame frame;
    int kind;
    bool aborts, calls_back;
    async_server server;
    async_stream good;
    async_task_group group;
    async_time start;
    async_bytes answer;
    int i, late, too_long, closed;
};

static int seconds_since(async_time start)
{
    return (int)((async_loop_time(async_get_running_loop()) - start) / async_seconds(1));
}

struct talks { async_frame frame; async_stream *stream; int i; async_bytes line; };
async(talks)
{
    async_begin;
    await_for_into(async_seconds(PATIENCE), self->line, async_stream_readline, .stream = self->stream);
    if (self->line.size == 0)
        async_return();
    if (self->line.data[0] != 'g')
        async_stream_write(self->stream, self->line.data, self->line.size);
    else
        for (self->i = 0; self->i < MUCH; self->i++) {
            async_stream_write(self->stream, piece, sizeof piece);
            CHECK(async_stream_get_write_buffer_size(self->stream) <= 65536 + PIECE);
            await_for(async_seconds(PATIENCE), async_stream_drain, .stream = self->stream);
        }
    async_end;
}

struct serves { async_frame frame; async_stream *stream; struct world *world; async_time start; async_status status; };
async(serves)
{
    async_begin;
    self->start = async_loop_time(async_get_running_loop());
    await_catch(self->status, talks, .stream = self->stream);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    self->world->too_long += self->status == ASYNC_LIMIT_OVERRUN;
    self->world->late += self->status == ASYNC_TIMED_OUT;
    if (self->status == ASYNC_TIMED_OUT)
        CHECK_INT(seconds_since(self->start), PATIENCE);
    if (self->world->aborts && self->status < 0)
        async_stream_abort(self->stream);
    async_end;
}

/* ---- the same by callbacks ------------------------------------------------------------------------------------- */

struct callback { async_protocol protocol; async_transport *transport; struct world *world; bool writes; int left; async_timer_handle late; };

static void callback_late(async_handle *handle)
{
    struct callback *self = (struct callback *)handle->data;
    self->world->late++;
    async_transport_abort(self->transport);
}
static void callback_made(async_protocol *protocol, async_transport *transport)
{
    struct callback *self = (struct callback *)(void *)protocol;
    self->transport = transport;
    if (async_call_later(async_seconds(PATIENCE), &self->late, callback_late, self) < 0)
        async_transport_abort(transport);
}
static void callback_go_on(struct callback *self)
{
    while (self->writes && self->left > 0) {
        self->left--;
        async_transport_write(self->transport, piece, sizeof piece);
        CHECK(async_transport_get_write_buffer_size(self->transport) <= 65536 + PIECE);
    }
}
static void callback_data(async_protocol *protocol, const void *data, size_t size)
{
    struct callback *self = (struct callback *)(void *)protocol;
    if (size == 0 || ((const char *)data)[size - 1] != '\n')
        return;
    if (((const char *)data)[0] == 'g') {
        self->writes = true;
        self->left = MUCH;
        callback_go_on(self);
    } else {
        async_transport_write(self->transport, data, size);
        async_transport_close(self->transport);
    }
}
static void callback_paused(async_protocol *protocol) { ((struct callback *)(void *)protocol)->writes = false; }
static void callback_resumed(async_protocol *protocol)
{
    ((struct callback *)(void *)protocol)->writes = true;
    callback_go_on((struct callback *)(void *)protocol);
}
static void callback_lost(async_protocol *protocol, async_status status)
{
    (void)status;
    async_timer_handle_cancel(&((struct callback *)(void *)protocol)->late);
    ASYNCIO_FREE(protocol);
}
static async_protocol *callback_for(void *world)
{
    static const async_protocol_type type = { callback_made, callback_data, NULL, callback_paused, callback_resumed, callback_lost };
    struct callback *self = (struct callback *)ASYNCIO_MALLOC(sizeof *self);
    if (self == NULL)
        return NULL;
    memset(self, 0, sizeof *self);
    self->protocol.type = &type;
    self->world = (struct world *)world;
    return &self->protocol;
}

/* ---- the peers ------------------------------------------------------------------------------------------------- */

struct peer { async_frame frame; struct world *world; async_stream stream; async_bytes bytes; async_status status; int i; };
async(peer)
{
    async_begin;
    await(async_open_unix_connection, .stream = &self->stream, .path = scratch_path("hostile"));
    for (; self->world->kind == SLOW && self->status == ASYNC_OK && self->i < TIRED; self->i++) {
        async_stream_write(&self->stream, "x", 1);
        await_catch(self->status, async_stream_drain, .stream = &self->stream);
        await(async_sleep, .delay = async_seconds(1));
    }
    while (self->world->kind == ENDLESS && self->status == ASYNC_OK) {
        async_stream_write(&self->stream, piece, sizeof piece);
        await_for_catch(async_seconds(TIRED), self->status, async_stream_drain, .stream = &self->stream);
    }
    if (self->world->kind == SILENT) {
        await_for_into(async_seconds(TIRED), self->bytes, async_stream_read, .stream = &self->stream, .size = 1);
        CHECK_INT(self->bytes.size, 0);
    }
    if (self->world->kind == DEAF) {
        async_stream_write(&self->stream, "give\n", 5);
        await(async_sleep, .delay = async_seconds(TIRED));
    }
    self->world->closed++;
    async_finally;
    async_stream_abort(&self->stream);
    async_end;
}

/* All places of the server are taken by them; who comes next is served when they are thrown out. */
async(world)
{
    async_begin;
    if (self->calls_back)
        await(async_create_unix_server, .server = &self->server, .path = scratch_path("hostile"), .factory = callback_for,
            .context = self, .max_clients = PEERS);
    else
        await(async_start_unix_server, .server = &self->server, .path = scratch_path("hostile"), .handler = async_handler(serves),
            .context = self, .max_clients = PEERS);
    self->start = async_loop_time(async_get_running_loop());
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < PEERS; self->i++)
        async_task_group_create_task(&self->group, peer, .world = self);
    await(async_sleep, .delay = async_ms(1));
    if (self->kind != ENDLESS)
        CHECK_INT(async_server_clients(&self->server), PEERS);
    await(async_open_unix_connection, .stream = &self->good, .path = scratch_path("hostile"));
    async_stream_write(&self->good, "hello\n", 6);
    await_for_into(async_seconds(TIRED), self->answer, async_stream_readline, .stream = &self->good);
    CHECK(self->answer.size == 6 && memcmp(self->answer.data, "hello\n", 6) == 0);
    note("served after %d s, ", seconds_since(self->start));
    await(async_task_group_join, .group = &self->group);
    note("%d late, %d too long, %d closed", self->late, self->too_long, self->closed);
    CHECK(async_server_clients(&self->server) <= 1);
    async_finally;
    await(async_stream_close, .stream = &self->good);
    await(async_server_close, .server = &self->server);
    unlink(scratch_path("hostile"));
    async_end;
}

/* At most so many bytes for each: what its stream keeps, and what a task and a peer of this process take. */
static void run_world(int kind, bool aborts, bool calls_back, long most, int seconds)
{
    char notes[100];
    snprintf(notes, sizeof notes, "served after %d s, %d late, %d too long, %d closed", seconds, kind == ENDLESS ? 0 : PEERS,
        kind == ENDLESS ? PEERS : 0, PEERS);
    heaviest = weight;
    CHECK_INT(RUN(world, .kind = kind, .aborts = aborts, .calls_back = calls_back), ASYNC_OK);
    CHECK_NOTES(notes);
    CHECK_INT(weight, 0);
    if (PEERS > 2 && heaviest > PEERS * (most + OVERHEAD)) /* beside few the loop's own memory would count */
        CHECK_INT(heaviest / PEERS, most + OVERHEAD);
}

TEST(hostile, a_byte_now_and_then) { run_world(SLOW, false, false, 0, 10); }
TEST(hostile, nothing) { run_world(SILENT, false, false, 0, 10); }
TEST(hostile, no_end) { run_world(ENDLESS, false, false, 4 * ASYNC_STREAM_LIMIT, 0); }
/* Without an abort what is written has ASYNC_STREAM_LINGER to be sent. */
TEST(hostile, never_reads) { run_world(DEAF, false, false, 65536 + 2 * PIECE, 40); }
TEST(hostile, never_reads_and_is_aborted) { run_world(DEAF, true, false, 65536 + 2 * PIECE, 10); }
TEST(hostile, callbacks)
{
    run_world(SLOW, true, true, 0, 10);
    run_world(SILENT, true, true, 0, 10);
    run_world(DEAF, true, true, 65536 + 2 * PIECE, 10);
}

/* A peer that vanishes without a word: the system asks for it. */
struct kept { async_frame frame; async_stream *stream; int *kept; };
async(kept)
{
    socklen_t size = sizeof *self->kept;
    async_begin;
    CHECK_INT(getsockopt(async_stream_fileno(self->stream), SOL_SOCKET, SO_KEEPALIVE, self->kept, &size), 0);
    async_end;
}
struct keeps { async_frame frame; bool keep_alive; int kept; async_server server; async_stream stream; async_bytes bytes; };
async(keeps)
{
    async_begin;
    self->kept = -1;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(kept), .context = &self->kept,
        .keep_alive = self->keep_alive);
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = async_server_port(&self->server));
    await_into(self->bytes, async_stream_readall, .stream = &self->stream);
    CHECK_INT(self->kept != 0, self->keep_alive);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}

TEST(hostile, vanishes)
{
    CHECK_INT(async_run(keeps, .keep_alive = true), ASYNC_OK);
    CHECK_INT(async_run(keeps, .keep_alive = false), ASYNC_OK);
}
