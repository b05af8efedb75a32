/* stream_write.h: writing to a stream. What is written in small pieces is sent together: at the next drain, when its
 * reader has to wait, or in the next pass of the loop; large pieces are sent at once. What the system does not take is
 * sent in the background. */
#ifndef ASYNCIO_STREAM_WRITE_H
#define ASYNCIO_STREAM_WRITE_H

#include "stream.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* async_stream_write: writes all of it, or keeps a copy of what cannot be sent yet; never waits. To be followed by an
 * async_stream_drain, which waits for a peer that reads slowly; without one the copies grow. OK; CLOSED; MISUSE after
 * async_stream_write_eof(); and, from the first failure on, that: -EPIPE, -ECONNRESET, NO_MEMORY (some bytes are missing,
 * so nothing more is sent). Who does not look hears of it from async_stream_drain. Mirrors StreamWriter.write().
 * async_stream_writelines: several pieces. */
async_status async_stream_write(async_stream *stream, const void *data, size_t size);
async_status async_stream_writelines(async_stream *stream, const async_bytes *pieces, size_t count);

/* await(async_stream_drain, .stream = &s): sends what can be sent, and waits, while more than the high-water mark is left,
 * until it is down to the low one. A failure of writing, also one in the background, or of reading; CLOSED. */
struct async_stream_drain {
    async_stream_waiter_ waiter;
    async_stream *stream;
};
ASYNC_DECLARE(async_stream_drain);

/* async_stream_set_write_buffer_limits: the marks in bytes, at first 65,536 and a quarter of that; low is at most high.
 * high 0: async_stream_drain waits until all is sent. async_stream_get_write_buffer_size: what is not sent yet. */
void async_stream_set_write_buffer_limits(async_stream *stream, size_t high, size_t low);
size_t async_stream_get_write_buffer_size(const async_stream *stream);

/* async_stream_write_eof: tells the peer, after what was written, that nothing more comes; reading goes on. OK,
 * INVALID_STATE where it cannot be told (a terminal), CLOSED. async_stream_can_write_eof: whether it can. */
async_status async_stream_write_eof(async_stream *stream);
bool async_stream_can_write_eof(const async_stream *stream);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_STREAM_WRITE_IMPLEMENTATION_
#define ASYNCIO_STREAM_WRITE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_CHUNK_ = ASYNC_BLOCK_, ASYNC_TOGETHER_ = 16384, ASYNC_PIECES_ = 16 };

/* ---- the queue ------------------------------------------------------------------------------------------------- */

static void async_stream_shift_(struct async_stream_core_ *core)
{
    struct async_chunk_ *chunk = core->first;
    core->first = chunk->next;
    if (core->first == NULL)
        core->last = NULL;
    async_block_put_(chunk, offsetof(struct async_chunk_, bytes) + chunk->capacity);
}

/* So many bytes of the queue are sent. */
static void async_stream_sent_(struct async_stream_core_ *core, size_t n)
{
    core->queued -= n;
    while (n > 0) {
        struct async_chunk_ *chunk = core->first;
        size_t size = chunk->end - chunk->begin;
        if (n < size) {
            chunk->begin += n;
            return;
        }
        n -= size;
        async_stream_shift_(core);
    }
}

/* Copies behind the queue: how much of it; less only without memory. */
static size_t async_stream_queue_(struct async_stream_core_ *core, const char *data, size_t size)
{
    struct async_chunk_ *chunk = core->last;
    size_t done = 0;
    if (chunk != NULL && chunk->end < chunk->capacity) {
        done = chunk->capacity - chunk->end < size ? chunk->capacity - chunk->end : size;
        ASYNC_MEMCPY_(chunk->bytes + chunk->end, data, done);
        chunk->end += done;
    }
    if (done < size) {
        size_t head = offsetof(struct async_chunk_, bytes), rest = size - done;
        size_t capacity = rest > ASYNC_CHUNK_ - head ? rest : ASYNC_CHUNK_ - head;
        chunk = capacity > SIZE_MAX - head ? NULL : (struct async_chunk_ *)async_block_get_(head + capacity);
        if (chunk != NULL) {
            chunk->next = NULL;
            chunk->begin = 0;
            chunk->end = rest;
            chunk->capacity = capacity;
            ASYNC_MEMCPY_(chunk->bytes, data + done, rest);
            if (core->last != NULL)
                core->last->next = chunk;
            else
                core->first = chunk;
            core->last = chunk;
            done = size;
        }
    }
    core->queued += done;
    return done;
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static void async_stream_wake_(async_line_ *line)
{
    async_node_ *node;
    for (node = line->first; node != NULL; node = node->next)
        async_leaf_complete(&ASYNC_CONTAINER_(node, async_stream_waiter_, node)->leaf);
}

static void async_stream_stop_sending_(struct async_stream_core_ *core)
{
    if (core->soon.prev != 0)
        async_handle_cancel(&core->soon);
    if (core->sends)
        async_fd_handle_cancel(&core->background);
    core->sends = false;
}

/* The queue has become shorter, or writing has failed. */
static void async_stream_settle_(struct async_stream_core_ *core)
{
    if (core->paused && (core->queued <= core->low || core->write_status < 0)) {
        core->paused = false;
        async_stream_wake_(&core->drains);
        if (core->resumed != NULL)
            core->resumed(core->owner);
    }
    if (core->queued == 0 && core->settled != NULL)
        core->settled(core);
}

static void async_stream_write_failed_(struct async_stream_core_ *core, async_status status)
{
    if (core->write_status == ASYNC_OK)
        core->write_status = status;
    while (core->first != NULL)
        async_stream_shift_(core);
    core->queued = 0;
    async_stream_stop_sending_(core);
    async_stream_settle_(core);
}

static void async_stream_on_ready_(async_fd_handle *handle);

/* Goes on in the background when the descriptor is as wanted. */
static void async_stream_watch_(struct async_stream_core_ *core, ptrdiff_t want)
{
    async_loop *loop = async_loop_here_();
    bool writes = want == ASYNC_WANTS_WRITE;
    async_status status;
    if (core->sends && core->background.watcher.writes == writes)
        return;
    async_stream_stop_sending_(core);
    if (writes)
        status = async_loop_add_writer(loop, core->write_fd, &core->background, async_stream_on_ready_, core);
    else
        status = async_loop_add_reader(loop, core->read_fd, &core->background, async_stream_on_ready_, core);
    core->sends = status == ASYNC_OK;
    if (status < 0)
        async_stream_write_failed_(core, status);
}

/* True when the end was told, cannot be told, or need not be. */
static bool async_stream_tell_eof_(struct async_stream_core_ *core)
{
    async_status status = ASYNC_OK;
    if (core->eof_told || core->write_status < 0)
        return true;
    if (core->driver != NULL && core->driver->write_eof != NULL)
        status = core->driver->write_eof(core->context);
    else if (core->driver == NULL && core->is_socket)
        status = shutdown(core->write_fd, SHUT_WR) == 0 ? (int)ASYNC_OK : -errno;
    if (status == ASYNC_WANTS_READ || status == ASYNC_WANTS_WRITE) {
        async_stream_watch_(core, status);
        return core->write_status < 0;
    }
    core->eof_told = true;
    if (core->driver == NULL && !core->is_socket && core->write_fd != core->read_fd) {
        async_stream_stop_sending_(core);
        async_stream_restore_fd_(core->write_fd, core->restore_write);
        (void)async_fd_close(core->write_fd);
        core->write_fd = -1;
    }
    return true;
}

/* Sends the queue, and then data, as far as the system takes it: how much of data. What is left of the queue goes on in the
 * background; what is left of data is the caller's to queue. */
static size_t async_stream_flush_(struct async_stream_core_ *core, const char *data, size_t size)
{
    size_t sent = 0;
    ptrdiff_t want = 0;
    while (want == 0 && core->write_status == ASYNC_OK && (core->queued > 0 || sent < size)) {
        struct iovec pieces[ASYNC_PIECES_];
        struct async_chunk_ *chunk;
        size_t whole = 0, queued = core->queued;
        ptrdiff_t n;
        int count = 0;
        for (chunk = core->first; chunk != NULL && count < ASYNC_PIECES_; chunk = chunk->next, count++) {
            pieces[count].iov_base = chunk->bytes + chunk->begin;
            pieces[count].iov_len = chunk->end - chunk->begin;
            whole += pieces[count].iov_len;
        }
        if (chunk == NULL && sent < size && count < ASYNC_PIECES_) {
            pieces[count].iov_base = (char *)(uintptr_t)(data + sent);
            pieces[count].iov_len = size - sent;
            whole += pieces[count++].iov_len;
        }
        n = async_stream_send_(core, pieces, count);
        if (n < 0 && n != ASYNC_WANTS_READ && n != ASYNC_WANTS_WRITE) {
            async_stream_write_failed_(core, (async_status)n);
            return sent;
        }
        if (n < 0) {
            want = n;
            break;
        }
        if ((size_t)n > queued) {
            async_stream_sent_(core, queued);
            sent += (size_t)n - queued;
        } else {
            async_stream_sent_(core, (size_t)n);
        }
        if ((size_t)n < whole && core->driver == NULL) /* it is full */
            want = ASYNC_WANTS_WRITE;
    }
    if (want != 0 && core->write_status == ASYNC_OK)
        async_stream_watch_(core, want);
    else if (core->queued == 0)
        async_stream_stop_sending_(core);
    if (core->queued == 0 && sent == size && core->eof_asked)
        (void)async_stream_tell_eof_(core);
    async_stream_settle_(core);
    return sent;
}

static void async_stream_on_ready_(async_fd_handle *handle)
{
    struct async_stream_core_ *core = (struct async_stream_core_ *)handle->handle.data;
    async_status status = async_fd_handle_status(handle);
    async_stream_hold_(core);
    if (status < 0)
        async_stream_write_failed_(core, status);
    else
        (void)async_stream_flush_(core, NULL, 0);
    async_stream_drop_(core);
}

/* What was kept to be sent together. Nearly always it is one piece, and a socket takes it. */
static void async_stream_send_kept_(struct async_stream_core_ *core)
{
    struct async_chunk_ *chunk = core->first;
    if (core->queued == 0 || core->sends)
        return;
    if (chunk->next == NULL && core->is_socket && core->driver == NULL && core->write_status == ASYNC_OK && !core->eof_asked) {
        ssize_t n = send(core->write_fd, chunk->bytes + chunk->begin, core->queued, ASYNC_STREAM_QUIET_);
        if (n == (ssize_t)core->queued) {
            core->queued = 0;
            async_stream_shift_(core);
            async_stream_stop_sending_(core);
            async_stream_settle_(core);
            return;
        }
        if (n >= 0 || async_would_block_(errno)) { /* it is full */
            if (n > 0)
                async_stream_sent_(core, (size_t)n);
            async_stream_watch_(core, ASYNC_WANTS_WRITE);
            async_stream_settle_(core);
            return;
        }
        if (errno != EINTR) {
            async_stream_write_failed_(core, -errno);
            return;
        }
    }
    (void)async_stream_flush_(core, NULL, 0);
}

static void async_stream_on_soon_(async_handle *handle)
{
    struct async_stream_core_ *core = (struct async_stream_core_ *)handle->data;
    async_stream_hold_(core);
    (void)async_stream_flush_(core, NULL, 0);
    async_stream_drop_(core);
}

static void async_stream_mark_(struct async_stream_core_ *core)
{
    if (core->sends && core->queued > core->high)
        core->paused = true;
}

static async_status async_stream_writable_(const struct async_stream_core_ *core)
{
    if (core == NULL || core->state != ASYNC_STREAM_OPEN_)
        return ASYNC_CLOSED;
    if (core->write_status < 0)
        return core->write_status;
    if (core->write_fd < 0 || core->eof_asked)
        return ASYNC_MISUSE;
    return ASYNC_OK;
}

async_status async_stream_write(async_stream *stream, const void *data, size_t size)
{
    struct async_stream_core_ *core = stream->core;
    const char *bytes = (const char *)data;
    async_status status = async_stream_writable_(core);
    size_t done = 0;
    if (status < 0 || size == 0)
        return status;
    if (!core->sends && core->queued + size > ASYNC_TOGETHER_)
        done = async_stream_flush_(core, bytes, size);
    if (core->write_status == ASYNC_OK && done < size)
        done += async_stream_queue_(core, bytes + done, size - done);
    if (core->write_status == ASYNC_OK && done < size && !core->sends) /* without memory: what the system takes */
        done += async_stream_flush_(core, bytes + done, size - done);
    if (core->write_status == ASYNC_OK && done < size)
        async_stream_write_failed_(core, ASYNC_NO_MEMORY);
    if (core->write_status < 0)
        return core->write_status;
    async_stream_mark_(core);
    if (core->queued > 0 && !core->sends && core->soon.prev == 0) {
        status = async_loop_call_soon(async_loop_here_(), &core->soon, async_stream_on_soon_, core);
        if (status < 0)
            async_stream_write_failed_(core, status);
    }
    return core->write_status;
}

async_status async_stream_writelines(async_stream *stream, const async_bytes *pieces, size_t count)
{
    async_status status = async_stream_writable_(stream->core);
    size_t i;
    for (i = 0; i < count && status == ASYNC_OK; i++)
        status = async_stream_write(stream, pieces[i].data, pieces[i].size);
    return status;
}

void async_stream_set_write_buffer_limits(async_stream *stream, size_t high, size_t low)
{
    struct async_stream_core_ *core = stream->core;
    if (core == NULL)
        return;
    core->high = high;
    core->low = low < high ? low : high;
    async_stream_mark_(core);
    async_stream_settle_(core);
}

size_t async_stream_get_write_buffer_size(const async_stream *stream)
{
    return stream->core == NULL ? 0 : stream->core->queued;
}

bool async_stream_can_write_eof(const async_stream *stream)
{
    const struct async_stream_core_ *core = stream->core;
    if (core == NULL || core->write_fd < 0)
        return false;
    return core->driver != NULL ? core->driver->write_eof != NULL : core->is_socket || core->write_fd != core->read_fd;
}

async_status async_stream_write_eof(async_stream *stream)
{
    struct async_stream_core_ *core = stream->core;
    async_status status;
    if (core != NULL && core->state == ASYNC_STREAM_OPEN_ && core->eof_asked)
        return ASYNC_OK;
    status = async_stream_writable_(core);
    if (status < 0)
        return status;
    if (!async_stream_can_write_eof(stream))
        return ASYNC_INVALID_STATE;
    core->eof_asked = true;
    if (!core->sends)
        (void)async_stream_flush_(core, NULL, 0);
    return core->write_status;
}

/* ---- drain ----------------------------------------------------------------------------------------------------- */

static async_status async_stream_drained_(const struct async_stream_core_ *core)
{
    if (core->write_status < 0)
        return core->write_status;
    if (core->read_status < 0)
        return core->read_status;
    return core->state == ASYNC_STREAM_OPEN_ ? (int)ASYNC_OK : (int)ASYNC_CLOSED;
}

/* Lets the others have a turn when this task has done much without waiting; true: it is to return PENDING. */
static bool async_stream_gives_way_(async_stack *stack, async_leaf *leaf)
{
    if (stack->budget-- > 0)
        return false;
    leaf->frame.state = ASYNC_LEAF_DONE;
    async_fifo_push_(&async_loop_of_(stack)->ready, &stack->task->link, ASYNC_KIND_TASK_);
    return true;
}

/* A leaf begins to wait in one of the stream's lines. */
static void async_stream_stand_(async_stream_waiter_ *waiter, struct async_stream_core_ *core, async_line_ *line)
{
    waiter->core = core;
    async_stream_hold_(core);
    async_line_append_(line, &waiter->node);
}

async_step async_stream_drain_resume(async_stack *stack, void *frame)
{
    struct async_stream_drain *drain = (struct async_stream_drain *)frame;
    struct async_stream_core_ *core = drain->waiter.core;
    async_status status;
    if (drain->waiter.leaf.frame.state == ASYNC_LEAF_NEW) {
        core = drain->stream->core;
        if (core == NULL)
            return async_step_(ASYNC_CLOSED);
        async_stream_send_kept_(core);
        async_stream_mark_(core);
        status = async_stream_drained_(core);
        if (status < 0 || (!core->paused && !async_stream_gives_way_(stack, &drain->waiter.leaf)))
            return async_step_(status);
        async_stream_stand_(&drain->waiter, core, &core->drains);
        return core->paused ? async_leaf_wait(stack, &drain->waiter.leaf) : async_step_(ASYNC_PENDING_);
    }
    async_line_remove_(&core->drains, &drain->waiter.node);
    status = async_leaf_outcome(&drain->waiter.leaf);
    if (status == ASYNC_OK)
        status = async_stream_drained_(core);
    async_stream_drop_(core);
    return async_step_(status);
}

ASYNC_LEAF_DEFINE(async_stream_drain, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
