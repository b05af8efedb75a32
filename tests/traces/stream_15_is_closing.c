/* Closing marks the stream at once; wait_closed waits for it. */
#include "stream.h"

struct serve { async_frame frame; async_stream *stream; void *context; async_bytes data; };

async(serve)
{
    async_begin;
    await_into(self->data, async_stream_readall, .stream = self->stream);
    printf("server read %d\n", (int)self->data.size);
    async_end;
}

struct top { async_frame frame; async_server server; async_stream stream; };

async(top)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = 0,
        .handler = async_handler(serve));
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1",
        .port = async_server_port(&self->server));
    async_stream_write(&self->stream, "12345", 5);
    printf("closing %s\n", truth(async_stream_is_closing(&self->stream)));
    async_stream_close_nowait(&self->stream);
    printf("closing %s\n", truth(async_stream_is_closing(&self->stream)));
    await(async_stream_wait_closed, .stream = &self->stream);
    await(async_sleep, .delay = 2 * TICK);
    async_server_close_nowait(&self->server);
    puts("end");
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}

int main(void) { return async_run(top) < 0; }
