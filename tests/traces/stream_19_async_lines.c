/* A stream as a source of lines until the end. */
#include "stream.h"

struct top { async_frame frame; async_stream stream; async_timer_handle timers[4]; async_bytes line; int n; };

static void feed_line(async_handle *handle)
{
    struct top *top = handle->data;
    char text[16];
    int i = (int)((async_timer_handle *)(void *)handle - top->timers);
    snprintf(text, sizeof text, "line %d\n", i);
    feed(&top->stream, text);
}

static void feed_eof(async_handle *handle) { async_stream_feed_eof(&((struct top *)handle->data)->stream); }

async(top)
{
    async_begin;
    open_reader(&self->stream);
    for (int i = 0; i < 4; i++) {
        async_status status = async_call_later(TICK * (i + 1), &self->timers[i], i < 3 ? feed_line : feed_eof, self);
        if (status < 0)
            async_raise(status);
    }
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = &self->stream);
        if (self->line.size == 0)
            break;
        print_stripped(self->line);
        self->n++;
    }
    printf("lines %d\n", self->n);
    async_finally;
    for (int i = 0; i < 4; i++)
        async_timer_handle_cancel(&self->timers[i]);
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
