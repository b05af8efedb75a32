/* A megabyte there and back, in order. */
#include "stream.h"

enum { SIZE = 1 << 20 };
static char sent[SIZE];

struct serve { async_frame frame; async_stream *stream; void *context; async_bytes data; };

async(serve)
{
    async_begin;
    for (;;) {
        await_into(self->data, async_stream_read, .stream = self->stream, .size = 5000);
        if (self->data.size == 0)
            break;
        async_stream_write(self->stream, self->data.data, self->data.size);
        await(async_stream_drain, .stream = self->stream);
    }
    async_end;
}

struct sending { async_frame frame; async_stream *stream; };

async(sending)
{
    async_begin;
    async_stream_write(self->stream, sent, SIZE);
    await(async_stream_drain, .stream = self->stream);
    async_stream_write_eof(self->stream);
    async_end;
}

struct top { async_frame frame; async_server server; async_stream stream; async_task_group group; async_bytes back; };

async(top)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = 0,
        .handler = async_handler(serve));
    await(async_open_connection, .stream = &self->stream, .host = "127.0.0.1",
        .port = async_server_port(&self->server));
    for (size_t i = 0; i < SIZE; i++)
        sent[i] = (char)(unsigned char)(i * 7 % 251);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, sending, .stream = &self->stream);
    await_into(self->back, async_stream_readall, .stream = &self->stream);
    await(async_task_group_join, .group = &self->group);
    printf("size %d same %s\n", (int)self->back.size,
        truth(self->back.size == SIZE && memcmp(self->back.data, sent, SIZE) == 0));
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    await(async_server_close, .server = &self->server);
    async_end;
}

int main(void) { return async_run(top) < 0; }
