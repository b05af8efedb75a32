/* communicate.h: all that a process is told and says, at once (Process.communicate). Hosts only. */
#ifndef ASYNCIO_COMMUNICATE_H
#define ASYNCIO_COMMUNICATE_H

#include "group.h"
#include "subprocess.h"

#if ASYNCIO_PROCESSES && ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* ASYNC_COMMUNICATE_LIMIT: how much of each output is taken if nothing else is said. */
enum { ASYNC_COMMUNICATE_LIMIT = 16 * 1024 * 1024 };

/* await_into(code, async_process_communicate, .process = &p, .data = d, .size = n, .limit = most): writes the data to its
 * input, if that is a pipe, and closes it; meanwhile reads its outputs, as far as they are pipes, to their ends; waits for
 * its end and gives its returncode. A process that does not want its input is no failure. LIMIT_OVERRUN when it says more
 * than .limit bytes (0: the above) in one of its outputs; NO_MEMORY, -errno. What was read is there, then, too. Cancelled,
 * or failed, it loses nothing: called again with the same data, it goes on. Mirrors Process.communicate(). */
struct async_process_communicate {
    async_frame frame;
    async_process *process;
    const void *data;
    size_t size, limit;
    int result;
    async_task_group group;
    async_task *tasks[3];
    async_handle nodes[3];
    size_t count;
};
ASYNC_DECLARE(async_process_communicate);

/* async_process_output, async_process_error_output: what was read of its output, and of its error: *size bytes (size may
 * be NULL), with a '\0' behind them; "" for nothing. Its memory is the process object's, until the deinit. */
const char *async_process_output(const async_process *process, size_t *size);
const char *async_process_error_output(const async_process *process, size_t *size);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_PROCESSES && ASYNCIO_NET
#ifndef ASYNCIO_COMMUNICATE_IMPLEMENTATION_
#define ASYNCIO_COMMUNICATE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

static const char *async_collected_text_(const struct async_collected_ *collected, size_t *size)
{
    if (size != NULL)
        *size = collected->size;
    return collected->data == NULL ? "" : collected->data;
}

const char *async_process_output(const async_process *process, size_t *size)
{
    return async_collected_text_(&process->collected[0], size);
}

const char *async_process_error_output(const async_process *process, size_t *size)
{
    return async_collected_text_(&process->collected[1], size);
}

/* Writes the input in pieces, so that what was taken is known when it is cancelled. */
struct async_process_feed_ {
    async_frame frame;
    async_process *process;
    const char *data;
    size_t size;
    async_status status;
};

ASYNC(async_process_feed_)
{
    async_process *process = self->process;
    ASYNC_BEGIN;
    async_stream_set_write_buffer_limits(&process->input, 0, 0); /* a drain is for all of it */
    for (;;) {
        AWAIT_CATCH(self->status, async_stream_drain, .stream = &process->input);
        if (self->status == ASYNC_OK && process->fed < self->size) {
            size_t n = self->size - process->fed < 65536 ? self->size - process->fed : 65536;
            self->status = async_stream_write(&process->input, self->data + process->fed, n);
            if (self->status == ASYNC_OK) {
                process->fed += n;
                continue;
            }
        }
        break;
    }
    if (self->status < 0 && self->status != -EPIPE && self->status != -ECONNRESET)
        ASYNC_RAISE(self->status);
    async_stream_close_nowait(&process->input);
    ASYNC_END;
}

/* Room for more, and for a '\0': that much is taken from the stream, and so it cannot be lost. 0 without memory. */
static size_t async_collect_room_(struct async_collected_ *collected, size_t limit)
{
    size_t capacity = collected->capacity, most = limit < SIZE_MAX - 2 ? limit + 2 : SIZE_MAX;
    if (collected->size + 1 >= capacity) {
        char *data;
        capacity = capacity == 0 ? 4096 : capacity * 2;
        if (capacity > most)
            capacity = most;
        data = (char *)ASYNCIO_MALLOC(capacity);
        if (data == NULL)
            return 0;
        if (collected->data != NULL) {
            ASYNC_MEMCPY_(data, collected->data, collected->size);
            ASYNCIO_FREE(collected->data);
        }
        data[collected->size] = '\0';
        collected->data = data;
        collected->capacity = capacity;
    }
    return capacity - 1 - collected->size;
}

struct async_process_collect_ {
    async_frame frame;
    async_stream *stream;
    struct async_collected_ *collected;
    size_t limit, room;
    async_bytes bytes;
};

ASYNC(async_process_collect_)
{
    struct async_collected_ *collected = self->collected;
    ASYNC_BEGIN;
    for (;;) {
        if (collected->size > self->limit)
            ASYNC_RAISE(ASYNC_LIMIT_OVERRUN);
        self->room = async_collect_room_(collected, self->limit);
        if (self->room == 0)
            ASYNC_RAISE(ASYNC_NO_MEMORY);
        AWAIT_INTO(self->bytes, async_stream_read, .stream = self->stream, .size = self->room);
        if (self->bytes.size == 0)
            ASYNC_RETURN();
        ASYNC_MEMCPY_(collected->data + collected->size, self->bytes.data, self->bytes.size);
        collected->size += self->bytes.size;
        collected->data[collected->size] = '\0';
    }
    ASYNC_END;
}

ASYNC_DEFINE(async_process_communicate)
{
    async_process *process = self->process;
    ASYNC_BEGIN;
    if (process->pid == 0)
        ASYNC_RAISE(ASYNC_MISUSE);
    if (self->limit == 0)
        self->limit = ASYNC_COMMUNICATE_LIMIT;
    async_task_group_enter(&self->group);
    if (!async_stream_is_closing(&process->input))
        self->tasks[self->count++] = async_task_group_create_task(&self->group, async_process_feed_, .process = process,
            .data = (const char *)self->data, .size = self->size);
    if (!async_stream_is_closing(&process->output))
        self->tasks[self->count++] = async_task_group_create_task(&self->group, async_process_collect_, .stream = &process->output,
            .collected = &process->collected[0], .limit = self->limit);
    if (!async_stream_is_closing(&process->error))
        self->tasks[self->count++] = async_task_group_create_task(&self->group, async_process_collect_, .stream = &process->error,
            .collected = &process->collected[1], .limit = self->limit);
    /* Not the group alone: it would take one that somebody cancels for one that is done. */
    AWAIT(async_gather, .tasks = self->tasks, .count = self->count, .nodes = self->nodes);
    AWAIT_INTO(self->result, async_process_wait, .process = process);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
