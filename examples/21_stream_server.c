/* The echo server again, with streams: one task per client, lines, and an orderly end. Try it with `nc localhost 8888`.
 *
 * The server owns the clients' streams, and closes each when its handler ends, in whatever way. Ctrl-C cancels
 * serve_forever, which stops listening, gives the clients two seconds to finish, and then cancels their handlers. An
 * argument is another port; 0 is any. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>

struct echo {
    async_frame frame;
    async_stream *stream; /* these two the server sets */
    int *lines;
    async_bytes line; /* a view into the stream's buffer, valid until the next read */
};

async(echo)
{
    async_begin;
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = self->stream);
        if (self->line.size == 0) /* the client has hung up */
            break;
        async_stream_write(self->stream, self->line.data, self->line.size);
        await(async_stream_drain, .stream = self->stream); /* waits for a client that does not read */
        ++*self->lines;
    }
    async_end;
}

struct server { async_frame frame; int port, lines; async_server server; };

async(server)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "localhost", .port = self->port,
        .handler = async_handler(echo), .context = &self->lines);
    printf("listening on port %d\n", async_server_port(&self->server));
    fflush(stdout);
    await(async_server_serve_forever, .server = &self->server, .timeout = async_seconds(2));
    async_finally;
    printf("%d lines\n", self->lines);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(server, .port = argc > 1 ? atoi(argv[1]) : 8888);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
