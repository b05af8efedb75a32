/* A client for line servers: HOST PORT. What is typed is sent, what comes is printed: `nc`, in two tasks.
 *
 * Standard input and output are a stream like any other. When the input ends, the server is told with write_eof that no
 * more comes, and what it still has to say is printed; when the server hangs up, the task that waits for input is
 * cancelled. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>

struct copy { async_frame frame; async_stream *from, *to; async_bytes data; };

async(copy)
{
    async_begin;
    for (;;) {
        await_into(self->data, async_stream_read, .stream = self->from, .size = 65536);
        if (self->data.size == 0)
            break;
        async_stream_write(self->to, self->data.data, self->data.size);
        await(async_stream_drain, .stream = self->to);
    }
    async_stream_write_eof(self->to);
    async_end;
}

struct client {
    async_frame frame;
    const char *host;
    int port;
    async_stream terminal, server;
    async_task *typing;
};

async(client)
{
    async_begin;
    await(async_open_connection, .stream = &self->server, .host = self->host, .port = self->port);
    {
        async_status status = async_stream_open_stdio(&self->terminal);
        if (status < 0)
            async_raise(status);
    }
    self->typing = async_create_task(copy, .from = &self->terminal, .to = &self->server);
    await(copy, .from = &self->server, .to = &self->terminal);
    async_finally; /* closing sends what was written first, and does nothing to what never opened */
    async_cancel(self->typing);
    async_release(self->typing);
    await(async_stream_close, .stream = &self->terminal);
    await(async_stream_close, .stream = &self->server);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(client, .host = argc > 1 ? argv[1] : "localhost",
        .port = argc > 2 ? atoi(argv[2]) : 8888);
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0;
}
