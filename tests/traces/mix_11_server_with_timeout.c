/* A server that gives up on a silent client. On the real clock: a virtual one would jump to the deadline while the
 * system still carries the bytes. */
#include "stream.h"

struct answer { async_frame frame; async_stream *stream; async_bytes line; };

async(answer)
{
    async_begin;
    await_for_into(2 * TICK, self->line, async_stream_readline, .stream = self->stream);
    async_stream_write(self->stream, "you said ", 9);
    async_stream_write(self->stream, self->line.data, self->line.size);
    async_end;
}

struct serve { async_frame frame; async_stream *stream; void *context; async_status status; };

async(serve)
{
    async_begin;
    await_catch(self->status, answer, .stream = self->stream);
    if (self->status == ASYNC_TIMED_OUT) {
        puts("server: Timeout");
        async_stream_write(self->stream, "too slow\n", 9);
    } else if (self->status < 0) {
        async_raise(self->status);
    }
    await(async_stream_drain, .stream = self->stream);
    async_end;
}

struct ask { async_frame frame; int port; const char *question; async_stream stream; async_bytes line; };

async(ask)
{
    async_begin;
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = self->port);
    if (self->question != NULL)
        async_stream_write(&self->stream, self->question, strlen(self->question));
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    print_stripped(self->line);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

struct top { async_frame frame; async_server server; };

async(top)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = 0,
        .handler = async_handler(serve));
    await(ask, .port = async_server_port(&self->server), .question = "hello\n");
    await(ask, .port = async_server_port(&self->server));
    async_finally;
    await(async_server_close, .server = &self->server);
    async_end;
}

int main(void) { return async_run(top) < 0; }
