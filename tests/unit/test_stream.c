/* Streams: lines, counts and separators however the bytes come, writing beyond what the system takes, ends of all kinds. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <signal.h>

#ifndef O_CLOEXEC
#define O_CLOEXEC 0
#endif

static void note_bytes(async_bytes bytes)
{
    size_t i;
    note("[");
    for (i = 0; i < bytes.size; i++)
        note("%c", bytes.data[i] == '\n' ? '/' : bytes.data[i]);
    note("]");
}

static const char *status_word(async_status status)
{
    switch (status) {
    case ASYNC_LIMIT_OVERRUN: return "overrun";
    case ASYNC_INCOMPLETE_READ: return "incomplete";
    case ASYNC_CLOSED: return "closed";
    case ASYNC_MISUSE: return "misuse";
    case -EPIPE: return "EPIPE";
    case -ECONNRESET: return "ECONNRESET";
    default: return word(status);
    }
}

static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static bool feed(async_stream *stream, const char *text)
{
    return async_stream_feed_data(stream, text, strlen(text)) == ASYNC_OK;
}

/* ---- reading what is fed ---------------------------------------------------------------------------------------- */

/* feeds a text in pieces of a size, then the end */
struct feeder { async_frame frame; async_stream *stream; const char *text; size_t at, step, size; };
async(feeder)
{
    async_begin;
    while (self->at < strlen(self->text)) {
        self->size = strlen(self->text) - self->at;
        if (self->size > self->step)
            self->size = self->step;
        if (async_stream_feed_data(self->stream, self->text + self->at, self->size) < 0)
            async_raise(ASYNC_NO_MEMORY);
        self->at += self->size;
        await(async_sleep);
    }
    async_finally;
    async_stream_feed_eof(self->stream);
    async_end;
}

struct reads_lines { async_frame frame; size_t step; async_stream stream; async_task_group group; async_bytes line; };
async(reads_lines)
{
    async_begin;
    if (async_stream_open_pair(&self->stream, -1, -1) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, feeder, .stream = &self->stream, .text = "one\n\ntwo and three\nrest",
        .step = self->step);
    do {
        await_into(self->line, async_stream_readline, .stream = &self->stream);
        note_bytes(self->line);
    } while (self->line.size > 0);
    CHECK(async_stream_at_eof(&self->stream));
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

TEST(stream, lines_however_they_come)
{
    size_t step;
    for (step = 1; step < 30; step++) {
        CHECK_INT(RUN(reads_lines, .step = step), ASYNC_OK);
        CHECK_NOTES("[one/][/][two and three/][rest][]");
    }
}

struct reads_until {
    async_frame frame;
    size_t step;
    async_stream stream;
    async_task_group group;
    async_bytes data;
    async_status status;
};
async(reads_until)
{
    async_begin;
    if (async_stream_open_pair(&self->stream, -1, -1) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, feeder, .stream = &self->stream, .text = "a--b---c----d-->e-", .step = self->step);
    await_into(self->data, async_stream_readuntil, .stream = &self->stream, .separator = "--");
    note_bytes(self->data);
    await_into(self->data, async_stream_readuntil, .stream = &self->stream, .separator = "--");
    note_bytes(self->data);
    await_into(self->data, async_stream_readuntil, .stream = &self->stream, .separator = "---");
    note_bytes(self->data);
    await_into(self->data, async_stream_readuntil, .stream = &self->stream, .separator = "-->xx", .separator_size = 3);
    note_bytes(self->data);
    await_catch(self->status, async_stream_readuntil, .stream = &self->stream, .separator = "--");
    note("%s", status_word(self->status));
    await_into(self->data, async_stream_read, .stream = &self->stream, .size = 100);
    note_bytes(self->data);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

TEST(stream, separators_however_they_come)
{
    size_t step;
    for (step = 1; step < 20; step++) {
        CHECK_INT(RUN(reads_until, .step = step), ASYNC_OK);
        CHECK_NOTES("[a--][b--][-c---][-d-->]incomplete[e-]");
    }
}

struct reads_exactly { async_frame frame; size_t step; async_stream stream; async_task_group group; async_bytes data; async_status status; };
async(reads_exactly)
{
    async_begin;
    if (async_stream_open_pair(&self->stream, -1, -1) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, feeder, .stream = &self->stream, .text = "abcdefghij", .step = self->step);
    await_into(self->data, async_stream_readexactly, .stream = &self->stream, .size = 3);
    note_bytes(self->data);
    await_into(self->data, async_stream_readexactly, .stream = &self->stream, .size = 0);
    note_bytes(self->data);
    await_into(self->data, async_stream_peek, .stream = &self->stream, .size = 2);
    CHECK(self->data.size >= 2 && self->data.data[0] == 'd');
    async_stream_consume(&self->stream, self->data.size > 0);
    await_into(self->data, async_stream_readexactly, .stream = &self->stream, .size = 4);
    note_bytes(self->data);
    await_catch(self->status, async_stream_readexactly, .stream = &self->stream, .size = 3);
    note("%s", status_word(self->status));
    await_into(self->data, async_stream_peek, .stream = &self->stream, .size = 100);
    note_bytes(self->data);
    await_into(self->data, async_stream_readall, .stream = &self->stream);
    note_bytes(self->data);
    await_into(self->data, async_stream_readall, .stream = &self->stream);
    note_bytes(self->data);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

TEST(stream, counts_however_they_come)
{
    size_t step;
    for (step = 1; step < 12; step++) {
        CHECK_INT(RUN(reads_exactly, .step = step), ASYNC_OK);
        CHECK_NOTES("[abc][][efgh]incomplete[ij][ij][]");
    }
}

struct limits { async_frame frame; async_stream stream; async_bytes data; async_status status; size_t consumed; };
async(limits)
{
    async_begin;
    if (async_stream_open_pair(&self->stream, -1, -1) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_stream_set_limit(&self->stream, 4);
    if (!feed(&self->stream, "1234\n12345\n12345"))
        async_raise(ASYNC_NO_MEMORY);
    await_into(self->data, async_stream_readline, .stream = &self->stream);
    note_bytes(self->data); /* exactly the limit */
    await_catch(self->status, async_stream_readuntil, .stream = &self->stream, .consumed = &self->consumed);
    note("%s %d ", status_word(self->status), (int)self->consumed);
    await_catch(self->status, async_stream_readline, .stream = &self->stream); /* drops that line */
    note("%s ", status_word(self->status));
    await_catch(self->status, async_stream_readuntil, .stream = &self->stream, .consumed = &self->consumed);
    note("%s %d ", status_word(self->status), (int)self->consumed); /* not there, and too long already */
    await_catch(self->status, async_stream_readline, .stream = &self->stream); /* drops what has come */
    note("%s ", status_word(self->status));
    if (!feed(&self->stream, "6\nab\n"))
        async_raise(ASYNC_NO_MEMORY);
    await_into(self->data, async_stream_readline, .stream = &self->stream);
    note_bytes(self->data);
    await_into(self->data, async_stream_readline, .stream = &self->stream);
    note_bytes(self->data);
    await_catch(self->status, async_stream_readuntil, .stream = &self->stream, .separator = "");
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

TEST(stream, limit)
{
    CHECK_INT(RUN(limits), ASYNC_OK);
    CHECK_NOTES("[1234/]overrun 5 overrun overrun 5 overrun [6/][ab/]");
}

/* a failure comes behind what is there, and stays */
struct fails { async_frame frame; async_stream stream; async_bytes data; async_status status; };
async(fails)
{
    async_begin;
    if (async_stream_open_pair(&self->stream, -1, -1) < 0 || !feed(&self->stream, "ab"))
        async_raise(ASYNC_NO_MEMORY);
    CHECK_INT(async_stream_set_exception(&self->stream, 0), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_stream_set_exception(&self->stream, BOOM), ASYNC_OK);
    await_into(self->data, async_stream_read, .stream = &self->stream, .size = 9);
    note_bytes(self->data);
    await_catch(self->status, async_stream_read, .stream = &self->stream, .size = 9);
    note("%s ", word(self->status));
    await_catch(self->status, async_stream_readline, .stream = &self->stream);
    note("%s ", word(self->status));
    await_catch(self->status, async_stream_drain, .stream = &self->stream);
    note("%s ", word(self->status));
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

TEST(stream, set_exception)
{
    CHECK_INT(RUN(fails), ASYNC_OK);
    CHECK_NOTES("[ab]boom boom boom ");
}

/* ---- a pair of streams ------------------------------------------------------------------------------------------- */

static bool make_streams(async_stream *a, async_stream *b)
{
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    if (async_stream_open(a, fds[0]) < 0) {
        close(fds[0]);
        close(fds[1]);
        return false;
    }
    if (async_stream_open(b, fds[1]) < 0) {
        close(fds[1]);
        return false;
    }
    return true;
}

struct writes_bytes { async_frame frame; async_stream *stream; const char *text; size_t at; };
async(writes_bytes)
{
    async_begin;
    for (; self->at < strlen(self->text); self->at++) {
        if (async_stream_write(self->stream, self->text + self->at, 1) < 0)
            break;
        await(async_stream_drain, .stream = self->stream);
        await(async_sleep, .delay = async_ms(1));
    }
    async_stream_write_eof(self->stream);
    async_end;
}

struct byte_by_byte { async_frame frame; async_stream a, b; async_task_group group; async_bytes line; };
async(byte_by_byte)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, writes_bytes, .stream = &self->a, .text = "one\ntwo\nhalf");
    do {
        await_into(self->line, async_stream_readline, .stream = &self->b);
        note_bytes(self->line);
    } while (self->line.size > 0);
    /* the other direction is open still */
    CHECK_INT(async_stream_write(&self->b, "bye", 3), ASYNC_OK);
    await(async_stream_drain, .stream = &self->b);
    CHECK_INT(async_stream_write(&self->a, "x", 1), ASYNC_MISUSE);
    await_into(self->line, async_stream_read, .stream = &self->a, .size = 10);
    note_bytes(self->line);
    async_finally;
    await(async_stream_close, .stream = &self->a);
    await(async_stream_close, .stream = &self->b);
    async_end;
}

TEST(stream, byte_by_byte_and_half_closed)
{
    int before = open_fds();
    CHECK_INT(RUN(byte_by_byte), ASYNC_OK);
    CHECK_NOTES("[one/][two/][half][][bye]");
    CHECK_INT(open_fds(), before);
}

/* what is written without a drain goes out by itself: when its reader waits, and in the next pass */
struct answers { async_frame frame; async_stream *stream; async_bytes line; };
async(answers)
{
    async_begin;
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = self->stream);
        if (self->line.size == 0)
            break;
        async_stream_write(self->stream, "re: ", 4);
        async_stream_write(self->stream, self->line.data, self->line.size);
    }
    async_end;
}
struct asks { async_frame frame; async_stream a, b; async_task_group group; async_bytes line; };
async(asks)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, answers, .stream = &self->b);
    async_stream_write(&self->a, "hello\n", 6);
    CHECK_INT(async_stream_get_write_buffer_size(&self->a), 6);
    await_into(self->line, async_stream_readline, .stream = &self->a);
    note_bytes(self->line);
    async_stream_write(&self->a, "again\n", 6);
    await(async_sleep);
    await(async_sleep);
    CHECK_INT(async_stream_get_write_buffer_size(&self->a), 0);
    await_into(self->line, async_stream_readline, .stream = &self->a);
    note_bytes(self->line);
    async_stream_write_eof(&self->a);
    await(async_task_group_join, .group = &self->group);
    async_finally;
    await(async_stream_close, .stream = &self->a);
    await(async_stream_close, .stream = &self->b);
    async_end;
}

TEST(stream, writes_without_a_drain)
{
    CHECK_INT(RUN(asks), ASYNC_OK);
    CHECK_NOTES("[re: hello/][re: again/]");
}

/* ---- much -------------------------------------------------------------------------------------------------------- */

/* LOTS goes through in pieces; MUCH is more than any socket holds. */
enum { LOTS = TEST_MANY > 1000 ? 1 << 21 : 1 << 17, MUCH = 1 << 22 };
static unsigned char lots[MUCH];

static void fill_lots(void)
{
    size_t i;
    for (i = 0; i < LOTS; i++)
        lots[i] = (unsigned char)(i * 31 + i / 251);
}

struct sends_lots { async_frame frame; async_stream *stream; size_t at, size; unsigned random; async_bytes pieces[3]; };
async(sends_lots)
{
    async_begin;
    while (self->at < LOTS) {
        self->random = self->random * 1103515245u + 12345u;
        self->size = self->random >> 16 & 1 ? self->random >> 17 & 0x7FFF : self->random >> 17 & 0xFF;
        if (self->size > LOTS - self->at)
            self->size = LOTS - self->at;
        self->pieces[0].data = (const char *)lots + self->at;
        self->pieces[0].size = self->size / 2;
        self->pieces[1].size = 0;
        self->pieces[2].data = (const char *)lots + self->at + self->size / 2;
        self->pieces[2].size = self->size - self->size / 2;
        if (async_stream_writelines(self->stream, self->pieces, 3) < 0)
            async_raise(ASYNC_NO_MEMORY);
        self->at += self->size;
        if (self->random >> 20 & 1)
            await(async_stream_drain, .stream = self->stream);
    }
    async_finally;
    async_stream_write_eof(self->stream);
    async_end;
}
struct gets_lots { async_frame frame; async_stream *stream; size_t at; unsigned random; async_bytes data; };
async(gets_lots)
{
    async_begin;
    for (;;) {
        self->random = self->random * 1103515245u + 12345u;
        await_into(self->data, async_stream_read, .stream = self->stream, .size = 1 + (self->random >> 16 & 0x3FFF));
        if (self->data.size == 0)
            break;
        CHECK(self->at + self->data.size <= LOTS && memcmp(self->data.data, lots + self->at, self->data.size) == 0);
        self->at += self->data.size;
        if ((self->random >> 18 & 3) == 0)
            await(async_sleep);
    }
    CHECK_INT(self->at, LOTS);
    async_end;
}
struct crossing { async_frame frame; async_stream a, b; async_task_group group; };
async(crossing)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, sends_lots, .stream = &self->a, .random = 1);
    async_task_group_create_task(&self->group, gets_lots, .stream = &self->a, .random = 2);
    async_task_group_create_task(&self->group, sends_lots, .stream = &self->b, .random = 3);
    async_task_group_create_task(&self->group, gets_lots, .stream = &self->b, .random = 4);
    async_finally;
    await(async_stream_close, .stream = &self->a);
    await(async_stream_close, .stream = &self->b);
    async_end;
}

TEST(stream, much_in_both_directions)
{
    long live = counted_live;
    fill_lots();
    CHECK_INT(RUN(crossing), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* a peer that never reads: drain bounds what is kept */
struct floods { async_frame frame; async_stream *stream; size_t written, most, size; };
async(floods)
{
    async_begin;
    for (;;) {
        if (async_stream_write(self->stream, lots, 1000) < 0)
            break;
        self->written += 1000;
        if (async_stream_get_write_buffer_size(self->stream) > self->most)
            self->most = async_stream_get_write_buffer_size(self->stream);
        await(async_stream_drain, .stream = self->stream);
    }
    async_finally;
    CHECK(self->most <= 10000 + 1000 || async_error == ASYNC_NO_MEMORY);
    note("%s", status_word(async_error));
    async_end;
}
struct never_read { async_frame frame; async_stream a, b; async_task *task; async_bytes data; size_t got; };
async(never_read)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    async_stream_set_write_buffer_limits(&self->a, 10000, 20000); /* low is at most high */
    self->task = async_create_task(floods, .stream = &self->a);
    await(async_sleep, .delay = async_seconds(100));
    CHECK(!async_task_done(self->task));
    CHECK(async_stream_get_write_buffer_size(&self->a) > 10000);
    /* a drain may be cancelled, and everything goes on */
    async_cancel(self->task);
    await(async_sleep);
    await(async_sleep);
    if (async_stream_write_eof(&self->a) < 0)
        async_stream_abort(&self->a);
    do {
        await_into(self->data, async_stream_read, .stream = &self->b, .size = 100000);
        self->got += self->data.size;
    } while (self->data.size > 0);
    CHECK_INT(self->got % 1000, 0);
    CHECK_INT(async_stream_get_write_buffer_size(&self->a), 0);
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    async_stream_abort(&self->a);
    async_stream_abort(&self->b);
    async_end;
}

TEST(stream, drain_bounds_what_is_kept)
{
    CHECK_INT(RUN(never_read), ASYNC_OK);
    CHECK_NOTES("cancelled");
}

/* ---- peers that go ------------------------------------------------------------------------------------------------ */

struct writes_to_nobody { async_frame frame; async_stream a, b; async_status status; async_bytes data; };
async(writes_to_nobody)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    await(async_stream_close, .stream = &self->b);
    CHECK_INT(async_stream_write(&self->a, "x", 1), ASYNC_OK); /* kept */
    await_catch(self->status, async_stream_drain, .stream = &self->a);
    note("%s ", status_word(self->status));
    note("%s ", status_word(async_stream_write(&self->a, "x", 1)));
    note("%s ", status_word(async_stream_write_eof(&self->a)));
    await_catch(self->status, async_stream_drain, .stream = &self->a);
    note("%s ", status_word(self->status));
    await_into(self->data, async_stream_read, .stream = &self->a, .size = 5);
    note_bytes(self->data);
    async_finally;
    await(async_stream_close, .stream = &self->a);
    await(async_stream_close, .stream = &self->b);
    async_end;
}

TEST(stream, peer_is_gone)
{
    CHECK_INT(RUN(writes_to_nobody), ASYNC_OK);
    CHECK_NOTES("EPIPE EPIPE EPIPE EPIPE []");
}

/* in the background: the next drain tells */
struct loses_peer { async_frame frame; async_stream a, b; async_status status; async_task *task; };
struct waits_to_drain { async_frame frame; async_stream *stream; };
async(waits_to_drain)
{
    async_begin;
    await(async_stream_drain, .stream = self->stream);
    async_finally;
    note("drain %s ", status_word(async_error));
    async_end;
}
async(loses_peer)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    async_stream_write(&self->a, lots, MUCH);
    self->task = async_create_task(waits_to_drain, .stream = &self->a);
    await(async_sleep, .delay = async_ms(10));
    async_stream_abort(&self->b);
    await(async_sleep, .delay = async_ms(10));
    await_catch(self->status, async_join, .task = self->task);
    await_catch(self->status, async_stream_drain, .stream = &self->a);
    note("%s ", status_word(self->status));
    CHECK_INT(async_stream_get_write_buffer_size(&self->a), 0);
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    async_stream_abort(&self->a);
    async_stream_abort(&self->b);
    async_end;
}

TEST(stream, peer_goes_while_it_is_sent)
{
    async_status status = RUN(loses_peer);
    CHECK_INT(status, ASYNC_OK);
    CHECK(strcmp(diary, "drain EPIPE EPIPE ") == 0 || strcmp(diary, "drain ECONNRESET ECONNRESET ") == 0);
    diary[0] = '\0';
}

/* a pipe nobody reads: no signal ends the program */
struct pipes { async_frame frame; int fds[2]; async_stream in, out; async_bytes line; async_status status; };
async(pipes)
{
    async_begin;
    if (async_stream_open_pair(&self->in, self->fds[0], -1) < 0) {
        close(self->fds[0]);
        close(self->fds[1]);
        async_raise(ASYNC_NO_MEMORY);
    }
    if (async_stream_open_pair(&self->out, -1, self->fds[1]) < 0) {
        close(self->fds[1]);
        async_raise(ASYNC_NO_MEMORY);
    }
    CHECK_INT(async_stream_write(&self->in, "x", 1), ASYNC_MISUSE);
    CHECK(!async_stream_can_write_eof(&self->in));
    CHECK(async_stream_can_write_eof(&self->out));
    CHECK_INT(async_stream_fileno(&self->out), self->fds[1]);
    async_stream_write(&self->out, "through\nthe pipe", 16);
    await_into(self->line, async_stream_readline, .stream = &self->in);
    note_bytes(self->line);
    CHECK_INT(async_stream_write_eof(&self->out), ASYNC_OK);
    await_into(self->line, async_stream_readall, .stream = &self->in);
    note_bytes(self->line);
    async_finally;
    await(async_stream_close, .stream = &self->out);
    await(async_stream_close, .stream = &self->in);
    async_end;
}

TEST(stream, pipes)
{
    int fds[2], before = open_fds();
    REQUIRE(pipe(fds) == 0);
    CHECK_INT(RUN(pipes, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("[through/][the pipe]");
    CHECK_INT(open_fds(), before);
}

/* a stream of one end has one direction */
struct one_way { async_frame frame; int fds[2]; async_stream in, out; async_bytes line; async_status status; };
async(one_way)
{
    async_begin;
    if (async_stream_open(&self->in, self->fds[0]) < 0) {
        close(self->fds[0]);
        close(self->fds[1]);
        async_raise(ASYNC_NO_MEMORY);
    }
    if (async_stream_open(&self->out, self->fds[1]) < 0) {
        close(self->fds[1]);
        async_raise(ASYNC_NO_MEMORY);
    }
    CHECK_INT(async_stream_write(&self->in, "x", 1), ASYNC_MISUSE);
    await_catch(self->status, async_stream_readline, .stream = &self->out);
    CHECK_INT(self->status, ASYNC_MISUSE);
    await_catch(self->status, async_stream_read, .stream = &self->out, .size = 1); /* again */
    CHECK_INT(self->status, ASYNC_MISUSE);
    async_stream_write(&self->out, "the pipe", 8);
    CHECK(async_stream_can_write_eof(&self->out));
    CHECK_INT(async_stream_write_eof(&self->out), ASYNC_OK);
    await_into(self->line, async_stream_readline, .stream = &self->in);
    note_bytes(self->line);
    async_finally;
    await(async_stream_close, .stream = &self->out);
    await(async_stream_close, .stream = &self->in);
    async_end;
}

TEST(stream, one_end_of_a_pipe)
{
    async_stream none = { NULL };
    int fds[2], before = open_fds();
    REQUIRE(pipe(fds) == 0);
    CHECK_INT(RUN(one_way, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("[the pipe]");
    CHECK_INT(open_fds(), before);
    CHECK_INT(async_stream_open(&none, -1), -EBADF);
}

struct broken_pipe { async_frame frame; int fd; async_stream out; async_status status; };
async(broken_pipe)
{
    async_begin;
    if (async_stream_open_pair(&self->out, -1, self->fd) < 0) {
        close(self->fd);
        async_raise(ASYNC_NO_MEMORY);
    }
    async_stream_write(&self->out, "x", 1);
    await_catch(self->status, async_stream_drain, .stream = &self->out);
    note("%s", status_word(self->status));
    async_finally;
    await(async_stream_close, .stream = &self->out);
    async_end;
}

TEST(stream, broken_pipe_raises_no_signal)
{
    int fds[2];
    sigset_t pending;
    REQUIRE(pipe(fds) == 0);
    close(fds[0]);
    signal(SIGPIPE, SIG_DFL);
    CHECK_INT(RUN(broken_pipe, .fd = fds[1]), ASYNC_OK);
    CHECK_NOTES("EPIPE");
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
}

/* a descriptor that was blocking is so again, for the others who have it */
struct borrows { async_frame frame; int fd; async_stream stream; };
async(borrows)
{
    async_begin;
    if (async_stream_open(&self->stream, self->fd) < 0) {
        close(self->fd);
        async_raise(ASYNC_NO_MEMORY);
    }
    CHECK(fcntl(self->fd, F_GETFL) & O_NONBLOCK);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

TEST(stream, blocking_descriptors_are_given_back_so)
{
    int fds[2], copy;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    copy = dup(fds[0]);
    CHECK_INT(RUN(borrows, .fd = fds[0]), ASYNC_OK);
    CHECK(!(fcntl(copy, F_GETFL) & O_NONBLOCK));
    close(copy);
    close(fds[1]);
}

/* ---- closing ------------------------------------------------------------------------------------------------------ */

/* what was written arrives, though the stream object is long gone */
struct writes_and_leaves { async_frame frame; async_stream *to; };
async(writes_and_leaves)
{
    async_begin;
    async_stream_write(self->to, lots, MUCH);
    async_stream_close_nowait(self->to);
    CHECK(async_stream_is_closing(self->to));
    CHECK_INT(async_stream_write(self->to, "x", 1), ASYNC_CLOSED);
    async_end;
}
struct lingers { async_frame frame; async_stream a, b; async_bytes data; size_t got; };
async(lingers)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    await(writes_and_leaves, .to = &self->a);
    do {
        await_into(self->data, async_stream_read, .stream = &self->b, .size = 50000);
        self->got += self->data.size;
    } while (self->data.size > 0);
    CHECK_INT(self->got, MUCH);
    async_finally;
    async_stream_abort(&self->a);
    await(async_stream_close, .stream = &self->b);
    async_end;
}

TEST(stream, close_nowait_sends_what_is_left)
{
    int before = open_fds();
    long live = counted_live;
    CHECK_INT(async_run(lingers), ASYNC_OK); /* the real clock: the time it may take is bounded */
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

/* but not for ever, if nobody reads; nor does it outlive its loop */
struct is_not_read { async_frame frame; async_time wait; async_stream a, b; int fd; };
async(is_not_read)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    self->fd = async_stream_fileno(&self->a);
    async_stream_write(&self->a, lots, MUCH);
    async_stream_close_nowait(&self->a);
    CHECK(fcntl(self->fd, F_GETFD) >= 0);
    await(async_sleep, .delay = self->wait);
    CHECK((fcntl(self->fd, F_GETFD) < 0) == (self->wait > ASYNC_STREAM_LINGER));
    async_finally;
    async_stream_abort(&self->a);
    async_stream_abort(&self->b);
    async_end;
}

TEST(stream, lingering_ends)
{
    int before = open_fds();
    long live = counted_live;
    CHECK_INT(RUN(is_not_read, .wait = ASYNC_STREAM_LINGER + 1), ASYNC_OK);
    CHECK_INT(open_fds(), before);
    CHECK_INT(RUN(is_not_read, .wait = 1), ASYNC_OK);
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

/* a close waits; its cancel is an abort */
struct closes { async_frame frame; async_stream a, b; async_status status; };
async(closes)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    async_stream_write(&self->a, lots, MUCH);
    await_for_catch(async_seconds(5), self->status, async_stream_close, .stream = &self->a);
    note("%s ", word(self->status));
    if (self->status == ASYNC_NO_MEMORY) /* it did not begin */
        async_raise(ASYNC_NO_MEMORY);
    CHECK(self->a.core == NULL);
    await(async_stream_close, .stream = &self->a);
    async_finally;
    async_stream_abort(&self->a);
    async_stream_abort(&self->b);
    async_end;
}

TEST(stream, close_waits_and_can_be_cancelled)
{
    int before = open_fds();
    CHECK_INT(RUN(closes), ASYNC_OK);
    CHECK_NOTES("timeout ");
    CHECK_INT(open_fds(), before);
}

/* who reads, drains or waits for the end in another task hears of it */
struct reads_on { async_frame frame; async_stream *stream; async_bytes data; };
async(reads_on)
{
    async_begin;
    await_into(self->data, async_stream_readline, .stream = self->stream);
    note_bytes(self->data);
    async_finally;
    note("read %s ", status_word(async_error));
    async_end;
}
struct drains_on { async_frame frame; async_stream *stream; };
async(drains_on)
{
    async_begin;
    await(async_stream_drain, .stream = self->stream);
    async_finally;
    note("drain %s ", status_word(async_error));
    async_end;
}
struct waits_on { async_frame frame; async_stream *stream; };
async(waits_on)
{
    async_begin;
    await(async_stream_wait_closed, .stream = self->stream);
    async_finally;
    note("closed %s ", status_word(async_error));
    async_end;
}
struct is_watched { async_frame frame; async_stream a, b; async_task *tasks[3]; async_status statuses[3], status; async_bytes data; };
async(is_watched)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    async_stream_write(&self->a, lots, MUCH);
    self->tasks[0] = async_create_task(reads_on, .stream = &self->a);
    self->tasks[1] = async_create_task(drains_on, .stream = &self->a);
    self->tasks[2] = async_create_task(waits_on, .stream = &self->a);
    await(async_sleep, .delay = async_ms(1));
    if (async_task_done(self->tasks[0])) /* for want of memory */
        async_raise(ASYNC_NO_MEMORY);
    await_catch(self->status, async_stream_read, .stream = &self->a, .size = 1); /* one reader at a time */
    note("%s ", status_word(self->status));
    async_stream_abort(&self->a);
    await(async_gather, .tasks = self->tasks, .count = 3, .return_exceptions = true, .statuses = self->statuses);
    await_catch(self->status, async_stream_read, .stream = &self->a, .size = 1);
    note("%s ", status_word(self->status));
    async_finally;
    for (int i = 0; i < 3; i++) {
        async_cancel(self->tasks[i]);
        async_release(self->tasks[i]);
    }
    async_stream_abort(&self->a);
    async_stream_abort(&self->b);
    async_end;
}

TEST(stream, all_who_wait_hear_of_the_end)
{
    CHECK_INT(RUN(is_watched), ASYNC_OK);
    CHECK_NOTES("misuse []read ok drain closed closed ok closed ");
}

/* nothing on what was never opened */
struct zeros { async_frame frame; async_stream stream; async_status status; async_address address; };
async(zeros)
{
    async_begin;
    await(async_stream_close, .stream = &self->stream);
    await(async_stream_wait_closed, .stream = &self->stream);
    async_stream_close_nowait(&self->stream);
    async_stream_abort(&self->stream);
    async_stream_consume(&self->stream, 0);
    async_stream_set_limit(&self->stream, 1);
    async_stream_set_write_buffer_limits(&self->stream, 1, 1);
    CHECK(async_stream_is_closing(&self->stream));
    CHECK(async_stream_at_eof(&self->stream));
    CHECK(!async_stream_can_write_eof(&self->stream));
    CHECK_INT(async_stream_fileno(&self->stream), -1);
    CHECK(async_stream_peername(&self->stream, &self->address) < 0);
    CHECK_INT(async_stream_write(&self->stream, "x", 1), ASYNC_CLOSED);
    CHECK_INT(async_stream_write_eof(&self->stream), ASYNC_CLOSED);
    CHECK_INT(async_stream_feed_data(&self->stream, "x", 1), ASYNC_CLOSED);
    CHECK_INT(async_stream_feed_eof(&self->stream), ASYNC_CLOSED);
    CHECK_INT(async_stream_open(&self->stream, -1), -EBADF);
    CHECK_INT(async_stream_open(&self->stream, 200), -EBADF);
    await_catch(self->status, async_stream_drain, .stream = &self->stream);
    CHECK_INT(self->status, ASYNC_CLOSED);
    await_catch(self->status, async_stream_readline, .stream = &self->stream);
    CHECK_INT(self->status, ASYNC_CLOSED);
    async_end;
}

TEST(stream, zeros)
{
    CHECK_INT(RUN(zeros), ASYNC_OK);
}

/* a loop that is closed under streams, which are closed after it */
struct hangs { async_frame frame; async_stream *stream; async_bytes line; };
async(hangs)
{
    async_begin;
    async_stream_write(self->stream, lots, MUCH);
    await_into(self->line, async_stream_readline, .stream = self->stream);
    async_end;
}
struct stops { async_frame frame; async_stream *stream; async_task *task; };
async(stops)
{
    async_begin;
    self->task = async_create_task(hangs, .stream = self->stream);
    await(async_sleep);
    await(async_sleep);
    async_release(self->task);
    async_end;
}

TEST(stream, outlives_its_loop)
{
    int before = open_fds();
    long live = counted_live;
    async_stream a = { NULL }, b = { NULL };
    if (make_streams(&a, &b)) {
        async_loop *loop = async_new_event_loop();
        if (loop != NULL) {
            async_task *task = async_loop_create_task(loop, stops, .stream = &a);
            async_loop_run_until_complete(loop, task);
            async_release(task);
            async_loop_close(loop);
        }
    }
    async_stream_abort(&a);
    async_stream_close_nowait(&b);
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

/* ---- something in between ----------------------------------------------------------------------------------------- */

/* Turns capitals into small letters and back; does one byte at a time, and wants something before each. */
struct swaps { int fd; int turn, closed, told; };

static char swapped(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static ptrdiff_t swap_read(void *context, void *buffer, size_t size)
{
    struct swaps *swaps = (struct swaps *)context;
    ssize_t n;
    if (swaps->turn++ % 3 == 0)
        return ASYNC_WANTS_WRITE; /* which a socket's end is at once */
    n = recv(swaps->fd, buffer, size > 0, 0);
    if (n < 0)
        return errno == EAGAIN ? (int)ASYNC_WANTS_READ : -errno;
    if (n > 0)
        *(char *)buffer = swapped(*(char *)buffer);
    return n;
}

static ptrdiff_t swap_write(void *context, const void *data, size_t size)
{
    struct swaps *swaps = (struct swaps *)context;
    char c = swapped(*(const char *)data);
    ssize_t n;
    if (swaps->turn++ % 3 == 0)
        return ASYNC_WANTS_WRITE;
    n = send(swaps->fd, &c, size > 0, MSG_NOSIGNAL);
    return n >= 0 ? n : errno == EAGAIN ? (int)ASYNC_WANTS_WRITE : -errno;
}

static async_status swap_eof(void *context)
{
    struct swaps *swaps = (struct swaps *)context;
    if (swaps->told++ == 0)
        return ASYNC_WANTS_WRITE;
    return shutdown(swaps->fd, SHUT_WR) == 0 ? (int)ASYNC_OK : -errno;
}

static void swap_close(void *context) { ((struct swaps *)context)->closed++; }

static const async_stream_driver swap_driver = { swap_read, swap_write, swap_eof, swap_close };

struct drives { async_frame frame; async_stream a, b; struct swaps swaps; async_bytes line; };
async(drives)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    self->swaps.fd = async_stream_fileno(&self->a);
    async_stream_write(&self->a, "x", 1);
    CHECK_INT(async_stream_set_driver(&self->a, &swap_driver, &self->swaps), ASYNC_INVALID_STATE);
    await(async_stream_drain, .stream = &self->a);
    CHECK_INT(async_stream_set_driver(&self->a, &swap_driver, &self->swaps), ASYNC_OK);
    CHECK_INT(async_stream_set_driver(&self->a, &swap_driver, &self->swaps), ASYNC_MISUSE);
    CHECK_PTR(async_stream_driver_context(&self->a, &swap_driver), &self->swaps);
    CHECK(async_stream_can_write_eof(&self->a));
    if (async_stream_write(&self->a, "Hello\n", 6) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await_into(self->line, async_stream_readline, .stream = &self->b);
    note_bytes(self->line);
    if (async_stream_write(&self->b, "Good Day\nbye", 12) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await(async_stream_drain, .stream = &self->b);
    await_into(self->line, async_stream_readline, .stream = &self->a);
    note_bytes(self->line);
    await_into(self->line, async_stream_readexactly, .stream = &self->a, .size = 3);
    note_bytes(self->line);
    async_stream_write(&self->a, "the end", 7);
    await(async_stream_close, .stream = &self->a);
    CHECK_INT(self->swaps.closed, 1);
    CHECK_INT(self->swaps.told, 2);
    await_into(self->line, async_stream_readall, .stream = &self->b);
    note_bytes(self->line);
    async_finally;
    async_stream_abort(&self->a);
    async_stream_abort(&self->b);
    async_end;
}

TEST(stream, driver)
{
    CHECK_INT(RUN(drives), ASYNC_OK);
    CHECK_NOTES("[xhELLO/][gOOD dAY/][BYE][THE END]");
}

/* one that fails */
static ptrdiff_t fail_read(void *context, void *buffer, size_t size)
{
    (void)context;
    (void)buffer;
    (void)size;
    return BANG;
}
static ptrdiff_t fail_write(void *context, const void *data, size_t size)
{
    (void)context;
    (void)data;
    (void)size;
    return BOOM;
}
static const async_stream_driver fail_driver = { fail_read, fail_write, NULL, NULL };
struct drives_badly { async_frame frame; async_stream a, b; async_status status; };
async(drives_badly)
{
    async_begin;
    if (!make_streams(&self->a, &self->b))
        async_raise(ASYNC_NO_MEMORY);
    CHECK_INT(async_stream_set_driver(&self->a, &fail_driver, NULL), ASYNC_OK);
    CHECK(!async_stream_can_write_eof(&self->a));
    CHECK_INT(async_stream_write_eof(&self->a), ASYNC_INVALID_STATE);
    await_catch(self->status, async_stream_readline, .stream = &self->a);
    note("%s ", word(self->status));
    async_stream_write(&self->a, "x", 1);
    await_catch(self->status, async_stream_drain, .stream = &self->a);
    note("%s ", word(self->status));
    async_finally;
    await(async_stream_close, .stream = &self->a);
    await(async_stream_close, .stream = &self->b);
    async_end;
}

TEST(stream, driver_that_fails)
{
    CHECK_INT(RUN(drives_badly), ASYNC_OK);
    CHECK_NOTES("bang boom ");
}
