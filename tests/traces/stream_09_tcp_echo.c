/* An echo server and one client. */
#include "stream.h"
#include <ctype.h>

struct serve { async_frame frame; async_stream *stream; void *context; async_bytes line; };

async(serve)
{
    async_begin;
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = self->stream);
        if (self->line.size == 0)
            break;
        for (size_t i = 0; i < self->line.size; i++) {
            char c = (char)toupper((unsigned char)self->line.data[i]);
            async_stream_write(self->stream, &c, 1);
        }
        await(async_stream_drain, .stream = self->stream);
    }
    async_end;
}

struct top { async_frame frame; async_server server; async_stream stream; async_bytes line; int i; };

static const char *const words[] = { "hello\n", "world\n" };

async(top)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = 0,
        .handler = async_handler(serve));
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1",
        .port = async_server_port(&self->server));
    for (self->i = 0; self->i < 2; self->i++) {
        async_stream_write(&self->stream, words[self->i], 6);
        await(async_stream_drain, .stream = &self->stream);
        await_into(self->line, async_stream_readline, .stream = &self->stream);
        print_stripped(self->line);
    }
    await(async_stream_close, .stream = &self->stream);
    async_server_close_nowait(&self->server);
    await(async_server_wait_closed, .server = &self->server);
    printf("serving %s\n", truth(async_server_is_serving(&self->server)));
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}

int main(void) { return async_run(top) < 0; }
