/* Servers: a task for each client, whatever becomes of it; several addresses, bounds, all the ways to close. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <sys/resource.h>

static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void note_bytes(async_bytes bytes) { note("[%.*s]", (int)bytes.size, bytes.data); }

/* How long a client waits for a server, which in the group memory may not come back. */
#define PATIENCE (TEST_MANY > 20 ? async_seconds(60) : async_ms(200))

/* ---- handlers ------------------------------------------------------------------------------------------------------ */

struct counts { int begun, ended, cancelled; };

/* echoes lines; "fail" fails, "close" closes the stream itself, "leave" leaves with something written */
struct echo { async_frame frame; async_stream *stream; struct counts *counts; async_bytes line; };
async(echo)
{
    async_begin;
    self->counts->begun++;
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = self->stream);
        if (self->line.size == 0)
            break;
        if (strncmp(self->line.data, "fail", 4) == 0)
            async_raise(BOOM);
        async_stream_write(self->stream, self->line.data, self->line.size);
        if (strncmp(self->line.data, "close", 5) == 0) {
            await(async_stream_close, .stream = self->stream);
            break;
        }
        if (strncmp(self->line.data, "nowait", 6) == 0)
            async_stream_close_nowait(self->stream);
        if (strncmp(self->line.data, "leave", 5) == 0)
            break;
        await(async_stream_drain, .stream = self->stream);
    }
    async_finally;
    self->counts->ended++;
    self->counts->cancelled += async_error == ASYNC_CANCELLED;
    async_end;
}

/* says something, gets an answer, closes */
struct talk { async_frame frame; int port; const char *text; async_stream stream; async_bytes line; async_timeout timeout; };
async(talk)
{
    async_begin;
    async_timeout_enter(&self->timeout, PATIENCE);
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = self->port);
    async_stream_write(&self->stream, self->text, strlen(self->text));
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    while (self->line.size > 0 && self->line.data[self->line.size - 1] == '\n')
        self->line.size--;
    note_bytes(self->line);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

static int failures;
static void on_exception(async_loop *loop, const async_exception *exception, void *data)
{
    (void)loop;
    (void)data;
    if (exception->status == BOOM)
        failures++;
}

/* ---- the ways a handler ends ---------------------------------------------------------------------------------------- */

struct ends { async_frame frame; async_server server; struct counts counts; const char *text; int port; };
async(ends)
{
    async_begin;
    failures = 0;
    async_loop_set_exception_handler(async_get_running_loop(), on_exception, NULL);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(echo),
        .context = &self->counts);
    self->port = async_server_port(&self->server);
    CHECK(self->port > 0);
    CHECK(async_server_is_serving(&self->server));
    await(talk, .port = self->port, .text = self->text);
    async_server_close_nowait(&self->server);
    CHECK(!async_server_is_serving(&self->server));
    await(async_server_wait_closed, .server = &self->server);
    CHECK_INT(async_server_clients(&self->server), 0);
    CHECK_INT(self->counts.begun, 1);
    CHECK_INT(self->counts.ended, 1);
    async_finally;
    await(async_server_close, .server = &self->server);
    async_end;
}

TEST(server, every_end_of_a_handler)
{
    static const char *const texts[] = { "echo\n", "close\n", "nowait\n", "leave\n" };
    int before = open_fds();
    long live = counted_live;
    size_t i;
    for (i = 0; i < 4; i++) {
        CHECK_INT(async_run(ends, .text = texts[i]), ASYNC_OK);
        CHECK_INT(failures, 0);
    }
    CHECK_NOTES("[echo][close][nowait][leave]");
    CHECK_INT(async_run(ends, .text = "fail\n"), ASYNC_OK);
    CHECK_NOTES("[]");
    CHECK_INT(failures, 1);
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

/* ---- closing -------------------------------------------------------------------------------------------------------- */

enum how { CLOSE_AT_ONCE, CLOSE_WITH_GRACE, CLOSE_IN_TIME, CLOSE_CLIENTS, ABORT_CLIENTS, FORGET };

/* a client that stays, and leaves after a while, if it is to */
struct stays { async_frame frame; int port; async_time leaves; async_stream stream; async_bytes line; async_timeout timeout; };
async(stays)
{
    async_begin;
    async_timeout_enter(&self->timeout, PATIENCE);
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = self->port);
    async_stream_write(&self->stream, "here\n", 5);
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    note_bytes(self->line);
    if (self->leaves > 0) {
        await(async_sleep, .delay = self->leaves);
        async_stream_write(&self->stream, "last\n", 5);
        await_into(self->line, async_stream_readline, .stream = &self->stream);
        note_bytes(self->line);
    } else {
        await_into(self->line, async_stream_readline, .stream = &self->stream);
        note_bytes(self->line);
    }
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}
static struct counts counts;
static async_server kept;
struct closing { async_frame frame; async_timeout timeout; enum how how; async_server server; async_task *task; async_status status; };
async(closing)
{
    async_begin;
    memset(&counts, 0, sizeof counts);
    async_timeout_enter(&self->timeout, PATIENCE);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(echo),
        .context = &counts);
    self->task = async_create_task(stays, .port = async_server_port(&self->server),
        .leaves = self->how == CLOSE_IN_TIME ? async_ms(30) : 0);
    while (counts.begun == 0 && !async_task_done(self->task))
        await(async_sleep, .delay = async_ms(1));
    await(async_sleep, .delay = async_ms(5));
    if (self->how == CLOSE_AT_ONCE) {
        await(async_server_close, .server = &self->server);
    } else if (self->how == CLOSE_WITH_GRACE) {
        await(async_server_close, .server = &self->server, .timeout = async_ms(20));
    } else if (self->how == CLOSE_IN_TIME) {
        await(async_server_close, .server = &self->server, .timeout = async_seconds(10));
    } else if (self->how == CLOSE_CLIENTS) {
        async_server_close_clients(&self->server);
        await(async_server_close, .server = &self->server, .timeout = ASYNC_FOREVER);
    } else if (self->how == ABORT_CLIENTS) {
        async_server_abort_clients(&self->server);
        await(async_server_close, .server = &self->server, .timeout = ASYNC_FOREVER);
    } else { /* the server is still there when its loop is closed */
        kept = self->server;
        self->server.core = NULL;
        async_return();
    }
    CHECK_INT(async_server_clients(&self->server), 0);
    CHECK_INT(counts.ended, counts.begun);
    await_catch(self->status, async_join, .task = self->task);
    note("%d cancelled", counts.cancelled);
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    await(async_server_close, .server = &self->server);
    async_end;
}
TEST(server, ways_to_close)
{
    static const char *const notes[] = { "[here\n][]1 cancelled", "[here\n][]1 cancelled",
        "[here\n][last\n]0 cancelled", "[here\n][]0 cancelled", "[here\n][]0 cancelled", "[here\n]" };
    int before = open_fds(), how;
    long live = counted_live;
    for (how = CLOSE_AT_ONCE; how <= FORGET; how++) {
        CHECK_INT(async_run(closing, .how = (enum how)how), ASYNC_OK);
        CHECK_NOTES(notes[how]);
        if (kept.core != NULL)
            async_server_close_nowait(&kept);
        CHECK(kept.core == NULL);
    }
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

/* a close that is cancelled leaves nothing, and says so */
struct cancelled_close {
    async_frame frame;
    async_timeout timeout;
    async_server server;
    async_stream stream;
    async_status status;
};
async(cancelled_close)
{
    async_begin;
    memset(&counts, 0, sizeof counts);
    async_timeout_enter(&self->timeout, PATIENCE);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(echo),
        .context = &counts);
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1",
        .port = async_server_port(&self->server));
    while (counts.begun == 0)
        await(async_sleep, .delay = async_ms(1));
    await_for_catch(async_ms(10), self->status, async_server_close, .server = &self->server, .timeout = ASYNC_FOREVER);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK(self->server.core == NULL);
    CHECK_INT(counts.cancelled, 1);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}

TEST(server, cancelled_close)
{
    int before = open_fds();
    CHECK_INT(async_run(cancelled_close), ASYNC_OK);
    CHECK_INT(open_fds(), before);
}

/* serve_forever until it is cancelled */
struct forever { async_frame frame; async_timeout timeout; async_server server; async_stream stream; async_status status; async_bytes line; };
async(forever)
{
    async_begin;
    memset(&counts, 0, sizeof counts);
    async_timeout_enter(&self->timeout, PATIENCE);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(echo),
        .context = &counts);
    await_for_catch(async_ms(20), self->status, async_server_serve_forever, .server = &self->server);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK(!async_server_is_serving(&self->server));
    await(async_server_serve_forever, .server = &self->server);
    async_finally;
    await(async_server_close, .server = &self->server);
    async_end;
}

TEST(server, serve_forever)
{
    CHECK_INT(async_run(forever), ASYNC_OK);
}

/* ---- several addresses, unix sockets, bounds --------------------------------------------------------------------------- */

struct greets { async_frame frame; async_stream *stream; const char *text; };
async(greets)
{
    async_begin;
    async_stream_write(self->stream, self->text, strlen(self->text));
    async_end;
}

struct several {
    async_frame frame;
    async_timeout timeout;
    async_server server;
    const char *path;
    int fds[4];
    async_stream stream;
    async_bytes data;
    async_status status;
};
async(several)
{
    async_begin;
    async_timeout_enter(&self->timeout, PATIENCE);
    await_catch(self->status, async_start_server, .server = &self->server, .host = "127.0.0.1");
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(greets),
        .context = (void *)"tcp");
    await(async_start_unix_server, .server = &self->server, .path = self->path, .handler = async_handler(greets),
        .context = (void *)"unix");
    CHECK_INT(async_server_sockets(&self->server, self->fds, 4), 2);
    await(talk, .port = async_server_port(&self->server), .text = "");
    await(async_open_unix_connection, .stream = &self->stream, .path = self->path);
    await_into(self->data, async_stream_readall, .stream = &self->stream);
    note_bytes(self->data);
    await_catch(self->status, async_open_unix_connection, .stream = &self->stream, .path = self->path);
    CHECK_INT(self->status, ASYNC_MISUSE);
    /* a failure leaves what serves already */
    await_catch(self->status, async_start_server, .server = &self->server, .host = "127.0.0.1",
        .port = async_server_port(&self->server), .handler = async_handler(greets));
    CHECK(self->status < 0);
    CHECK_INT(async_server_sockets(&self->server, NULL, 0), 2);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    unlink(self->path);
    async_end;
}

TEST(server, several_addresses)
{
    char path[64];
    int before = open_fds();
    snprintf(path, sizeof path, "/tmp/asyncio-server-%ld", (long)getpid());
    CHECK_INT(async_run(several, .path = path), ASYNC_OK);
    CHECK_NOTES("[tcp][unix]");
    CHECK_INT(open_fds(), before);
}

/* no more than so many at a time */
static int serving, most_serving;
struct slow { async_frame frame; async_stream *stream; void *context; async_bytes line; };
async(slow)
{
    async_begin;
    if (++serving > most_serving)
        most_serving = serving;
    await_into(self->line, async_stream_readline, .stream = self->stream);
    await(async_sleep, .delay = async_ms(2));
    async_stream_write(self->stream, self->line.data, self->line.size);
    await(async_stream_drain, .stream = self->stream);
    async_finally;
    serving--;
    async_end;
}
enum { MANY = 20 };
struct bounded { async_frame frame; async_server server; async_task_group group; int i; };
async(bounded)
{
    async_begin;
    serving = most_serving = 0;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(slow),
        .max_clients = 3);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < MANY; self->i++)
        async_task_group_create_task(&self->group, talk, .port = async_server_port(&self->server), .text = ".\n");
    await(async_task_group_join, .group = &self->group);
    CHECK_INT(most_serving, 3);
    async_finally;
    await(async_server_close, .server = &self->server);
    async_end;
}

TEST(server, max_clients)
{
    CHECK_INT(async_run(bounded), ASYNC_OK);
    CHECK_INT(strlen(diary), MANY * 3);
    diary[0] = '\0';
}

/* ---- a handler that closes its server ------------------------------------------------------------------------------- */

struct quits { async_frame frame; async_stream *stream; async_server *server; async_bytes line; async_status status; };
async(quits)
{
    async_begin;
    await_into(self->line, async_stream_readline, .stream = self->stream);
    if (self->line.size > 0 && self->line.data[0] == 'q') {
        note("close ");
        await_catch(self->status, async_server_close, .server = self->server);
    } else if (self->line.size > 0) {
        note("wait ");
        async_server_close_nowait(self->server);
        async_server_close_clients(self->server);
        await_catch(self->status, async_server_wait_closed, .server = self->server);
    }
    note("%s ", word(self->status));
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        note("cancelled ");
    async_end;
}

struct quitting { async_frame frame; const char *commands; async_server server; async_stream clients[3]; async_status status; int i;
    async_timeout timeout; };
async(quitting)
{
    async_begin;
    async_timeout_enter(&self->timeout, PATIENCE);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(quits),
        .context = &self->server);
    for (self->i = 0; self->i < 3; self->i++)
        await(async_open_connection, .stream = &self->clients[self->i], .host = "127.0.0.1",
            .port = async_server_port(&self->server));
    while (async_server_clients(&self->server) < 3)
        await(async_sleep);
    for (self->i = 0; self->commands[self->i] != '\0'; self->i++)
        if (async_stream_write(&self->clients[self->i], self->commands[self->i] == 'q' ? "q\n" : "w\n", 2) < 0)
            async_raise(ASYNC_NO_MEMORY);
    await(async_server_serve_forever, .server = &self->server);
    for (self->i = 0; self->i < 3; self->i++) {
        await_catch(self->status, async_stream_readall, .stream = &self->clients[self->i]);
        CHECK(self->status == ASYNC_OK || self->status == -ECONNRESET || self->status == ASYNC_NO_MEMORY);
    }
    async_finally;
    for (self->i = 0; self->i < 3; self->i++)
        await(async_stream_close, .stream = &self->clients[self->i]);
    await(async_server_close, .server = &self->server);
    async_end;
}

static void run_quitting(const char *commands, const char *notes, const char *or_these)
{
    long live = counted_live;
    async_status status = async_run(quitting, .commands = commands);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY || (TEST_MANY <= 20 && status == ASYNC_TIMED_OUT));
    if (status == ASYNC_OK && strcmp(diary, or_these) != 0)
        CHECK_STR(diary, notes);
    diary[0] = '\0';
    CHECK_INT(counted_live, live);
}

/* it does not wait for itself, nor two for each other */
TEST(server, closed_by_a_handler)
{
    run_quitting("q", "close cancelled cancelled ok ", "");
    run_quitting("w", "wait ok ok ok ", "");
    /* in one pass or in two */
    run_quitting("qq", "close close cancelled cancelled cancelled ok ", "close cancelled cancelled ok ");
}

/* clients come to three addresses in the same pass */
struct addressed { async_frame frame; async_server server; int i, listeners[3], clients[3]; async_address address; };
async(addressed)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++)
        self->clients[self->i] = -1;
    for (self->i = 0; self->i < 3; self->i++)
        await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(slow),
            .max_clients = 2);
    CHECK_INT(async_server_sockets(&self->server, self->listeners, 3), 3);
    for (self->i = 0; self->i < 3; self->i++) {
        CHECK_INT(async_socket_name(self->listeners[self->i], &self->address), ASYNC_OK);
        await_into(self->clients[self->i], async_address_connect, .address = &self->address);
    }
    for (self->i = 0; self->i < 5; self->i++)
        await(async_sleep);
    CHECK_INT(async_server_clients(&self->server), 2);
    async_fd_close(self->clients[0]);
    self->clients[0] = -1;
    await(async_sleep, .delay = async_ms(20));
    CHECK_INT(async_server_clients(&self->server), 2);
    async_finally;
    for (self->i = 0; self->i < 3; self->i++)
        if (self->clients[self->i] >= 0)
            async_fd_close(self->clients[self->i]);
    await(async_server_close, .server = &self->server);
    async_end;
}

TEST(server, max_clients_of_several_addresses)
{
    CHECK_INT(async_run(addressed), ASYNC_OK);
}

/* ---- no descriptor is left ------------------------------------------------------------------------------------------------ */

static int complaints;
static void on_complaint(async_loop *loop, const async_exception *exception, void *data)
{
    (void)loop;
    (void)data;
    complaints += exception->status == -EMFILE;
}

/* a stream to a port of this machine, with one descriptor and at once */
static async_status connect_to(async_stream *stream, int port)
{
    async_address address;
    int fd = async_socket_open(AF_INET, SOCK_STREAM, 0);
    async_status status = fd < 0 ? fd : async_address_set_ip(&address, "127.0.0.1", port);
    if (status == ASYNC_OK && connect(fd, async_address_sockaddr(&address), (socklen_t)address.length) != 0 &&
        errno != EINPROGRESS)
        status = -errno;
    if (status == ASYNC_OK)
        status = async_stream_open(stream, fd);
    if (status < 0 && fd >= 0)
        close(fd);
    return status;
}

struct exhausts {
    async_frame frame;
    async_timeout timeout;
    async_server server;
    struct counts counts;
    int fds[64], count;
    struct rlimit limit, low;
    async_stream stream, other;
    async_bytes line;
};
async(exhausts)
{
    async_begin;
    async_timeout_enter(&self->timeout, PATIENCE);
    complaints = 0;
    async_loop_set_exception_handler(async_get_running_loop(), on_complaint, NULL);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(echo),
        .context = &self->counts);
    await(async_open_connection, .stream = &self->other, .host = "127.0.0.1", .port = async_server_port(&self->server));
    while (self->counts.begun == 0)
        await(async_sleep, .delay = async_ms(1));
    getrlimit(RLIMIT_NOFILE, &self->limit);
    self->low = self->limit;
    self->low.rlim_cur = 40;
    setrlimit(RLIMIT_NOFILE, &self->low);
    while (self->count < 64 && (self->fds[self->count] = dup(0)) >= 0)
        self->count++;
    close(self->fds[--self->count]); /* one for the client, none for the server */
    CHECK_INT(connect_to(&self->stream, async_server_port(&self->server)), ASYNC_OK);
    async_stream_write(&self->stream, "hello\n", 6);
    await(async_stream_drain, .stream = &self->stream);
    await(async_sleep, .delay = async_ms(20));
    CHECK_INT(complaints, 1); /* it does not spin */
    CHECK_INT(self->counts.begun, 1);
    await(async_stream_close, .stream = &self->other); /* whose descriptors are the next ones' */
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    note_bytes(self->line);
    async_finally;
    while (self->count > 0)
        close(self->fds[--self->count]);
    if (self->limit.rlim_cur != 0)
        setrlimit(RLIMIT_NOFILE, &self->limit);
    await(async_stream_close, .stream = &self->stream);
    await(async_stream_close, .stream = &self->other);
    await(async_server_close, .server = &self->server);
    async_end;
}

/* valgrind has descriptors of its own beyond the limit: a connection gets one there, and is closed. */
static bool under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

TEST(server, no_descriptor_left)
{
    int before = open_fds();
    if (under_valgrind())
        return;
    CHECK_INT(async_run(exhausts), ASYNC_OK);
    CHECK_NOTES("[hello\n]");
    CHECK_INT(open_fds(), before);
}

/* ---- zeros ------------------------------------------------------------------------------------------------------------------ */

struct nothing { async_frame frame; async_server server; int fd; };
async(nothing)
{
    async_begin;
    await(async_server_close, .server = &self->server);
    await(async_server_wait_closed, .server = &self->server);
    await(async_server_serve_forever, .server = &self->server);
    async_server_close_nowait(&self->server);
    async_server_close_clients(&self->server);
    async_server_abort_clients(&self->server);
    async_server_set_max_clients(&self->server, 5);
    CHECK_INT(async_server_port(&self->server), -1);
    CHECK_INT(async_server_sockets(&self->server, &self->fd, 1), 0);
    CHECK_INT(async_server_clients(&self->server), 0);
    CHECK(!async_server_is_serving(&self->server));
    CHECK(async_server_add_socket(&self->server, -1, async_handler(greets), NULL) < 0);
    CHECK(self->server.core == NULL);
    async_end;
}

TEST(server, zeros)
{
    CHECK_INT(async_run(nothing), ASYNC_OK);
}
