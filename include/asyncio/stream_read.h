/* stream_read.h: reading from a stream. What is read is given as async_bytes: a view into the stream's buffer, which is
 * valid until the stream is read from again, or closed.
 *
 * One task may read a stream at a time: for another one it is MISUSE. A read that fails or is cancelled takes nothing:
 * what has come is there for the next one. */
#ifndef ASYNCIO_STREAM_READ_H
#define ASYNCIO_STREAM_READ_H

#include "stream_write.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* What a leaf that reads begins with. */
typedef struct async_stream_reading_ {
    async_watcher_ watcher;
    struct async_stream_core_ *core; /* held while it waits */
} async_stream_reading_;

/* All of these fail with -errno when the descriptor does (-ECONNRESET), as async_stream_set_exception() says, and with
 * NO_MEMORY when the buffer cannot grow. A stream that was never opened is CLOSED; one that is being closed has ended;
 * one that can only be written is MISUSE. */

/* await_into(bytes, async_stream_read, .stream = s, .size = n): what is there, at most n bytes; waits only when there is
 * nothing. None at the end of the stream, and for n 0, at once. Mirrors StreamReader.read(n).
 * await_into(bytes, async_stream_readall, .stream = s): waits for the end of the stream, and gives all of it: only for a
 * peer that is trusted not to send without end. Mirrors StreamReader.read(). */
struct async_stream_read {
    async_stream_reading_ reading;
    async_stream *stream;
    size_t size;
    async_bytes result;
};
ASYNC_DECLARE(async_stream_read);
struct async_stream_readall {
    async_stream_reading_ reading;
    async_stream *stream;
    async_bytes result;
};
ASYNC_DECLARE(async_stream_readall);

/* await_into(bytes, async_stream_readexactly, .stream = s, .size = n): n bytes. INCOMPLETE_READ when the stream ends
 * before; what there is, async_stream_read gives. */
struct async_stream_readexactly {
    async_stream_reading_ reading;
    async_stream *stream;
    size_t size;
    async_bytes result;
};
ASYNC_DECLARE(async_stream_readexactly);

/* await_into(line, async_stream_readline, .stream = s): a line with its '\n'; at the end of the stream what is left,
 * which may be nothing. LIMIT_OVERRUN when it is longer than the limit: it is dropped, or as much of it as has come. */
struct async_stream_readline {
    async_stream_reading_ reading;
    async_stream *stream;
    size_t searched;
    async_bytes result;
};
ASYNC_DECLARE(async_stream_readline);

/* await_into(bytes, async_stream_readuntil, .stream = s, .separator = "\r\n"): all up to the separator, with it.
 * .separator_size: when it contains zeros; .separator not given: "\n". INCOMPLETE_READ when the stream ends before it,
 * LIMIT_OVERRUN when it does not come within the limit; what was read is there to be read otherwise. .consumed, a size_t,
 * then gets how many bytes have no separator in them. */
struct async_stream_readuntil {
    async_stream_reading_ reading;
    async_stream *stream;
    const char *separator;
    size_t separator_size;
    size_t *consumed;
    size_t searched;
    async_bytes result;
};
ASYNC_DECLARE(async_stream_readuntil);

/* await_into(bytes, async_stream_peek, .stream = s, .size = n): all that is there, once it is n bytes or more, without
 * taking it; fewer only at the end of the stream. For parsers, which then say with async_stream_consume() how much of it
 * they have used: at most all of it. n 0: what is there now. */
struct async_stream_peek {
    async_stream_reading_ reading;
    async_stream *stream;
    size_t size;
    async_bytes result;
};
ASYNC_DECLARE(async_stream_peek);
void async_stream_consume(async_stream *stream, size_t size);

/* async_stream_at_eof: the stream has ended, and all of it was taken. */
bool async_stream_at_eof(const async_stream *stream);

/* async_stream_set_limit: how long a line may be, and what stands before a separator. At first ASYNC_STREAM_LIMIT. */
void async_stream_set_limit(async_stream *stream, size_t limit);

/* async_stream_feed_data, async_stream_feed_eof, async_stream_set_exception: as if this had come from the descriptor, or
 * the end, or a failure (after what is there already). For tests of what reads a stream, and for streams without a
 * descriptor. NO_MEMORY; CLOSED; MISUSE after the end. Views become invalid. */
async_status async_stream_feed_data(async_stream *stream, const void *data, size_t size);
async_status async_stream_feed_eof(async_stream *stream);
async_status async_stream_set_exception(async_stream *stream, async_status status);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_STREAM_READ_IMPLEMENTATION_
#define ASYNCIO_STREAM_READ_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_BUFFER_LEAST_ = ASYNC_BLOCK_, ASYNC_BUFFER_MOST_ = 65536 };

/* ---- the buffer ------------------------------------------------------------------------------------------------ */

static size_t async_stream_held_(const struct async_stream_core_ *core) { return core->end - core->begin; }

static void async_stream_forget_buffer_(struct async_stream_core_ *core)
{
    if (core->buffer != NULL)
        async_block_put_(core->buffer, core->capacity);
    core->buffer = NULL;
    core->begin = core->end = core->capacity = 0;
}

/* Makes room for so many bytes more, or better for many. It grows as data comes, never because much is asked for, and
 * begins larger where a stream has filled it before. */
static bool async_stream_room_(struct async_stream_core_ *core, size_t more)
{
    size_t held = async_stream_held_(core), capacity;
    char *buffer;
    if (core->buffer == NULL && more <= ASYNC_BUFFER_LEAST_ && core->hint <= ASYNC_BUFFER_LEAST_) {
        core->buffer = (char *)async_block_get_(ASYNC_BUFFER_LEAST_);
        core->capacity = core->buffer == NULL ? 0 : ASYNC_BUFFER_LEAST_;
        core->begin = core->end = 0;
        return core->buffer != NULL;
    }
    if (held == 0)
        core->begin = core->end = 0;
    if (core->capacity - core->end >= more && core->capacity >= core->hint)
        return true;
    if (core->capacity - held >= more && held <= core->capacity / 2 && core->capacity >= core->hint) {
        if (held > 0)
            memmove(core->buffer, core->buffer + core->begin, held);
        core->begin = 0;
        core->end = held;
        return true;
    }
    if (more > SIZE_MAX / 4 - held)
        return false;
    capacity = held + more;
    if (capacity < 2 * held)
        capacity = 2 * held;
    if (capacity < core->hint)
        capacity = core->hint;
    if (capacity < ASYNC_BUFFER_LEAST_)
        capacity = ASYNC_BUFFER_LEAST_;
    buffer = (char *)async_block_get_(capacity);
    if (buffer == NULL)
        return core->capacity - core->end >= more;
    if (held > 0)
        ASYNC_MEMCPY_(buffer, core->buffer + core->begin, held);
    async_stream_forget_buffer_(core);
    core->buffer = buffer;
    core->end = held;
    core->capacity = capacity;
    return true;
}

static async_bytes async_stream_view_(const struct async_stream_core_ *core, size_t size)
{
    async_bytes bytes;
    bytes.data = size > 0 ? core->buffer + core->begin : "";
    bytes.size = size;
    return bytes;
}

static async_bytes async_stream_take_(struct async_stream_core_ *core, size_t size)
{
    async_bytes bytes = async_stream_view_(core, size);
    core->begin += size;
    return bytes;
}

/* ---- waiting for more ------------------------------------------------------------------------------------------ */

static bool async_stream_ended_(const struct async_stream_core_ *core)
{
    return core->eof || core->state != ASYNC_STREAM_OPEN_;
}

/* A read begins, or has waited: OK when it may look at the buffer. */
static int async_stream_look_(async_stack *stack, async_stream_reading_ *reading, async_stream *stream)
{
    struct async_stream_core_ *core = reading->core;
    async_status status;
    if (reading->watcher.leaf.frame.state == ASYNC_LEAF_NEW) {
        core = stream->core;
        if (core == NULL)
            return ASYNC_CLOSED;
        if (core->reader != NULL)
            return ASYNC_MISUSE;
        reading->core = core;
        async_stream_hold_(core);
        return ASYNC_OK;
    }
    core->reader = NULL;
    async_poller_unwatch_(async_loop_of_(stack), &reading->watcher);
    status = async_leaf_outcome(&reading->watcher.leaf);
    if (status == ASYNC_OK && reading->watcher.status < 0 && core->state == ASYNC_STREAM_OPEN_)
        status = core->read_status = reading->watcher.status; /* somebody closed the descriptor */
    return status;
}

/* More is needed: OK when more has come, or the end; PENDING when it waits; a failure. */
static int async_stream_fill_(async_stack *stack, async_stream_reading_ *reading)
{
    struct async_stream_core_ *core = reading->core;
    async_watcher_ *watcher = &reading->watcher;
    ptrdiff_t n = ASYNC_WANTS_READ;
    int status;
    watcher->fd = -1;
    watcher->status = ASYNC_OK;
    if (core->read_status < 0)
        return core->read_status;
    if (core->read_fd >= 0 && !core->drained) {
        size_t room;
        if (async_stream_gives_way_(stack, &watcher->leaf)) {
            core->reader = &watcher->leaf;
            return ASYNC_PENDING_;
        }
        if (!async_stream_room_(core, core->capacity / 4 + 1) && core->end == core->capacity)
            return ASYNC_NO_MEMORY;
        room = core->capacity - core->end;
        n = async_stream_receive_(core, core->buffer + core->end, room);
        if (n > 0) {
            core->end += (size_t)n;
            core->drained = (size_t)n < room && core->is_socket && core->driver == NULL;
            if ((size_t)n == room && core->capacity < ASYNC_BUFFER_MOST_)
                core->hint = 2 * core->capacity;
            return ASYNC_OK;
        }
        if (n == 0) {
            core->eof = true;
            return ASYNC_OK;
        }
        if (n != ASYNC_WANTS_READ && n != ASYNC_WANTS_WRITE)
            return core->read_status = (async_status)n;
    }
    core->drained = false;
    async_stream_send_kept_(core); /* the peer may be waiting for it */
    if (async_stream_held_(core) == 0)
        async_stream_forget_buffer_(core);
    if (core->read_fd < 0)
        status = core->write_fd < 0 ? async_leaf_wait(stack, &watcher->leaf).code : (int)ASYNC_MISUSE;
    else
        status = async_fd_wait_(stack, watcher, n == ASYNC_WANTS_READ ? core->read_fd : core->write_fd,
            n == ASYNC_WANTS_WRITE);
    if (status == ASYNC_PENDING_)
        core->reader = &watcher->leaf;
    return status;
}

/* The read is over, unless it waits. */
static async_step async_stream_looked_(async_stream_reading_ *reading, int status)
{
    if (status != ASYNC_PENDING_ && reading->core != NULL)
        async_stream_drop_(reading->core);
    return async_step_(status);
}

static void async_stream_wake_reader_(struct async_stream_core_ *core)
{
    if (core->reader != NULL)
        async_leaf_complete(core->reader);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

async_step async_stream_read_resume(async_stack *stack, void *frame)
{
    struct async_stream_read *self = (struct async_stream_read *)frame;
    int status = async_stream_look_(stack, &self->reading, self->stream);
    while (status == ASYNC_OK) {
        struct async_stream_core_ *core = self->reading.core;
        size_t held = async_stream_held_(core);
        if (held > 0 || self->size == 0 || async_stream_ended_(core)) {
            self->result = async_stream_take_(core, held < self->size ? held : self->size);
            break;
        }
        status = async_stream_fill_(stack, &self->reading);
    }
    return async_stream_looked_(&self->reading, status);
}

async_step async_stream_readall_resume(async_stack *stack, void *frame)
{
    struct async_stream_readall *self = (struct async_stream_readall *)frame;
    int status = async_stream_look_(stack, &self->reading, self->stream);
    while (status == ASYNC_OK) {
        struct async_stream_core_ *core = self->reading.core;
        if (async_stream_ended_(core)) {
            self->result = async_stream_take_(core, async_stream_held_(core));
            break;
        }
        status = async_stream_fill_(stack, &self->reading);
    }
    return async_stream_looked_(&self->reading, status);
}

async_step async_stream_readexactly_resume(async_stack *stack, void *frame)
{
    struct async_stream_readexactly *self = (struct async_stream_readexactly *)frame;
    int status = async_stream_look_(stack, &self->reading, self->stream);
    while (status == ASYNC_OK) {
        struct async_stream_core_ *core = self->reading.core;
        if (async_stream_held_(core) >= self->size) {
            self->result = async_stream_take_(core, self->size);
            break;
        }
        status = async_stream_ended_(core) ? (int)ASYNC_INCOMPLETE_READ : async_stream_fill_(stack, &self->reading);
    }
    return async_stream_looked_(&self->reading, status);
}

async_step async_stream_peek_resume(async_stack *stack, void *frame)
{
    struct async_stream_peek *self = (struct async_stream_peek *)frame;
    int status = async_stream_look_(stack, &self->reading, self->stream);
    while (status == ASYNC_OK) {
        struct async_stream_core_ *core = self->reading.core;
        size_t held = async_stream_held_(core);
        if (held >= self->size || async_stream_ended_(core)) {
            self->result = async_stream_view_(core, held);
            break;
        }
        status = async_stream_fill_(stack, &self->reading);
    }
    return async_stream_looked_(&self->reading, status);
}

/* The place of the separator in what is held, from `from` on; SIZE_MAX: nowhere. */
static size_t async_stream_find_(const struct async_stream_core_ *core, const char *separator, size_t size, size_t from)
{
    const char *begin = core->buffer + core->begin, *at = begin + from;
    size_t held = async_stream_held_(core);
    while (held - (size_t)(at - begin) >= size) {
        at = (const char *)memchr(at, separator[0], held - (size_t)(at - begin) - size + 1);
        if (at == NULL)
            break;
        if (size == 1 || memcmp(at, separator, size) == 0)
            return (size_t)(at - begin);
        at++;
    }
    return SIZE_MAX;
}

/* Waits for a separator: OK with its place; *searched is where to go on looking, and in the end how much has none. */
static int async_stream_until_(async_stack *stack, async_stream_reading_ *reading, const char *separator, size_t size,
    size_t *searched, size_t *place)
{
    struct async_stream_core_ *core = reading->core;
    int status = ASYNC_OK;
    while (status == ASYNC_OK) {
        size_t held = async_stream_held_(core);
        if (held >= size + *searched) {
            *place = async_stream_find_(core, separator, size, *searched);
            *searched = *place != SIZE_MAX ? *place : held + 1 - size;
            if (*searched > core->limit)
                return ASYNC_LIMIT_OVERRUN;
            if (*place != SIZE_MAX)
                return ASYNC_OK;
        }
        status = async_stream_ended_(core) ? (int)ASYNC_INCOMPLETE_READ : async_stream_fill_(stack, reading);
    }
    return status;
}

async_step async_stream_readuntil_resume(async_stack *stack, void *frame)
{
    struct async_stream_readuntil *self = (struct async_stream_readuntil *)frame;
    const char *separator = self->separator != NULL ? self->separator : "\n";
    size_t size = self->separator_size > 0 ? self->separator_size : strlen(separator), place = 0;
    int status = size == 0 ? (int)ASYNC_INVALID_ARGUMENT : async_stream_look_(stack, &self->reading, self->stream);
    if (status == ASYNC_OK)
        status = async_stream_until_(stack, &self->reading, separator, size, &self->searched, &place);
    if (status == ASYNC_OK)
        self->result = async_stream_take_(self->reading.core, place + size);
    if (self->consumed != NULL && status == ASYNC_LIMIT_OVERRUN)
        *self->consumed = self->searched;
    return async_stream_looked_(&self->reading, status);
}

async_step async_stream_readline_resume(async_stack *stack, void *frame)
{
    struct async_stream_readline *self = (struct async_stream_readline *)frame;
    struct async_stream_core_ *core;
    size_t place = 0;
    int status = async_stream_look_(stack, &self->reading, self->stream);
    core = self->reading.core;
    if (status == ASYNC_OK)
        status = async_stream_until_(stack, &self->reading, "\n", 1, &self->searched, &place);
    if (status == ASYNC_OK) {
        self->result = async_stream_take_(core, place + 1);
    } else if (status == ASYNC_INCOMPLETE_READ) {
        self->result = async_stream_take_(core, async_stream_held_(core));
        status = ASYNC_OK;
    } else if (status == ASYNC_LIMIT_OVERRUN) {
        core->begin += place != SIZE_MAX ? place + 1 : async_stream_held_(core);
    }
    return async_stream_looked_(&self->reading, status);
}

ASYNC_LEAF_DEFINE(async_stream_read, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_stream_readall, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_stream_readexactly, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_stream_readline, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_stream_readuntil, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_stream_peek, async_leaf_cancel);

void async_stream_consume(async_stream *stream, size_t size)
{
    if (size > 0 && (stream->core == NULL || size > async_stream_held_(stream->core)))
        ASYNC_PANIC_("async_stream_consume: more than there is");
    if (size > 0)
        stream->core->begin += size;
}

bool async_stream_at_eof(const async_stream *stream)
{
    return stream->core == NULL || (async_stream_ended_(stream->core) && async_stream_held_(stream->core) == 0);
}

void async_stream_set_limit(async_stream *stream, size_t limit)
{
    if (stream->core != NULL)
        stream->core->limit = limit;
}

/* ---- feeding --------------------------------------------------------------------------------------------------- */

async_status async_stream_feed_data(async_stream *stream, const void *data, size_t size)
{
    struct async_stream_core_ *core = stream->core;
    if (core == NULL || core->state != ASYNC_STREAM_OPEN_)
        return ASYNC_CLOSED;
    if (core->eof)
        return ASYNC_MISUSE;
    if (size == 0)
        return ASYNC_OK;
    if (!async_stream_room_(core, size))
        return ASYNC_NO_MEMORY;
    ASYNC_MEMCPY_(core->buffer + core->end, data, size);
    core->end += size;
    async_stream_wake_reader_(core);
    return ASYNC_OK;
}

async_status async_stream_feed_eof(async_stream *stream)
{
    if (stream->core == NULL || stream->core->state != ASYNC_STREAM_OPEN_)
        return ASYNC_CLOSED;
    stream->core->eof = true;
    async_stream_wake_reader_(stream->core);
    return ASYNC_OK;
}

async_status async_stream_set_exception(async_stream *stream, async_status status)
{
    if (status >= 0 || status < ASYNC_STATUS_LEAST_)
        return ASYNC_INVALID_ARGUMENT;
    if (stream->core == NULL || stream->core->state != ASYNC_STREAM_OPEN_)
        return ASYNC_CLOSED;
    stream->core->read_status = status;
    async_stream_wake_reader_(stream->core);
    return ASYNC_OK;
}

ASYNC_EXTERN_C_END_

#endif
#endif
