/* A TLS server that sends back what it gets, and prints who came: the name the client asked for (SNI), and the protocol
 * (ALPN), which is "echo" if the client wants any.
 *
 *     cc -Iinclude examples/adapters/tls_server.c -o tls_server -lssl -lcrypto -pthread
 *     ./tls_server certificate.pem key.pem 8443
 */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "tls.h"
#include <stdio.h>
#include <stdlib.h>

struct serve {
    async_frame frame;
    async_stream *stream;
    SSL_CTX *context;
    const char *reason;
    async_bytes bytes;
};

async(serve)
{
    const unsigned char *alpn;
    const char *name;
    unsigned size;
    async_begin;
    await_for(async_seconds(2), tls_accept, .stream = self->stream, .context = self->context, .reason = &self->reason);
    SSL_get0_alpn_selected(tls_of(self->stream), &alpn, &size);
    name = SSL_get_servername(tls_of(self->stream), TLSEXT_NAMETYPE_host_name);
    printf("name \"%s\", protocol \"%.*s\"\n", name != NULL ? name : "", (int)size, (const char *)alpn);
    fflush(stdout);
    do {
        await_into(self->bytes, async_stream_read, .stream = self->stream, .size = 65536);
        async_stream_write(self->stream, self->bytes.data, self->bytes.size);
        await(async_stream_drain, .stream = self->stream);
    } while (self->bytes.size > 0);
    async_end; /* the server closes the stream, which sends the close notification */
}

/* A client's failure is not the server's. */
struct serve_client {
    async_frame frame;
    async_stream *stream;
    SSL_CTX *context;
    async_status status;
};

async(serve_client)
{
    async_begin;
    await_catch(self->status, serve, .stream = self->stream, .context = self->context);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    if (self->status < 0) {
        printf("a client failed: %s\n", self->status == TLS_FAILED ? "TLS failed" :
            self->status == TLS_TRUNCATED ? "truncated" : async_strerror(self->status));
        fflush(stdout);
    }
    async_end;
}

struct main_ {
    async_frame frame;
    int port;
    SSL_CTX *context;
    async_server server;
};

async(main_)
{
    async_begin;
    await(async_start_server, .server = &self->server, .port = self->port, .handler = async_handler(serve_client),
        .context = self->context);
    printf("listening on port %d\n", async_server_port(&self->server));
    fflush(stdout);
    await(async_server_serve_forever, .server = &self->server);
    async_finally;
    await(async_server_close, .server = &self->server);
    async_end;
}

int main(int argc, char **argv)
{
    SSL_CTX *context = argc > 2 ? tls_server_context(argv[1], argv[2], "\4echo") : NULL;
    async_status status;
    if (context == NULL) {
        fprintf(stderr, "usage: %s CERTIFICATE KEY [PORT]\n", argv[0]);
        return 2;
    }
    status = async_run(main_, .port = argc > 3 ? atoi(argv[3]) : 8443, .context = context);
    SSL_CTX_free(context);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
