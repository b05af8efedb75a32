/* An error set on the stream is raised in the waiting task and in later reads. */
#include "stream.h"

struct reading { async_frame frame; const char *name; async_stream *stream; async_status status; };

async(reading)
{
    async_begin;
    await_catch(self->status, async_stream_read, .stream = self->stream, .size = 10);
    if (self->status != BOOM)
        async_raise(self->status);
    printf("%s Boom\n", self->name);
    async_end;
}

struct top { async_frame frame; async_stream stream; async_task *task; };

async(top)
{
    async_begin;
    open_reader(&self->stream);
    self->task = async_create_task(reading, .name = "waiting", .stream = &self->stream);
    await(async_sleep);
    async_stream_set_exception(&self->stream, BOOM);
    await(async_join, .task = self->task);
    await(reading, .name = "later", .stream = &self->stream);
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
