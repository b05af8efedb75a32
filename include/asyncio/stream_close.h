/* stream_close.h: the end of a stream: what was written is sent first, unless it is aborted. */
#ifndef ASYNCIO_STREAM_CLOSE_H
#define ASYNCIO_STREAM_CLOSE_H

#include "stream_read.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await(async_stream_close, .stream = &s): sends what was written, and closes the stream; what stands in its buffer is
 * gone. It cannot fail: when the peer is gone, the stream is closed at once. A cancel ends the sending, the stream is
 * closed then too: so await_for() is how not to wait for ever for a peer that does not read. Nothing on a stream that was
 * never opened, or is closed. Who waits for the stream in another task finds that it has ended. */
struct async_stream_close {
    async_stream_waiter_ waiter;
    async_stream *stream;
};
ASYNC_DECLARE(async_stream_close);

/* async_stream_close_nowait: the same without waiting: what is not sent yet the loop sends, for at most
 * ASYNC_STREAM_LINGER; the stream object is as if never opened from here on. Mirrors StreamWriter.close().
 * async_stream_abort: closes it at once; what is not sent is lost. Mirrors transport.abort(). */
void async_stream_close_nowait(async_stream *stream);
void async_stream_abort(async_stream *stream);

/* async_stream_is_closing: it is being closed, is closed, or was never opened. */
bool async_stream_is_closing(const async_stream *stream);

/* await(async_stream_wait_closed, .stream = &s): waits until it is closed, by whomever; fails as writing did. */
struct async_stream_wait_closed {
    async_stream_waiter_ waiter;
    async_stream *stream;
};
ASYNC_DECLARE(async_stream_wait_closed);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_STREAM_CLOSE_IMPLEMENTATION_
#define ASYNCIO_STREAM_CLOSE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* Closes it now, whatever is left to send. */
static void async_stream_shut_(struct async_stream_core_ *core)
{
    bool was_closing = core->state == ASYNC_STREAM_CLOSING_;
    int read_fd = core->read_fd, write_fd = core->write_fd;
    if (core->state == ASYNC_STREAM_CLOSED_)
        return;
    async_stream_hold_(core);
    core->state = ASYNC_STREAM_CLOSED_;
    core->settled = NULL;
    async_stream_stop_sending_(core);
    while (core->first != NULL)
        async_stream_shift_(core);
    core->queued = 0;
    async_timer_handle_cancel(&core->linger);
    if (was_closing)
        async_line_remove_(&core->loop->last_closers, &core->closer.node);
    if (core->driver != NULL && core->driver->close != NULL)
        core->driver->close(core->context);
    core->driver = NULL;
    core->read_fd = core->write_fd = -1;
    async_stream_restore_fd_(read_fd, core->restore_read);
    if (read_fd >= 0)
        (void)async_fd_close(read_fd);
    if (write_fd >= 0 && write_fd != read_fd) {
        async_stream_restore_fd_(write_fd, core->restore_write);
        (void)async_fd_close(write_fd);
    }
    async_stream_wake_reader_(core);
    async_stream_wake_(&core->drains);
    async_stream_wake_(&core->waiting_closed);
    if (core->closed != NULL)
        core->closed(core->owner);
    if (was_closing)
        async_stream_drop_(core);
    async_stream_drop_(core);
}

static void async_stream_on_settled_(struct async_stream_core_ *core)
{
    if (core->write_status < 0 || !core->eof_asked || core->eof_told)
        async_stream_shut_(core);
}

static void async_stream_on_loop_closed_(async_loop *loop, async_closer_ *closer)
{
    struct async_stream_core_ *core = ASYNC_CONTAINER_(closer, struct async_stream_core_, closer);
    async_line_append_(&loop->last_closers, &closer->node);
    async_stream_shut_(core);
}

static void async_stream_begin_close_(struct async_stream_core_ *core)
{
    async_loop *loop = async_loop_here_();
    if (core->state != ASYNC_STREAM_OPEN_)
        return;
    if (loop == NULL) {
        async_stream_shut_(core);
        return;
    }
    async_stream_hold_(core);
    core->state = ASYNC_STREAM_CLOSING_;
    core->loop = loop;
    core->closer.close = async_stream_on_loop_closed_;
    async_line_append_(&loop->last_closers, &core->closer.node);
    async_stream_wake_reader_(core);
    async_stream_wake_(&core->drains);
    core->settled = async_stream_on_settled_;
    if (core->driver != NULL && core->driver->write_eof != NULL && core->write_status == ASYNC_OK)
        core->eof_asked = true;
    if (!core->sends)
        (void)async_stream_flush_(core, NULL, 0);
}

static void async_stream_on_linger_(async_handle *handle)
{
    async_stream_shut_((struct async_stream_core_ *)handle->data);
}

/* Begins to close it, and bounds how long that takes. */
static void async_stream_linger_(struct async_stream_core_ *core)
{
    async_stream_begin_close_(core);
    if (core->state == ASYNC_STREAM_CLOSING_ && core->linger.handle.data == NULL &&
        async_loop_call_later(core->loop, ASYNC_STREAM_LINGER, &core->linger, async_stream_on_linger_, core) < 0)
        async_stream_shut_(core);
}

static void async_stream_detach_(async_stream *stream)
{
    struct async_stream_core_ *core = stream->core;
    stream->core = NULL;
    async_stream_drop_(core);
}

void async_stream_close_nowait(async_stream *stream)
{
    if (stream->core == NULL)
        return;
    async_stream_hold_(stream->core);
    {
        struct async_stream_core_ *core = stream->core;
        async_stream_detach_(stream);
        async_stream_linger_(core);
        async_stream_drop_(core);
    }
}

void async_stream_abort(async_stream *stream)
{
    if (stream->core == NULL)
        return;
    async_stream_shut_(stream->core);
    if (stream->core != NULL)
        async_stream_detach_(stream);
}

bool async_stream_is_closing(const async_stream *stream)
{
    return stream->core == NULL || stream->core->state != ASYNC_STREAM_OPEN_;
}

async_step async_stream_close_resume(async_stack *stack, void *frame)
{
    struct async_stream_close *self = (struct async_stream_close *)frame;
    struct async_stream_core_ *core = self->waiter.core;
    async_status status = ASYNC_OK;
    if (self->waiter.leaf.frame.state == ASYNC_LEAF_NEW) {
        core = self->stream->core;
        if (core == NULL)
            return async_step_(ASYNC_OK);
        async_stream_stand_(&self->waiter, core, &core->waiting_closed);
        async_stream_begin_close_(core);
        if (core->state == ASYNC_STREAM_CLOSING_)
            return async_leaf_wait(stack, &self->waiter.leaf);
    } else {
        status = async_leaf_outcome(&self->waiter.leaf);
        if (status < 0)
            async_stream_shut_(core);
    }
    async_line_remove_(&core->waiting_closed, &self->waiter.node);
    if (self->stream->core == core)
        async_stream_detach_(self->stream);
    async_stream_drop_(core);
    return async_step_(status);
}

async_step async_stream_wait_closed_resume(async_stack *stack, void *frame)
{
    struct async_stream_wait_closed *self = (struct async_stream_wait_closed *)frame;
    struct async_stream_core_ *core = self->waiter.core;
    async_status status;
    if (self->waiter.leaf.frame.state == ASYNC_LEAF_NEW) {
        core = self->stream->core;
        if (core == NULL)
            return async_step_(ASYNC_OK);
        if (core->state == ASYNC_STREAM_CLOSED_)
            return async_step_(core->write_status);
        async_stream_stand_(&self->waiter, core, &core->waiting_closed);
        return async_leaf_wait(stack, &self->waiter.leaf);
    }
    async_line_remove_(&core->waiting_closed, &self->waiter.node);
    status = async_leaf_outcome(&self->waiter.leaf);
    if (status == ASYNC_OK)
        status = core->write_status;
    async_stream_drop_(core);
    return async_step_(status);
}

ASYNC_LEAF_DEFINE(async_stream_close, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_stream_wait_closed, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
