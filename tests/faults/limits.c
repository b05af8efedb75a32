/* What runs out by itself: descriptors for a server's clients, and room for a peer that never reads. */
#include "faults.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

struct echo { async_frame frame; async_stream *stream; void *context; async_bytes bytes; };
async(echo)
{
    async_begin;
    await_into(self->bytes, async_stream_readexactly, .stream = self->stream, .size = 5);
    async_stream_write(self->stream, self->bytes.data, self->bytes.size);
    async_end;
}

/* No descriptor is left for the client: the server tries again, and serves it once there is. */
struct exhausted { async_frame frame; async_server server; async_stream stream; int fds[64], used; async_bytes bytes; };
async(exhausted)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(echo));
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = async_server_port(&self->server));
    while (self->used < 64 && (self->fds[self->used] = dup(0)) >= 0)
        self->used++;
    RIGHT(self->used < 64);
    async_stream_write(&self->stream, "hello", 5);
    await(async_stream_drain, .stream = &self->stream);
    await(async_sleep, .delay = async_ms(50));
    while (self->used > 0)
        close(self->fds[--self->used]);
    await_into(self->bytes, async_stream_readall, .stream = &self->stream);
    RIGHT(self->bytes.size == 5 && memcmp(self->bytes.data, "hello", 5) == 0);
    async_finally;
    while (self->used > 0)
        close(self->fds[--self->used]);
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}
SCENARIO(limits, descriptors)
{
    struct rlimit limit = { 40, 40 };
    setrlimit(RLIMIT_NOFILE, &limit);
    return RUN(exhausted);
}

/* A client that never reads holds its handler at the high-water mark, until the handler's own deadline. */
struct pour { async_frame frame; async_stream *stream; int *late; async_status status; size_t most; char block[10000]; };
struct poured { async_frame frame; async_stream *stream; size_t *most; char block[10000]; };
async(poured)
{
    async_begin;
    for (;;) {
        async_stream_write(self->stream, self->block, sizeof self->block);
        if (async_stream_get_write_buffer_size(self->stream) > *self->most)
            *self->most = async_stream_get_write_buffer_size(self->stream);
        await(async_stream_drain, .stream = self->stream);
    }
    async_end;
}
async(pour)
{
    async_begin;
    await_for_catch(async_ms(300), self->status, poured, .stream = self->stream, .most = &self->most);
    RIGHT(self->status == ASYNC_TIMED_OUT);
    RIGHT(self->most > 0 && self->most <= 65536 + sizeof self->block);
    async_stream_abort(self->stream);
    ++*self->late;
    async_end;
}
struct deaf { async_frame frame; async_server server; async_stream stream; int late; };
async(deaf)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(pour),
        .context = &self->late);
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = async_server_port(&self->server));
    while (self->late == 0)
        await(async_sleep, .delay = async_ms(10));
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}
SCENARIO(limits, never_reads) { return RUN(deaf); }
