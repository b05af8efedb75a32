/* Five clients at once, each gets its own answer. */
#include "stream.h"

enum { CLIENTS = 5 };

struct serve { async_frame frame; async_stream *stream; void *context; async_bytes line; };

async(serve)
{
    async_begin;
    await_into(self->line, async_stream_readline, .stream = self->stream);
    {
        char answer[16];
        int n = atoi(self->line.data);
        int size = snprintf(answer, sizeof answer, "%d\n", n * n);
        async_stream_write(self->stream, answer, (size_t)size);
    }
    await(async_stream_drain, .stream = self->stream);
    async_end;
}

struct client { async_frame frame; int port, n; async_stream stream; async_bytes line; int result; };

async(client)
{
    async_begin;
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1", .port = self->port);
    {
        char question[16];
        int size = snprintf(question, sizeof question, "%d\n", self->n);
        async_stream_write(&self->stream, question, (size_t)size);
    }
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    async_return(atoi(self->line.data));
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

struct top { async_frame frame; async_server server; async_task *tasks[CLIENTS]; };

async(top)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = 0,
        .handler = async_handler(serve));
    for (int n = 0; n < CLIENTS; n++)
        self->tasks[n] = async_create_task(client, .port = async_server_port(&self->server), .n = n);
    await(async_gather, .tasks = self->tasks, .count = CLIENTS);
    {
        int results[CLIENTS];
        for (int n = 0; n < CLIENTS; n++)
            results[n] = async_result(self->tasks[n], client);
        print_ints(results, CLIENTS);
        putchar('\n');
    }
    async_finally;
    release_all(self->tasks, CLIENTS);
    await(async_server_close, .server = &self->server);
    async_end;
}

int main(void) { return async_run(top) < 0; }
