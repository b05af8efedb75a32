/* Files, through threads: reading, writing, whole ones; failures, cancels. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include "scratch.h"

#define PATH scratch_path("file")

static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

struct pieces { async_frame frame; int file; size_t n, written; char buffer[20]; };
async(pieces)
{
    async_begin;
    self->file = -1;
    await_into(self->file, async_file_open, .path = PATH, .flags = O_RDWR | O_CREAT | O_TRUNC, .mode = 0600);
    CHECK_INT(fcntl(self->file, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    await_into(self->n, async_file_write, .file = self->file, .data = "hello, world", .size = 12,
        .written = &self->written);
    CHECK(self->n == 12 && self->written == 12);
    await_into(self->n, async_file_pwrite, .file = self->file, .data = "W", .size = 1, .offset = 7);
    CHECK_INT(self->n, 1);
    await(async_file_sync, .file = self->file);
    await_into(self->n, async_file_read, .file = self->file, .buffer = self->buffer, .size = 20);
    CHECK_INT(self->n, 0);
    await_into(self->n, async_file_pread, .file = self->file, .buffer = self->buffer, .size = 20);
    note("%.*s|", (int)self->n, self->buffer);
    await_into(self->n, async_file_pread, .file = self->file, .buffer = self->buffer, .size = 3, .offset = 7);
    note("%.*s|", (int)self->n, self->buffer);
    CHECK_INT(lseek(self->file, 5, SEEK_SET), 5);
    await_into(self->n, async_file_read, .file = self->file, .buffer = self->buffer, .size = 3);
    await_into(self->n, async_file_read, .file = self->file, .buffer = self->buffer, .size = 20);
    note("%.*s", (int)self->n, self->buffer);
    async_finally;
    if (self->file >= 0)
        await(async_file_close, .file = self->file);
    async_end;
}

TEST(file, in_pieces)
{
    int before = open_fds();
    long live = counted_live;
    CHECK_INT(async_run(pieces), ASYNC_OK);
    CHECK_NOTES("hello, World|Wor|orld");
    CHECK_INT(unlink(PATH), 0);
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

struct whole { async_frame frame; const char *path; const void *data; size_t size, limit; bool atomic;
    async_file_content content; };
async(whole)
{
    async_begin;
    if (self->data != NULL)
        await(async_file_save, .path = self->path, .data = self->data, .size = self->size, .atomic = self->atomic);
    await_into(self->content, async_file_load, .path = self->path, .limit = self->limit);
    if (self->data != NULL) {
        CHECK_INT(self->content.size, self->size);
        CHECK(memcmp(self->content.data, self->data, self->size) == 0);
    }
    CHECK_INT(self->content.data[self->content.size], 0);
    async_finally;
    async_file_content_free(&self->content);
    async_file_content_free(&self->content);
    async_end;
}

TEST(file, as_a_whole)
{
    static char lots[100000];
    int before = open_fds(), atomic;
    long live = counted_live;
    size_t i;
    for (i = 0; i < sizeof lots; i++)
        lots[i] = (char)(i * 7 + i / 256);
    for (atomic = 0; atomic < 2; atomic++) {
        CHECK_INT(async_run(whole, .path = PATH, .data = lots, .size = sizeof lots, .atomic = atomic), ASYNC_OK);
        CHECK_INT(async_run(whole, .path = PATH, .data = "short", .size = 5, .atomic = atomic), ASYNC_OK);
        CHECK_INT(async_run(whole, .path = PATH, .data = "", .size = 0, .atomic = atomic), ASYNC_OK);
    }
    CHECK_INT(async_run(whole, .path = PATH, .data = "12345", .size = 5, .limit = 5), ASYNC_OK);
    CHECK_INT(async_run(whole, .path = PATH, .data = "123456", .size = 6, .limit = 5), -EFBIG);
    CHECK_INT(async_run(whole, .path = PATH, .data = "123456", .size = 6, .limit = SIZE_MAX), ASYNC_OK);
    CHECK_INT(access(scratch_path("file.tmp"), F_OK), -1);
    CHECK_INT(unlink(PATH), 0);
#if defined(__linux__)
    CHECK_INT(async_run(whole, .path = "/proc/self/status"), ASYNC_OK); /* says it is empty */
    CHECK_INT(async_run(whole, .path = "/dev/zero", .limit = 10000), -EFBIG);
    CHECK_INT(async_run(whole, .path = "/dev/full", .data = "x", .size = 1), -ENOSPC);
#endif
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

struct fails { async_frame frame; async_status status; size_t written; char byte; };
async(fails)
{
    async_begin;
    await_catch(self->status, async_file_open, .path = "/nonexistent/file", .flags = O_RDONLY);
    CHECK_INT(self->status, -ENOENT);
    await_catch(self->status, async_file_load, .path = "/nonexistent/file");
    CHECK_INT(self->status, -ENOENT);
    await_catch(self->status, async_file_save, .path = "/nonexistent/file", .atomic = true);
    CHECK_INT(self->status, -ENOENT);
    await_catch(self->status, async_file_load, .path = ".");
    CHECK_INT(self->status, -EISDIR);
    await_catch(self->status, async_file_save, .path = ".", .data = "x", .size = 1);
    CHECK_INT(self->status, -EISDIR);
    await_catch(self->status, async_file_read, .file = -1, .buffer = &self->byte, .size = 1);
    CHECK_INT(self->status, -EBADF);
    await_catch(self->status, async_file_pread, .file = -1, .buffer = &self->byte, .size = 1);
    CHECK_INT(self->status, -EBADF);
    await_catch(self->status, async_file_write, .file = -1, .data = "x", .size = 1, .written = &self->written);
    CHECK(self->status == -EBADF && self->written == 0);
    await_catch(self->status, async_file_pwrite, .file = -1, .data = "x", .size = 1);
    CHECK_INT(self->status, -EBADF);
    await_catch(self->status, async_file_sync, .file = -1);
    CHECK_INT(self->status, -EBADF);
    await_catch(self->status, async_file_close, .file = -1);
    CHECK_INT(self->status, -EBADF);
    async_end;
}

TEST(file, failures)
{
    long live = counted_live;
    CHECK_INT(async_run(fails), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* ---- while it blocks, the loop goes on; what is cancelled then loses nothing --------------------------------- */

struct reads { async_frame frame; int fd; size_t n; char buffer[10]; };
async(reads)
{
    async_begin;
    await_into(self->n, async_file_read, .file = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
    note("%.*s ", (int)self->n, self->buffer);
    async_end;
}

struct goes_on { async_frame frame; int fds[2]; async_task *task; };
async(goes_on)
{
    async_begin;
    self->task = async_create_task(reads, .fd = self->fds[0]);
    await(async_sleep, .delay = async_ms(5));
    note("meanwhile ");
    CHECK_INT(write(self->fds[1], "data", 4), 4);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(file, the_loop_goes_on)
{
    int fds[2]; /* a blocking pipe: reading takes as long as we like */
    REQUIRE(pipe(fds) == 0);
    CHECK_INT(async_run(goes_on, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("meanwhile data ");
    close(fds[0]);
    close(fds[1]);
}

struct opens { async_frame frame; int file; };
async(opens)
{
    async_begin;
    await_into(self->file, async_file_open, .path = PATH, .flags = O_RDONLY); /* a fifo: waits for a writer */
    note("opened ");
    async_end;
}

struct cancels_open { async_frame frame; async_task *task; int writer; async_status status; };
async(cancels_open)
{
    async_begin;
    self->task = async_create_task(opens);
    await(async_sleep, .delay = async_ms(5));
    async_cancel(self->task);
    await(async_sleep, .delay = async_ms(1));
    while (!async_task_done(self->task)) {
        self->writer = open(PATH, O_WRONLY | O_NONBLOCK);
        await(async_sleep, .delay = async_ms(1));
        if (self->writer >= 0)
            close(self->writer);
    }
    await_catch(self->status, async_join, .task = self->task);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(file, a_cancelled_open_leaves_nothing_open)
{
    int before = open_fds();
    REQUIRE(mkfifo(PATH, 0600) == 0);
    CHECK_INT(async_run(cancels_open), ASYNC_OK);
    CHECK_NOTES("");
    CHECK_INT(open_fds(), before);
    unlink(PATH);
}
