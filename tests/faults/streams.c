/* Streams and servers under faults. */
#include "faults.h"

enum { CLIENTS = 3, BYTES = 3000 };

struct echo { async_frame frame; async_stream *stream; void *context; async_bytes bytes; };
async(echo)
{
    async_begin;
    for (;;) {
        await_into(self->bytes, async_stream_read, .stream = self->stream, .size = 1000);
        if (self->bytes.size == 0)
            break;
        async_stream_write(self->stream, self->bytes.data, self->bytes.size);
        await(async_stream_drain, .stream = self->stream);
    }
    async_end;
}

/* Sends, ends, and reads all of it back. */
struct talk { async_frame frame; async_stream *stream; size_t size, sent, got; char piece[700]; async_bytes bytes; };
async(talk, piece)
{
    async_begin;
    while (self->sent < BYTES) {
        self->size = BYTES - self->sent < sizeof self->piece ? BYTES - self->sent : sizeof self->piece;
        faults_fill(self->piece, self->sent, self->size);
        self->sent += self->size;
        async_stream_write(self->stream, self->piece, self->size);
        await(async_stream_drain, .stream = self->stream);
    }
    async_stream_write_eof(self->stream);
    for (;;) {
        await_into(self->bytes, async_stream_read, .stream = self->stream, .size = 900);
        if (self->bytes.size == 0)
            break;
        RIGHT(self->got + self->bytes.size <= BYTES && faults_same(self->bytes.data, self->got, self->bytes.size));
        self->got += self->bytes.size;
    }
    if (self->got < BYTES)
        async_raise(ASYNC_INCOMPLETE_READ);
    async_end;
}

struct client { async_frame frame; const char *host; int port; async_stream stream; };
async(client)
{
    async_begin;
    await(async_open_connection, .stream = &self->stream, .host = self->host, .port = self->port);
    await(talk, .stream = &self->stream);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

struct clients { async_frame frame; const char *host; async_server server; async_task_group group; int port, i; };
async(clients)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(echo));
    if ((self->port = async_server_port(&self->server)) < 0)
        async_raise(ASYNC_INVALID_STATE);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < CLIENTS; self->i++)
        async_task_group_create_task(&self->group, client, .host = self->host, .port = self->port);
    await(async_task_group_join, .group = &self->group);
    async_finally;
    await(async_server_close, .server = &self->server, .timeout = async_seconds(1));
    async_end;
}

SCENARIO(server, clients) { return RUN(clients, .host = "127.0.0.1"); }

/* ::1 refuses, 127.0.0.1 does not. */
SCENARIO(server, addresses) { return RUN(clients, .host = "localhost"); }

/* A handler that is there when the server is closed sends what it has to. */
struct slow { async_frame frame; async_stream *stream; void *context; int i; char byte; };
async(slow)
{
    async_begin;
    for (self->i = 0; self->i < 5; self->i++) {
        self->byte = faults_byte((size_t)self->i);
        async_stream_write(self->stream, &self->byte, 1);
        await(async_sleep, .delay = async_ms(1));
    }
    async_end;
}
struct graceful { async_frame frame; async_server server; async_stream stream; int port; async_bytes bytes; };
async(graceful)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(slow));
    if ((self->port = async_server_port(&self->server)) < 0)
        async_raise(ASYNC_INVALID_STATE);
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = self->port);
    await_into(self->bytes, async_stream_readexactly, .stream = &self->stream, .size = 1);
    RIGHT(self->bytes.size == 1 && faults_same(self->bytes.data, 0, 1));
    await(async_server_close, .server = &self->server, .timeout = async_seconds(20));
    await_into(self->bytes, async_stream_readall, .stream = &self->stream);
    RIGHT(faults_same(self->bytes.data, 1, self->bytes.size));
    if (self->bytes.size < 4)
        async_raise(ASYNC_INCOMPLETE_READ);
    RIGHT(self->bytes.size == 4);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}
SCENARIO(server, graceful) { return RUN(graceful); }

struct local { async_frame frame; async_server server; async_stream stream; };
async(local)
{
    async_begin;
    await(async_start_unix_server, .server = &self->server, .path = faults_path("socket"), .handler = async_handler(echo));
    await(async_open_unix_connection, .stream = &self->stream, .path = faults_path("socket"));
    await(talk, .stream = &self->stream);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}
SCENARIO(server, local) { return RUN(local); }

/* What a peer wrote before it closed is read, line by line. */
struct lines { async_frame frame; async_stream ends[2]; int fds[2], i; bool opened; async_bytes line; char text[40]; };
async(lines)
{
    async_status status;
    async_begin;
    self->fds[0] = self->fds[1] = -1;
    if ((status = async_socket_pair(1 /* SOCK_STREAM */, self->fds)) < 0)
        async_raise(status);
    self->opened = true;
    for (self->i = 0; self->i < 2; self->i++) {
        if ((status = async_stream_open(&self->ends[self->i], self->fds[self->i])) < 0)
            async_raise(status);
        self->fds[self->i] = -1;
    }
    for (self->i = 0; self->i < 20; self->i++) {
        snprintf(self->text, sizeof self->text, "line %d\r\n", self->i);
        async_stream_write(&self->ends[0], self->text, strlen(self->text));
    }
    async_stream_close_nowait(&self->ends[0]);
    for (self->i = 0; self->i < 20; self->i++) {
        await_into(self->line, async_stream_readuntil, .stream = &self->ends[1], .separator = "\r\n");
        snprintf(self->text, sizeof self->text, "line %d\r\n", self->i);
        RIGHT(self->line.size == strlen(self->text) && memcmp(self->line.data, self->text, self->line.size) == 0);
    }
    await_into(self->line, async_stream_readline, .stream = &self->ends[1]);
    RIGHT(self->line.size == 0 && async_stream_at_eof(&self->ends[1]));
    async_finally;
    for (self->i = 0; self->i < 2; self->i++) {
        await(async_stream_close, .stream = &self->ends[self->i]);
        if (self->opened && self->fds[self->i] >= 0)
            async_fd_close(self->fds[self->i]);
    }
    async_end;
}
SCENARIO(streams, lines) { return RUN(lines); }

/* Both ends of a pipe; more than it holds, so that the writer waits and what is left goes in the background. */
int __real_pipe(int *fds);
ssize_t __real_write(int fd, const void *from, size_t size);
struct through { async_frame frame; async_stream in, out; int fds[2]; size_t size, got; char *all; async_bytes bytes; };
async(through)
{
    async_status status;
    async_begin;
    self->fds[0] = self->fds[1] = -1;
    if (__real_pipe(self->fds) != 0)
        async_raise(ASYNC_NO_MEMORY);
    if ((status = async_stream_open_pair(&self->in, self->fds[0], -1)) < 0)
        async_raise(status);
    self->fds[0] = -1;
    if ((status = async_stream_open_pair(&self->out, -1, self->fds[1])) < 0)
        async_raise(status);
    self->fds[1] = -1;
    self->all = (char *)ASYNCIO_MALLOC(self->size);
    if (self->all == NULL)
        async_raise(ASYNC_NO_MEMORY);
    faults_fill(self->all, 0, self->size);
    if ((status = async_stream_write(&self->out, self->all, self->size)) < 0)
        async_raise(status);
    async_stream_close_nowait(&self->out);
    for (;;) {
        await_into(self->bytes, async_stream_read, .stream = &self->in, .size = 20000);
        if (self->bytes.size == 0)
            break;
        RIGHT(self->got + self->bytes.size <= self->size && faults_same(self->bytes.data, self->got, self->bytes.size));
        self->got += self->bytes.size;
    }
    if (self->got < self->size)
        async_raise(ASYNC_INCOMPLETE_READ);
    async_finally;
    if (self->all != NULL)
        ASYNCIO_FREE(self->all);
    async_stream_abort(&self->in);
    async_stream_abort(&self->out);
    if (self->fds[0] >= 0)
        async_fd_close(self->fds[0]);
    if (self->fds[1] >= 0)
        async_fd_close(self->fds[1]);
    async_end;
}
SCENARIO(streams, pipe) { return RUN(through, .size = 100000); }

/* Who writes to a peer that is gone is told; no signal. */
struct gone { async_frame frame; async_stream stream; int fds[2], i, pipe; async_status status; };
async(gone)
{
    async_begin;
    self->fds[0] = self->fds[1] = -1;
    self->status = self->pipe ? (__real_pipe(self->fds) != 0 ? ASYNC_NO_MEMORY : ASYNC_OK)
                              : async_socket_pair(1 /* SOCK_STREAM */, self->fds);
    if (self->status < 0) {
        self->fds[0] = self->fds[1] = -1;
        async_raise(self->status);
    }
    if ((self->status = async_stream_open_pair(&self->stream, -1, self->fds[1])) < 0)
        async_raise(self->status);
    self->fds[1] = -1;
    async_fd_close(self->fds[0]);
    self->fds[0] = -1;
    self->status = ASYNC_OK;
    for (self->i = 0; self->i < 100 && self->status == ASYNC_OK; self->i++) {
        async_stream_write(&self->stream, "0123456789", 10);
        await_catch(self->status, async_stream_drain, .stream = &self->stream);
        await(async_sleep);
    }
    RIGHT(self->status < 0);
    if (self->status != -EPIPE && self->status != -ECONNRESET)
        async_raise(self->status);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    if (self->fds[0] >= 0)
        async_fd_close(self->fds[0]);
    if (self->fds[1] >= 0)
        async_fd_close(self->fds[1]);
    async_end;
}
SCENARIO(streams, gone_socket) { return RUN(gone, .pipe = 0); }
SCENARIO(streams, gone_pipe) { return RUN(gone, .pipe = 1); }

/* A terminal in place of standard input and output. */
int posix_openpt(int flags);
int grantpt(int fd);
int unlockpt(int fd);
char *ptsname(int fd);
static void dup_all(int in, int out)
{
    while (in >= 0 && dup2(in, 0) < 0) {
    }
    while (out >= 0 && dup2(out, 1) < 0) {
    }
}
struct terminal { async_frame frame; int master, slave, in, out; async_stream stream; async_bytes line; };
async(terminal)
{
    async_status status;
    async_begin;
    self->slave = -1;
    self->in = fcntl(0, F_DUPFD_CLOEXEC, 3);
    self->out = fcntl(1, F_DUPFD_CLOEXEC, 3);
    self->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (self->in < 0 || self->out < 0 || self->master < 0 || grantpt(self->master) != 0 || unlockpt(self->master) != 0)
        async_raise(ASYNC_NO_MEMORY);
    do
        self->slave = open(ptsname(self->master), O_RDWR | O_NOCTTY);
    while (self->slave < 0 && errno == EINTR);
    if (self->slave < 0)
        async_raise(ASYNC_NO_MEMORY);
    dup_all(self->slave, self->slave);
    if ((status = async_stream_open_stdio(&self->stream)) < 0)
        async_raise(status);
    if (__real_write(self->master, "hello\n", 6) != 6)
        async_raise(ASYNC_NO_MEMORY);
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    RIGHT(self->line.size == 6 && memcmp(self->line.data, "hello\n", 6) == 0);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    dup_all(self->in, self->out);
    if (self->in >= 0)
        close(self->in);
    if (self->out >= 0)
        close(self->out);
    if (self->master >= 0)
        close(self->master);
    if (self->slave >= 0)
        close(self->slave);
    async_end;
}
SCENARIO(streams, terminal) { return RUN(terminal); }
