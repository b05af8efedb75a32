/* drain suspends while the peer does not read, and goes on when it does. */
#include "stream.h"

enum { SIZE = 16 * 1024 * 1024 };

struct top {
    async_frame frame;
    async_event gate;
    async_future got;
    async_server server;
    async_stream stream;
    async_task *sender;
    void *received;
};

struct serve { async_frame frame; async_stream *stream; struct top *top; async_bytes data; size_t n; };

async(serve)
{
    async_begin;
    await(async_event_wait, .event = &self->top->gate);
    do {
        await_into(self->data, async_stream_read, .stream = self->stream, .size = 65536);
        self->n += self->data.size;
    } while (self->data.size > 0);
    async_finally;
    if (async_error == ASYNC_OK)
        async_future_set_result(&self->top->got, (void *)(uintptr_t)self->n);
    else
        async_future_set_exception(&self->top->got, async_error);
    async_end;
}

static char zeros[SIZE];

struct sending { async_frame frame; async_stream *stream; };

async(sending)
{
    async_begin;
    async_stream_write(self->stream, zeros, SIZE);
    puts("written");
    await(async_stream_drain, .stream = self->stream);
    puts("drained");
    async_finally;
    await(async_stream_close, .stream = self->stream);
    async_end;
}

async(top)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = 0,
        .handler = async_handler(serve), .context = self);
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1",
        .port = async_server_port(&self->server));
    self->sender = async_create_task(sending, .stream = &self->stream);
    await(async_sleep, .delay = 4 * TICK);
    printf("sender done %s\n", truth(async_task_done(self->sender)));
    async_event_set(&self->gate);
    await(async_join, .task = self->sender);
    await_into(self->received, async_future_wait, .future = &self->got);
    printf("received all %s\n", truth((uintptr_t)self->received == SIZE));
    async_finally;
    async_cancel(self->sender);
    async_release(self->sender);
    await(async_server_close, .server = &self->server);
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

int main(void) { return async_run(top) < 0; }
