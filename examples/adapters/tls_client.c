/* A TLS client: what comes on standard input goes to the server, and what the server sends to standard output.
 *
 *     cc -Iinclude examples/adapters/tls_client.c -o tls_client -lssl -lcrypto -pthread
 *     printf 'GET / HTTP/1.0\r\nHost: example.org\r\n\r\n' | ./tls_client example.org 443
 *     ./tls_client localhost 8443 ca.pem echo      trusts ca.pem only, and asks for the protocol "echo" (ALPN)
 */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "tls.h"
#include <stdio.h>
#include <stdlib.h>

struct pump {
    async_frame frame;
    async_stream *from, *to;
    async_bytes bytes;
};

async(pump)
{
    async_begin;
    do {
        await_into(self->bytes, async_stream_read, .stream = self->from, .size = 65536);
        async_stream_write(self->to, self->bytes.data, self->bytes.size);
        await(async_stream_drain, .stream = self->to); /* it also says what is wrong with the write */
    } while (self->bytes.size > 0);
    async_stream_write_eof(self->to);
    async_end;
}

struct client {
    async_frame frame;
    const char *host, *alpn;
    int port;
    SSL_CTX *context;
    async_stream server, terminal;
    async_task *sending;
    const char *reason;
    async_status status;
};

async(client)
{
    const unsigned char *alpn;
    unsigned size;
    async_begin;
    await(async_open_connection, .stream = &self->server, .host = self->host, .port = self->port);
    await_for_catch(async_seconds(10), self->status, tls_connect, .stream = &self->server, .context = self->context,
        .host = self->host, .alpn = self->alpn, .reason = &self->reason);
    if (self->reason != NULL)
        fprintf(stderr, "%s\n", self->reason);
    if (self->status < 0)
        async_raise(self->status);
    SSL_get0_alpn_selected(tls_of(&self->server), &alpn, &size);
    fprintf(stderr, "%s, protocol \"%.*s\"\n", SSL_get_version(tls_of(&self->server)), (int)size, (const char *)alpn);
    self->status = async_stream_open_stdio(&self->terminal);
    if (self->status < 0)
        async_raise(self->status);
    self->sending = async_create_task(pump, .from = &self->terminal, .to = &self->server);
    await(pump, .from = &self->server, .to = &self->terminal);
    async_finally;
    if (self->sending != NULL) {
        async_cancel(self->sending);
        await_catch(self->status, async_join, .task = self->sending); /* it uses our streams */
        async_release(self->sending);
    }
    await(async_stream_close, .stream = &self->server);
    await(async_stream_close, .stream = &self->terminal);
    async_end;
}

int main(int argc, char **argv)
{
    SSL_CTX *context = tls_client_context(argc > 3 ? argv[3] : NULL);
    char alpn[256] = "";
    async_status status;
    if (argc < 3 || context == NULL) {
        fprintf(stderr, "usage: %s HOST PORT [CA-FILE [PROTOCOL]]\n", argv[0]);
        return 2;
    }
    if (argc > 4)
        alpn[0] = (char)snprintf(alpn + 1, sizeof alpn - 1, "%.200s", argv[4]);
    status = async_run(client, .host = argv[1], .port = atoi(argv[2]), .context = context,
        .alpn = argc > 4 ? alpn : NULL);
    SSL_CTX_free(context);
    if (status < 0)
        fprintf(stderr, "%s\n", status == TLS_NOT_TRUSTED ? "not trusted" : status == TLS_TRUNCATED ? "truncated" :
            status == TLS_FAILED ? "TLS failed" : async_strerror(status));
    return status < 0;
}
