/* Above the high-water mark pause_writing(), below the low one resume_writing(). */
#include "trace.h"

enum { SIZE = 16 * 1024 * 1024 };
static char zeros[SIZE];

struct client {
    async_protocol protocol;
    async_transport *transport; /* until it is lost */
    async_future resumed;
};

static void connection_made(async_protocol *protocol, async_transport *transport)
{
    ((struct client *)protocol)->transport = transport;
}

static void connection_lost(async_protocol *protocol, async_status status)
{
    ((struct client *)protocol)->transport = NULL;
    if (status < 0)
        async_future_set_exception(&((struct client *)protocol)->resumed, status);
}

static void pause_writing(async_protocol *protocol)
{
    (void)protocol;
    puts("pause_writing");
}

static void resume_writing(async_protocol *protocol)
{
    puts("resume_writing");
    async_future_set_result(&((struct client *)protocol)->resumed, NULL);
}

static const async_protocol_type client_type = { .connection_made = connection_made,
    .connection_lost = connection_lost, .pause_writing = pause_writing, .resume_writing = resume_writing };

struct top {
    async_frame frame;
    async_event gate, finished;
    async_server server;
    struct client client;
    async_transport *transport;
    size_t low, high;
};

struct serve { async_frame frame; async_stream *stream; struct top *top; async_bytes data; };

async(serve)
{
    async_begin;
    await(async_event_wait, .event = &self->top->gate);
    do
        await_into(self->data, async_stream_read, .stream = self->stream, .size = 65536);
    while (self->data.size > 0);
    async_finally;
    async_event_set(&self->top->finished);
    async_end;
}

async(top)
{
    async_begin;
    self->client.protocol.type = &client_type;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .handler = async_handler(serve),
        .context = self);
    await_into(self->transport, async_create_connection, .protocol = &self->client.protocol, .host = "127.0.0.1",
        .port = async_server_port(&self->server));
    async_transport_set_write_buffer_limits(self->transport, 1000, 250);
    async_transport_get_write_buffer_limits(self->transport, &self->low, &self->high);
    printf("limits (%d, %d)\n", (int)self->low, (int)self->high);
    async_transport_write(self->transport, zeros, SIZE);
    puts("written");
    async_event_set(&self->gate);
    await(async_future_wait, .future = &self->client.resumed);
    async_transport_close(self->transport);
    await(async_event_wait, .event = &self->finished);
    async_finally;
    await(async_server_close, .server = &self->server);
    if (self->client.transport != NULL)
        async_transport_abort(self->client.transport);
    while (self->client.transport != NULL) /* the protocol is in this frame */
        await(async_sleep);
    async_end;
}

int main(void) { return async_run(top) < 0; }
