/* Transports: every callback in its order, whoever closes; pausing on both sides; ends of the peer and of the loop. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static char much[1 << 22]; /* more than any socket holds */

struct peer {
    async_protocol protocol;
    async_transport *transport;
    bool keeps_open;
    size_t received;
    async_event lost;
};

static struct peer *peer_of(async_protocol *protocol) { return (struct peer *)(void *)protocol; }

static void made(async_protocol *protocol, async_transport *transport)
{
    peer_of(protocol)->transport = transport;
    CHECK_PTR(async_transport_protocol(transport), protocol);
    note("made ");
}
static void data(async_protocol *protocol, const void *bytes, size_t size)
{
    peer_of(protocol)->received += size;
    if (size < 20)
        note("[%.*s] ", (int)size, (const char *)bytes);
}
static bool eof(async_protocol *protocol)
{
    note("eof ");
    return peer_of(protocol)->keeps_open;
}
static void paused(async_protocol *protocol)
{
    (void)protocol;
    note("pause ");
}
static void resumed(async_protocol *protocol)
{
    (void)protocol;
    note("resume ");
}
static void lost(async_protocol *protocol, async_status status)
{
    peer_of(protocol)->transport = NULL;
    async_event_set(&peer_of(protocol)->lost);
    note("lost %s ", status == ASYNC_CLOSED ? "closed" : status == -EPIPE || status == -ECONNRESET ? "gone" : word(status));
}
static const async_protocol_type peer_type = { made, data, eof, paused, resumed, lost };

/* One end is a transport, the other a stream. */
struct pair { async_frame frame; int how; struct peer peer; async_stream stream; async_bytes bytes; size_t got; int fds[2]; };

static async_status open_pair(struct pair *pair)
{
    pair->peer.protocol.type = &peer_type;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair->fds) == 0);
    if (async_stream_open(&pair->stream, pair->fds[1]) < 0) {
        close(pair->fds[0]);
        close(pair->fds[1]);
        return ASYNC_NO_MEMORY;
    }
    if (async_transport_open(&pair->peer.protocol, pair->fds[0]) == NULL) {
        close(pair->fds[0]);
        return ASYNC_NO_MEMORY;
    }
    return ASYNC_OK;
}

enum { CLOSES, ABORTS, PEER_CLOSES, HALF, LOOP, LOOP_AT_ONCE, READING, WRITING, WRITES_TO_NOBODY };

async(pair)
{
    async_begin;
    if (open_pair(self) < 0)
        async_raise(ASYNC_NO_MEMORY);
    if (self->how == LOOP_AT_ONCE)
        async_return();
    CHECK_NOTES("");
    await(async_sleep); /* the first call comes in the next pass */
    CHECK_NOTES("made ");
    if (async_stream_write(&self->stream, "hello", 5) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await(async_stream_drain, .stream = &self->stream);
    await(async_sleep, .delay = async_ms(1));
    if (self->peer.transport == NULL) /* it had no memory to receive */
        async_raise(ASYNC_NO_MEMORY);
    if (self->how == LOOP)
        async_return();
    if (self->how == CLOSES) {
        async_transport_write(self->peer.transport, "bye", 3);
        async_transport_close(self->peer.transport);
        CHECK(async_transport_is_closing(self->peer.transport));
        CHECK_INT(async_transport_write(self->peer.transport, "x", 1), ASYNC_CLOSED);
        await_into(self->bytes, async_stream_readall, .stream = &self->stream);
        CHECK_INT(self->bytes.size, 3);
    } else if (self->how == ABORTS) {
        async_transport_write(self->peer.transport, much, sizeof much);
        async_transport_abort(self->peer.transport);
    } else if (self->how == PEER_CLOSES) {
        await(async_stream_close, .stream = &self->stream);
    } else if (self->how == HALF) {
        self->peer.keeps_open = true;
        async_stream_write_eof(&self->stream);
        await(async_sleep, .delay = async_ms(1));
        if (self->peer.transport == NULL)
            async_raise(ASYNC_NO_MEMORY);
        CHECK(!async_transport_is_reading(self->peer.transport));
        async_transport_write(self->peer.transport, "still here", 10);
        CHECK_INT(async_transport_write_eof(self->peer.transport), ASYNC_OK);
        await_into(self->bytes, async_stream_readall, .stream = &self->stream);
        CHECK_INT(self->bytes.size, 10);
        async_transport_close(self->peer.transport);
    } else if (self->how == READING) {
        async_transport_pause_reading(self->peer.transport);
        CHECK(!async_transport_is_reading(self->peer.transport));
        async_stream_write(&self->stream, "later", 5);
        await(async_sleep, .delay = async_ms(1));
        note("paused ");
        if (self->peer.transport == NULL)
            async_raise(ASYNC_NO_MEMORY);
        async_transport_resume_reading(self->peer.transport);
        async_transport_resume_reading(self->peer.transport);
        CHECK(async_transport_is_reading(self->peer.transport));
        await(async_sleep, .delay = async_ms(1));
        await(async_stream_close, .stream = &self->stream);
    } else if (self->how == WRITING) {
        async_transport_set_write_buffer_limits(self->peer.transport, 0, 0);
        async_transport_write(self->peer.transport, "small", 5); /* is sent, and so above no mark */
        async_transport_write(self->peer.transport, much, sizeof much);
        note("written ");
        if (self->peer.transport == NULL || async_transport_is_closing(self->peer.transport))
            async_raise(ASYNC_NO_MEMORY);
        CHECK(async_transport_get_write_buffer_size(self->peer.transport) > 0);
        while (self->got < sizeof much + 5) {
            await_into(self->bytes, async_stream_read, .stream = &self->stream, .size = 65536);
            if (self->bytes.size == 0)
                break;
            self->got += self->bytes.size;
        }
        await(async_stream_close, .stream = &self->stream);
    } else {
        async_transport_write(self->peer.transport, much, sizeof much);
        async_stream_abort(&self->stream);
    }
    await(async_event_wait, .event = &self->peer.lost);
    CHECK(self->peer.transport == NULL);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    if (self->how != LOOP && self->how != LOOP_AT_ONCE && self->peer.transport != NULL) {
        async_transport_abort(self->peer.transport);
        await(async_event_wait, .event = &self->peer.lost);
    }
    async_end;
}

/* The frame must outlive the loop, which tells the protocol of its end. */
static void run_pair(int how, const char *notes)
{
    long live = counted_live;
    async_loop *loop = async_new_event_loop();
    async_task *task;
    if (loop == NULL)
        return;
    task = async_loop_create_task(loop, pair, .how = how);
    CHECK_INT(async_loop_run_until_complete(loop, task), ASYNC_OK);
    async_loop_close(loop);
    async_release(task);
    CHECK_STR(diary, notes);
    diary[0] = '\0';
    CHECK_INT(counted_live, live);
}

TEST(transport, closes) { run_pair(CLOSES, "[hello] lost ok "); }
TEST(transport, aborts) { run_pair(ABORTS, "[hello] pause lost ok "); }
TEST(transport, peer_closes) { run_pair(PEER_CLOSES, "[hello] eof lost ok "); }
TEST(transport, half_closed) { run_pair(HALF, "[hello] eof lost ok "); }
TEST(transport, loop_closes) { run_pair(LOOP, "[hello] eof lost ok "); }
TEST(transport, loop_closes_at_once) { run_pair(LOOP_AT_ONCE, "made lost closed "); }
TEST(transport, pauses_reading) { run_pair(READING, "[hello] paused [later] eof lost ok "); }
TEST(transport, pauses_writing) { run_pair(WRITING, "[hello] pause written resume eof lost ok "); }
TEST(transport, peer_is_gone) { run_pair(WRITES_TO_NOBODY, "[hello] pause lost gone "); }

/* ---- pipes -------------------------------------------------------------------------------------------------------------- */

enum { READER_GOES, READER_GOES_EARLY, TELLS_END, WRITER_GOES };

struct piped { async_frame frame; int how, status; struct peer peer; async_stream stream; async_bytes bytes; int fds[2]; };
async(piped)
{
    int own = self->how == WRITER_GOES ? 0 : 1;
    async_begin;
    self->peer.protocol.type = &peer_type;
    REQUIRE(pipe(self->fds) == 0);
    if (async_transport_open(&self->peer.protocol, self->fds[own]) == NULL) {
        close(self->fds[0]);
        close(self->fds[1]);
        async_raise(ASYNC_NO_MEMORY);
    }
    if (async_stream_open(&self->stream, self->fds[1 - own]) < 0) {
        close(self->fds[1 - own]);
        async_raise(ASYNC_NO_MEMORY);
    }
    await(async_sleep);
    await(async_sleep);
    if (self->peer.transport == NULL)
        async_raise(ASYNC_NO_MEMORY);
    CHECK_INT(async_transport_can_write_eof(self->peer.transport), own == 1);
    if (own == 0) {
        CHECK_INT(async_transport_write(self->peer.transport, "x", 1), ASYNC_MISUSE);
        if (async_stream_write(&self->stream, "hello", 5) < 0)
            async_raise(ASYNC_NO_MEMORY);
        await(async_stream_close, .stream = &self->stream);
    } else if (self->how == TELLS_END) {
        async_transport_pause_reading(self->peer.transport); /* there is nothing to pause */
        async_transport_write(self->peer.transport, "all", 3);
        async_transport_write_eof(self->peer.transport);
        await_into(self->bytes, async_stream_readall, .stream = &self->stream);
        note("(%.*s) ", (int)self->bytes.size, self->bytes.data);
    } else {
        async_transport_write(self->peer.transport, much, self->how == READER_GOES ? sizeof much : 0);
        await(async_sleep);
        await(async_stream_close, .stream = &self->stream);
    }
    await(async_event_wait, .event = &self->peer.lost);
    async_finally;
    async_stream_abort(&self->stream);
    if (self->peer.transport != NULL)
        async_transport_abort(self->peer.transport);
    if (!async_event_is_set(&self->peer.lost))
        await(async_event_wait, .event = &self->peer.lost);
    async_end;
}

static void run_piped(int how, const char *notes)
{
    long live = counted_live;
    async_status status = async_run(piped, .how = how);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    if (status == ASYNC_OK)
        CHECK_STR(diary, notes);
    diary[0] = '\0';
    CHECK_INT(counted_live, live);
}

TEST(transport, pipes)
{
    run_piped(READER_GOES, "made pause lost gone ");
    run_piped(READER_GOES_EARLY, "made lost ok ");
    run_piped(TELLS_END, "made (all) lost ok ");
    run_piped(WRITER_GOES, "made [hello] eof lost ok ");
}
