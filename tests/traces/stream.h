/* stream.h: what the ports of the stream scenarios share: views as text. */
#ifndef TRACE_STREAM_H
#define TRACE_STREAM_H

#include "trace.h"

/* print(bytes.decode().strip()) */
static inline void print_stripped(async_bytes bytes)
{
    while (bytes.size > 0 && (bytes.data[bytes.size - 1] == '\n' || bytes.data[bytes.size - 1] == ' '))
        bytes.size--;
    printf("%.*s\n", (int)bytes.size, bytes.data);
}

/* A StreamReader that is fed by hand. */
static inline void open_reader(async_stream *stream)
{
    if (async_stream_open_pair(stream, -1, -1) < 0)
        exit(1);
}

static inline void feed(async_stream *stream, const char *text)
{
    if (async_stream_feed_data(stream, text, strlen(text)) < 0)
        exit(1);
}

#endif
