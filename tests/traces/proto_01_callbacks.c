/* The order of a protocol's callbacks on both sides. */
#include "trace.h"
#include <ctype.h>

struct connection {
    async_protocol protocol;
    async_transport *transport;
    async_future lost;
};

static struct connection server_side, client_side;

static struct connection *connection_of(async_protocol *protocol) { return (struct connection *)protocol; }

static void server_made(async_protocol *protocol, async_transport *transport)
{
    connection_of(protocol)->transport = transport;
}

static void server_data(async_protocol *protocol, const void *data, size_t size)
{
    char upper[8];
    printf("server data %.*s\n", (int)size, (const char *)data);
    for (size_t i = 0; i < size; i++)
        upper[i] = (char)toupper(((const unsigned char *)data)[i]);
    async_transport_write(connection_of(protocol)->transport, upper, size);
}

static bool server_eof(async_protocol *protocol)
{
    (void)protocol;
    puts("server eof");
    return false;
}

static void server_lost(async_protocol *protocol, async_status status)
{
    printf("server lost %s\n", truth(status == ASYNC_OK));
    async_future_set_result(&connection_of(protocol)->lost, NULL);
}

static void client_made(async_protocol *protocol, async_transport *transport)
{
    puts("client made");
    connection_of(protocol)->transport = transport;
    async_transport_write(transport, "hi", 2);
}

static void client_data(async_protocol *protocol, const void *data, size_t size)
{
    printf("client data %.*s\n", (int)size, (const char *)data);
    async_transport_close(connection_of(protocol)->transport);
}

static void client_lost(async_protocol *protocol, async_status status)
{
    printf("client lost %s\n", truth(status == ASYNC_OK));
    async_future_set_result(&connection_of(protocol)->lost, NULL);
    if (server_side.transport == NULL) /* the server had no memory for it */
        async_future_set_exception(&server_side.lost, ASYNC_NO_MEMORY);
}

static const async_protocol_type server_type = {
    .connection_made = server_made, .data_received = server_data, .eof_received = server_eof, .connection_lost = server_lost };
static const async_protocol_type client_type = {
    .connection_made = client_made, .data_received = client_data, .connection_lost = client_lost };

static struct connection server_side = { .protocol.type = &server_type };
static struct connection client_side = { .protocol.type = &client_type };

static async_protocol *factory(void *context) { return context; }

struct top { async_frame frame; async_server server; };

async(top)
{
    async_begin;
    await(async_create_server, .server = &self->server, .host = "127.0.0.1", .factory = factory,
        .context = &server_side);
    await(async_create_connection, .protocol = &client_side.protocol, .host = "127.0.0.1",
        .port = async_server_port(&self->server));
    await(async_future_wait, .future = &client_side.lost);
    await(async_future_wait, .future = &server_side.lost);
    async_finally;
    await(async_server_close, .server = &self->server);
    async_end;
}

int main(void) { return async_run(top) < 0; }
