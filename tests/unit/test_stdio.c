/* Standard input and output as a stream, and standard descriptors that are closed. Each in a process of its own. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a process does with these standard descriptors (-1: closed) ends with 0. */
static void in_child(int (*function)(int how), int how, int in, int out)
{
    int status = -1, i;
    pid_t child;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        alarm(60);
        for (i = 0; i < 2; i++)
            if ((i == 0 ? in : out) >= 0)
                dup2(i == 0 ? in : out, i);
        _exit(function(how));
    }
    REQUIRE(child > 0);
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
}

static bool blocks(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

/* ---- as a stream ---------------------------------------------------------------------------------------------------- */

struct echo { async_frame frame; async_stream stream; async_bytes line; };
async(echo)
{
    async_status status;
    async_begin;
    status = async_stream_open_stdio(&self->stream);
    if (status < 0)
        async_raise(status);
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = &self->stream);
        if (self->line.size == 0)
            break;
        async_stream_write(&self->stream, self->line.data, self->line.size);
        await(async_stream_drain, .stream = &self->stream);
    }
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    async_end;
}

static int echoes(int how)
{
    async_status status = async_run(echo);
    (void)how;
    if (status == ASYNC_NO_MEMORY)
        return write(1, "in\nput", 6) == 6 ? 0 : 1;
    return status == ASYNC_OK && blocks(0) && blocks(1) ? 0 : 1;
}

TEST(stdio, pipes_and_files)
{
    char name[] = "/tmp/asyncio-stdio-XXXXXX", text[16] = "";
    int ends[2] = { -1, -1 }, file = mkstemp(name);
    REQUIRE(file >= 0 && unlink(name) == 0 && pipe(ends) == 0);
    CHECK(write(ends[1], "in\nput", 6) == 6);
    close(ends[1]);
    in_child(echoes, 0, ends[0], file); /* from a pipe to a file */
    close(ends[0]);
    REQUIRE(pipe(ends) == 0 && lseek(file, 0, SEEK_SET) == 0);
    in_child(echoes, 0, file, ends[1]); /* and back */
    CHECK(blocks(ends[1]));
    close(ends[1]);
    CHECK_INT(read(ends[0], text, sizeof text), 6);
    CHECK_STR(text, "in\nput");
    close(ends[0]);
    close(file);
}

#ifndef __TINYC__ /* no atomic variables: no other threads */

/* ---- closed --------------------------------------------------------------------------------------------------------- */

static int nothing(void *data)
{
    (void)data;
    return 0;
}

struct bare { async_frame frame; async_stream stream; async_process p; int closed, i, code; };
async(bare)
{
    static const char *const argv[] = { "true", NULL };
    async_status status;
    async_begin;
    await(async_to_thread, .function = nothing); /* by now a thread has woken the loop */
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv, .input = ASYNC_PIPE);
    for (self->i = 0; self->i < 3; self->i++)
        if ((self->closed & 1 << self->i) && fcntl(self->i, F_GETFD) >= 0)
            async_raise(BOOM);
    status = async_stream_open_stdio(&self->stream);
    if (status != ((self->closed & 3) ? -EBADF : ASYNC_OK))
        async_raise(status < 0 ? status : BANG);
    if (async_stream_fileno(&self->stream) >= 0 && async_stream_fileno(&self->stream) < 3)
        async_raise(BANG);
    await_into(self->code, async_process_wait, .process = &self->p);
    if (self->code != 0)
        async_raise(BANG);
    async_finally;
    async_stream_abort(&self->stream);
    async_process_deinit(&self->p);
    async_end;
}

static int runs_bare(int closed)
{
#if ASYNCIO_EPOLL
    static const async_poller pollers[] = { ASYNC_POLLER_POLL, ASYNC_POLLER_EPOLL };
#else
    static const async_poller pollers[] = { ASYNC_POLLER_POLL, ASYNC_POLLER_AUTO };
#endif
    async_loop_config config = { 0 };
    async_status status = ASYNC_OK;
    int i;
    for (i = 0; i < 3; i++)
        if (closed & 1 << i)
            close(i);
    for (i = 0; i < 2 && (status == ASYNC_OK || status == ASYNC_NO_MEMORY); i++) {
        config.poller = pollers[i];
        status = async_run_with(&config, bare, .closed = closed);
    }
    return status == ASYNC_OK || status == ASYNC_NO_MEMORY ? 0 : 1;
}

/* the library's own descriptors are never what somebody takes for the standard ones */
TEST(stdio, closed)
{
    int closed;
    for (closed = 0; closed < 8; closed++)
        in_child(runs_bare, closed, -1, -1);
}

#endif
