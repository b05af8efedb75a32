/* read(n) gives what is there, at most n; readall() waits for the end. */
#include "stream.h"

struct top { async_frame frame; async_stream stream; async_bytes data; async_handle feeds[3]; };

static void feed_gh(async_handle *handle) { feed((async_stream *)handle->data, "gh"); }
static void feed_ij(async_handle *handle) { feed((async_stream *)handle->data, "ij"); }
static void feed_eof(async_handle *handle) { async_stream_feed_eof((async_stream *)handle->data); }

async(top)
{
    async_begin;
    open_reader(&self->stream);
    feed(&self->stream, "abcdef");
    await_into(self->data, async_stream_read, .stream = &self->stream, .size = 4);
    print_stripped(self->data);
    await_into(self->data, async_stream_read, .stream = &self->stream, .size = 4);
    print_stripped(self->data);
    await_into(self->data, async_stream_read, .stream = &self->stream, .size = 0);
    printf("%d\n", (int)self->data.size);
    async_call_soon(&self->feeds[0], feed_gh, &self->stream);
    async_call_soon(&self->feeds[1], feed_ij, &self->stream);
    async_call_soon(&self->feeds[2], feed_eof, &self->stream);
    await_into(self->data, async_stream_readall, .stream = &self->stream);
    print_stripped(self->data);
    await_into(self->data, async_stream_read, .stream = &self->stream, .size = 1);
    printf("%d %s\n", (int)self->data.size, truth(async_stream_at_eof(&self->stream)));
    async_finally;
    for (int i = 0; i < 3; i++)
        async_handle_cancel(&self->feeds[i]);
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
