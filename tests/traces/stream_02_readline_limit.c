/* A line longer than the limit: readline() fails and drops what was read; readuntil() fails and keeps it. */
#include "stream.h"

struct top { async_frame frame; async_stream stream; async_bytes line; async_status status; size_t consumed; };

async(top)
{
    async_begin;
    open_reader(&self->stream);
    async_stream_set_limit(&self->stream, 5);
    feed(&self->stream, "much too long\nok\n");
    await_catch(self->status, async_stream_readuntil, .stream = &self->stream, .separator = "\n",
        .consumed = &self->consumed);
    if (self->status == ASYNC_LIMIT_OVERRUN)
        printf("LimitOverrun %d\n", (int)self->consumed);
    await_catch(self->status, async_stream_readline, .stream = &self->stream);
    if (self->status == ASYNC_LIMIT_OVERRUN)
        puts("ValueError");
    await_into(self->line, async_stream_readline, .stream = &self->stream);
    print_stripped(self->line);
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
