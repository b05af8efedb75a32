/* Both ends of TLS in one process, over a pair of sockets: a conversation, and the same cancelled at each point at which it
 * can be, in each task: nothing hangs, nothing is left. Called with CA, CERTIFICATE KEY, and a CERTIFICATE KEY that the
 * CA has not signed. */
#define ASYNCIO_VERIFY 1
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "tls.h"
#include <stdio.h>
#include <stdlib.h>

static SSL_CTX *client_context, *server_context, *alone_context;

#define MUST(condition) ((condition) ? (void)0 : failed(#condition, __LINE__))

static void failed(const char *what, int line)
{
    fprintf(stderr, "tls_pair.c:%d: %s\n", line, what);
    abort();
}

struct server {
    async_frame frame;
    async_stream *stream;
    SSL_CTX *context;
    async_bytes bytes;
    const char *reason;
};

async(server)
{
    async_begin;
    await(tls_accept, .stream = self->stream, .context = self->context, .reason = &self->reason);
    MUST(strcmp(SSL_get_servername(tls_of(self->stream), TLSEXT_NAMETYPE_host_name), "localhost") == 0);
    do {
        await_into(self->bytes, async_stream_read, .stream = self->stream, .size = 65536);
        async_stream_write(self->stream, self->bytes.data, self->bytes.size);
        await(async_stream_drain, .stream = self->stream);
    } while (self->bytes.size > 0);
    async_finally;
    await(async_stream_close, .stream = self->stream);
    async_end;
}

enum { SIZE = 20000 };

struct conversation {
    async_frame frame;
    SSL_CTX *context;
    async_stream client, server;
    async_timeout timeout;
    async_task_group group;
    async_bytes bytes;
    const char *reason;
    size_t got;
    char data[SIZE];
};

async(conversation)
{
    int fds[2];
    size_t i;
    async_begin;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        async_raise(-errno);
    if (async_stream_open(&self->client, fds[0]) < 0) {
        close(fds[0]);
        close(fds[1]);
        async_raise(ASYNC_NO_MEMORY);
    }
    if (async_stream_open(&self->server, fds[1]) < 0) {
        close(fds[1]);
        async_raise(ASYNC_NO_MEMORY);
    }
    async_timeout_enter(&self->timeout, async_seconds(10)); /* a server that is cancelled before it begins says nothing */
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, server, .stream = &self->server, .context = self->context);
    await(tls_connect, .stream = &self->client, .context = client_context, .host = "localhost", .alpn = "\4echo",
        .reason = &self->reason);
    for (i = 0; i < SIZE; i++)
        self->data[i] = (char)(i * 7);
    async_stream_write(&self->client, self->data, SIZE);
    async_stream_write_eof(&self->client); /* a half close: the answer still comes */
    do {
        await_into(self->bytes, async_stream_read, .stream = &self->client, .size = 65536);
        MUST(self->got + self->bytes.size <= SIZE);
        MUST(memcmp(self->data + self->got, self->bytes.data, self->bytes.size) == 0);
        self->got += self->bytes.size;
    } while (self->bytes.size > 0);
    MUST(self->got == SIZE);
    async_finally;
    await(async_stream_close, .stream = &self->client);
    await(async_stream_close, .stream = &self->server);
    async_end;
}

static bool any_end(void *data, const async_verify_run *run)
{
    (void)data;
    return run->status == ASYNC_OK || run->status == ASYNC_CANCELLED || run->status == ASYNC_TIMED_OUT ||
        run->status == TLS_TRUNCATED ||
        run->status == TLS_FAILED || run->status == -EPIPE || run->status == -ECONNRESET;
}

int main(int argc, char **argv)
{
    async_verify mine = { 0 }, every = { 0 };
    async_status status;
    MUST(argc == 6);
    setvbuf(stdout, NULL, _IOLBF, 0);
    client_context = tls_client_context(argv[1]);
    server_context = tls_server_context(argv[2], argv[3], "\4echo");
    alone_context = tls_server_context(argv[4], argv[5], NULL);
    MUST(client_context != NULL && server_context != NULL && alone_context != NULL);
    MUST(tls_client_context("no such file") == NULL && tls_server_context("no such file", "neither", NULL) == NULL);
    status = async_run(conversation, .context = server_context);
    MUST(status == ASYNC_OK);
    puts("ok both ends in one process: a half close, all bytes");
    status = async_run(conversation, .context = alone_context);
    MUST(status == TLS_NOT_TRUSTED);
    puts("ok both ends in one process: not trusted");
    MUST(async_cancel_everywhere(&mine, conversation, .context = server_context));
    every.every_task = true;
    every.again = true;
    every.after = any_end;
    MUST(async_cancel_everywhere(&every, conversation, .context = server_context));
    printf("ok cancelled at each of %u points\n", (unsigned)(mine.cancels + every.cancels));
    SSL_CTX_free(client_context);
    SSL_CTX_free(server_context);
    SSL_CTX_free(alone_context);
    return 0;
}
