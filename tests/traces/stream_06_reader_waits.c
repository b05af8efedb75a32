/* A reader suspends until data is fed, and wakes one pass later. */
#include "stream.h"

struct reading { async_frame frame; async_stream *stream; async_bytes data; };

async(reading)
{
    async_begin;
    puts("reading");
    await_into(self->data, async_stream_read, .stream = self->stream, .size = 10);
    printf("got %.*s\n", (int)self->data.size, self->data.data);
    async_end;
}

struct top { async_frame frame; async_stream stream; async_task *task; };

async(top)
{
    async_begin;
    open_reader(&self->stream);
    self->task = async_create_task(reading, .stream = &self->stream);
    await(async_sleep);
    feed(&self->stream, "data");
    printf("fed, done %s\n", truth(async_task_done(self->task)));
    await(async_join, .task = self->task);
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
