/* readline() gives lines with their end, then the rest, then nothing. */
#include "stream.h"

struct top { async_frame frame; async_stream stream; async_bytes line; int i; };

async(top)
{
    async_begin;
    open_reader(&self->stream);
    feed(&self->stream, "one\ntwo\nre");
    feed(&self->stream, "st");
    async_stream_feed_eof(&self->stream);
    for (self->i = 0; self->i < 5; self->i++) {
        await_into(self->line, async_stream_readline, .stream = &self->stream);
        for (size_t k = 0; k < self->line.size; k++)
            putchar(self->line.data[k] == '\n' ? '/' : self->line.data[k]);
        printf(" %s\n", truth(async_stream_at_eof(&self->stream)));
    }
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
