/* file.h: files without blocking the loop: each operation is done by a thread of the loop's executor. Hosts only, with
 * ASYNCIO_THREADS.
 *
 * A descriptor of a file is always ready, so waiting for it (fd.h) is no help; what blocks is the operation itself. One
 * that a thread has begun cannot be stopped: when its await is cancelled, that ends as soon as the thread is done. All of
 * them fail with -errno, and as async_to_thread does: NO_MEMORY, CLOSED. */
#ifndef ASYNCIO_FILE_H
#define ASYNCIO_FILE_H

#include "syntax.h"
#include "executor.h"

#if ASYNCIO_THREADS

ASYNC_EXTERN_C_BEGIN_

/* await_into(file, async_file_open, .path = p, .flags = O_RDONLY): a descriptor, close-on-exec; .mode as open() has it,
 * 0: 0666 less the umask. When it is cancelled none is left open. */
struct async_file_open {
    async_frame frame;
    const char *path;
    int flags, mode;
    int result;
};
ASYNC_DECLARE(async_file_open);

/* await(async_file_close, .file = f): closes it; in a thread, as a network's file system may take its time. */
struct async_file_close {
    async_frame frame;
    int file;
};
ASYNC_DECLARE(async_file_close);

/* await_into(n, async_file_read, .file = f, .buffer = b, .size = s): reads on from the file's position, at most size
 *     bytes; 0 at its end. A cancelled one has not moved the position.
 * await_into(n, async_file_write, .file = f, .data = d, .size = s): writes all of it there. .written, a size_t, tells how
 *     much so far, also after a failure or a cancel.
 * await_into(n, async_file_pread, ..., .offset = o), await_into(n, async_file_pwrite, ..., .offset = o): the same at an
 *     offset; the position is neither used nor moved.
 * await(async_file_sync, .file = f): until all that was written is on the disk. */
struct async_file_read {
    async_frame frame;
    int file;
    void *buffer;
    size_t size;
    size_t result;
};
ASYNC_DECLARE(async_file_read);
struct async_file_pread {
    async_frame frame;
    int file;
    void *buffer;
    size_t size;
    uint64_t offset;
    size_t result;
};
ASYNC_DECLARE(async_file_pread);
struct async_file_write {
    async_frame frame;
    int file;
    const void *data;
    size_t size, *written;
    size_t result;
};
ASYNC_DECLARE(async_file_write);
struct async_file_pwrite {
    async_frame frame;
    int file;
    const void *data;
    size_t size, *written;
    uint64_t offset;
    size_t result;
};
ASYNC_DECLARE(async_file_pwrite);
struct async_file_sync {
    async_frame frame;
    int file;
};
ASYNC_DECLARE(async_file_sync);

/* async_file_content: a whole file in memory, with a zero byte behind it. async_file_content_free: gives it back; nothing
 * on all zeros. */
typedef struct async_file_content {
    char *data;
    size_t size; /* without the zero byte */
} async_file_content;
void async_file_content_free(async_file_content *content);

/* await_into(content, async_file_load, .path = p): reads a whole file. .limit: -EFBIG when it is longer; 0: no limit.
 * await(async_file_save, .path = p, .data = d, .size = s): writes a whole file, in place of what was there. With .atomic
 *     it is written beside it under another name (the path and ".tmp"), synced, and renamed: others see the old one or the
 *     new one, whatever happens. .mode as above. */
struct async_file_load {
    async_frame frame;
    const char *path;
    size_t limit;
    async_file_content result;
};
ASYNC_DECLARE(async_file_load);
struct async_file_save {
    async_frame frame;
    const char *path;
    const void *data;
    size_t size;
    int mode;
    bool atomic;
};
ASYNC_DECLARE(async_file_save);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_THREADS
#ifndef ASYNCIO_FILE_IMPLEMENTATION_
#define ASYNCIO_FILE_IMPLEMENTATION_

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

ASYNC_EXTERN_C_BEGIN_

/* ---- in the thread ------------------------------------------------------------------------------------------- */

/* A descriptor, or -errno. */
static int async_open_now_(const char *path, int flags, int mode)
{
    int file;
    do
        file = open(path, flags | O_CLOEXEC, (mode_t)(mode == 0 ? 0666 : mode));
    while (file < 0 && errno == EINTR);
    return file < 0 ? -errno : file;
}

static int async_close_now_(int file) { return close(file) != 0 && errno != EINTR ? -errno : ASYNC_OK; }

static int async_sync_now_(int file)
{
    int failed;
    do
        failed = fsync(file);
    while (failed != 0 && errno == EINTR);
    return failed != 0 ? -errno : ASYNC_OK;
}

/* At an offset, or, where that is NULL, at the file's position. */
static int async_read_now_(int file, void *buffer, size_t size, const uint64_t *offset, size_t *result)
{
    ssize_t n;
    do
        n = offset == NULL ? read(file, buffer, size) : pread(file, buffer, size, (off_t)*offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    *result = (size_t)n;
    return ASYNC_OK;
}

static int async_write_now_(int file, const void *data, size_t size, const uint64_t *offset, size_t *result)
{
    const unsigned char *bytes = (const unsigned char *)data;
    while (*result < size) {
        size_t left = size - *result;
        ssize_t n = offset == NULL ? write(file, bytes + *result, left)
                                   : pwrite(file, bytes + *result, left, (off_t)(*offset + *result));
        if (n == 0)
            return -EIO;
        if (n > 0)
            *result += (size_t)n;
        else if (errno != EINTR)
            return -errno;
    }
    return ASYNC_OK;
}

static int async_file_open_now_(void *data)
{
    struct async_file_open *io = (struct async_file_open *)data;
    io->result = async_open_now_(io->path, io->flags, io->mode);
    return io->result < 0 ? io->result : ASYNC_OK;
}

static int async_file_close_now_(void *data) { return async_close_now_(((struct async_file_close *)data)->file); }
static int async_file_sync_now_(void *data) { return async_sync_now_(((struct async_file_sync *)data)->file); }

static int async_file_read_now_(void *data)
{
    struct async_file_read *io = (struct async_file_read *)data;
    return async_read_now_(io->file, io->buffer, io->size, NULL, &io->result);
}

static int async_file_pread_now_(void *data)
{
    struct async_file_pread *io = (struct async_file_pread *)data;
    return async_read_now_(io->file, io->buffer, io->size, &io->offset, &io->result);
}

static int async_file_write_now_(void *data)
{
    struct async_file_write *io = (struct async_file_write *)data;
    return async_write_now_(io->file, io->data, io->size, NULL, &io->result);
}

static int async_file_pwrite_now_(void *data)
{
    struct async_file_pwrite *io = (struct async_file_pwrite *)data;
    return async_write_now_(io->file, io->data, io->size, &io->offset, &io->result);
}

/* Room for that many bytes and the zero byte; what is there already moves along. */
static bool async_content_grow_(async_file_content *content, size_t room)
{
    char *data = room == SIZE_MAX ? NULL : (char *)ASYNCIO_MALLOC(room + 1);
    if (data == NULL)
        return false;
    if (content->size > 0)
        ASYNC_MEMCPY_(data, content->data, content->size);
    if (content->data != NULL)
        ASYNCIO_FREE(content->data);
    content->data = data;
    return true;
}

/* To its end, wherever that is: the size a file has said may be wrong (/proc), or may change. */
static int async_load_now_(int file, async_file_content *content, size_t limit)
{
    struct stat st;
    size_t room = 4096, n = 0;
    int status;
    if (fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size < SIZE_MAX - 1)
        room = (size_t)st.st_size + 1; /* so that the end is seen without growing */
    if (limit > 0 && room > limit)
        room = limit < SIZE_MAX - 1 ? limit + 1 : limit;
    if (!async_content_grow_(content, room))
        return ASYNC_NO_MEMORY;
    for (;;) {
        status = async_read_now_(file, content->data + content->size, room - content->size, NULL, &n);
        if (status < 0 || n == 0)
            break;
        content->size += n;
        if (limit > 0 && content->size > limit)
            return -EFBIG;
        if (content->size == room && !async_content_grow_(content, room = room > SIZE_MAX / 2 ? SIZE_MAX : room * 2))
            return ASYNC_NO_MEMORY;
    }
    content->data[content->size] = '\0';
    return status;
}

static int async_file_load_now_(void *data)
{
    struct async_file_load *io = (struct async_file_load *)data;
    int status, file = async_open_now_(io->path, O_RDONLY, 0);
    if (file < 0)
        return file;
    status = async_load_now_(file, &io->result, io->limit);
    close(file);
    return status;
}

static int async_save_now_(const struct async_file_save *io, const char *path)
{
    size_t n = 0;
    int status, closed, file = async_open_now_(path, O_WRONLY | O_CREAT | O_TRUNC, io->mode);
    if (file < 0)
        return file;
    status = async_write_now_(file, io->data, io->size, NULL, &n);
    if (status == ASYNC_OK && io->atomic)
        status = async_sync_now_(file);
    closed = async_close_now_(file);
    return status < 0 ? status : closed;
}

static int async_file_save_now_(void *data)
{
    const struct async_file_save *io = (const struct async_file_save *)data;
    size_t length = strlen(io->path);
    char *beside;
    int status;
    if (!io->atomic)
        return async_save_now_(io, io->path);
    beside = (char *)ASYNCIO_MALLOC(length + sizeof ".tmp");
    if (beside == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMCPY_(beside, io->path, length);
    ASYNC_MEMCPY_(beside + length, ".tmp", sizeof ".tmp");
    status = async_save_now_(io, beside);
    if (status == ASYNC_OK && rename(beside, io->path) != 0)
        status = -errno;
    if (status < 0)
        (void)unlink(beside);
    ASYNCIO_FREE(beside);
    return status;
}

void async_file_content_free(async_file_content *content)
{
    if (content->data != NULL)
        ASYNCIO_FREE(content->data);
    content->data = NULL;
    content->size = 0;
}

/* ---- in the loop: the frame is what the thread works on ------------------------------------------------------- */

ASYNC_DEFINE(async_file_open)
{
    ASYNC_BEGIN;
    self->result = -1;
    AWAIT(async_to_thread, .function = async_file_open_now_, .data = self);
    ASYNC_FINALLY;
    if (ASYNC_ERROR < 0 && self->result >= 0) /* opened, and then cancelled */
        close(self->result);
    ASYNC_END;
}

ASYNC_DEFINE(async_file_close)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_close_now_, .data = self);
    ASYNC_END;
}

ASYNC_DEFINE(async_file_read)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_read_now_, .data = self);
    ASYNC_FINALLY;
    if (ASYNC_ERROR < 0 && self->result > 0)
        (void)lseek(self->file, -(off_t)self->result, SEEK_CUR);
    ASYNC_END;
}

ASYNC_DEFINE(async_file_pread)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_pread_now_, .data = self);
    ASYNC_END;
}

ASYNC_DEFINE(async_file_write)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_write_now_, .data = self);
    ASYNC_FINALLY;
    if (self->written != NULL)
        *self->written = self->result;
    ASYNC_END;
}

ASYNC_DEFINE(async_file_pwrite)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_pwrite_now_, .data = self);
    ASYNC_FINALLY;
    if (self->written != NULL)
        *self->written = self->result;
    ASYNC_END;
}

ASYNC_DEFINE(async_file_sync)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_sync_now_, .data = self);
    ASYNC_END;
}

ASYNC_DEFINE(async_file_load)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_load_now_, .data = self);
    ASYNC_FINALLY;
    if (ASYNC_ERROR < 0)
        async_file_content_free(&self->result);
    ASYNC_END;
}

ASYNC_DEFINE(async_file_save)
{
    ASYNC_BEGIN;
    AWAIT(async_to_thread, .function = async_file_save_now_, .data = self);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
