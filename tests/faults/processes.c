/* Child processes and signals under faults. */
#include "faults.h"
#include <signal.h>
#include <unistd.h>

/* All that is written to a process comes back. */
enum { BYTES = 5000 };
struct copies { async_frame frame; async_process process; int code; size_t size; const char *output; char text[BYTES]; };
async(copies)
{
    async_begin;
    faults_fill(self->text, 0, BYTES);
    await(async_create_subprocess_shell, .process = &self->process, .command = "cat; exit 3", .input = ASYNC_PIPE,
        .output = ASYNC_PIPE, .error = ASYNC_PIPE);
    await_into(self->code, async_process_communicate, .process = &self->process, .data = self->text, .size = BYTES);
    self->output = async_process_output(&self->process, &self->size);
    RIGHT(self->size <= BYTES && faults_same(self->output, 0, self->size));
    /* where the pipe failed there, `cat` says so itself */
    if (self->code != 3 || self->size < BYTES)
        async_raise(ASYNC_INCOMPLETE_READ);
    async_finally;
    async_process_deinit(&self->process);
    async_end;
}
SCENARIO(processes, communicate) { return RUN(copies); }

/* One that does not want its input. */
struct deaf { async_frame frame; async_process process; int code; char *text; };
async(deaf)
{
    async_begin;
    self->text = (char *)ASYNCIO_MALLOC(200000);
    if (self->text == NULL)
        async_raise(ASYNC_NO_MEMORY);
    faults_fill(self->text, 0, 200000);
    await(async_create_subprocess_shell, .process = &self->process, .command = "exec <&-; exit 5", .input = ASYNC_PIPE);
    await_into(self->code, async_process_communicate, .process = &self->process, .data = self->text, .size = 200000);
    RIGHT(self->code == 5);
    async_finally;
    async_process_deinit(&self->process);
    if (self->text != NULL)
        ASYNCIO_FREE(self->text);
    async_end;
}
SCENARIO(processes, deaf) { return RUN(deaf); }

/* Two at once: one is killed, one writes lines and is read while it runs. */
struct several { async_frame frame; async_process sleeper, writer; async_bytes line; int code; };
async(several)
{
    static const char *const sleep[] = { "sleep", "100", NULL };
    async_status status;
    async_begin;
    await(async_create_subprocess_exec, .process = &self->sleeper, .argv = sleep, .process_group = -1);
    await(async_create_subprocess_shell, .process = &self->writer, .command = "echo one; echo two >&2; echo three",
        .output = ASYNC_PIPE, .error = ASYNC_STDOUT, .cwd = "/", .new_session = true);
    await_into(self->line, async_stream_readline, .stream = &self->writer.output);
    RIGHT(self->line.size == 4 && memcmp(self->line.data, "one\n", 4) == 0);
    await_into(self->line, async_stream_readall, .stream = &self->writer.output);
    RIGHT(self->line.size == 10 && memcmp(self->line.data, "two\nthree\n", 10) == 0);
    await_into(self->code, async_process_wait, .process = &self->writer);
    RIGHT(self->code == 0);
    if ((status = async_process_kill(&self->sleeper)) < 0)
        async_raise(status);
    await_into(self->code, async_process_wait, .process = &self->sleeper);
    RIGHT(self->code == -SIGKILL);
    async_finally;
    async_process_deinit(&self->sleeper);
    async_process_deinit(&self->writer);
    async_end;
}
SCENARIO(processes, several) { return RUN(several); }

/* Signals that come while nobody waits, and while somebody does; a handler. */
struct signals { async_frame frame; async_signal one, both[2]; async_handle handle; async_task_group group; int handled, signo; };
static void on_signal(async_handle *handle) { ++*(int *)handle->data; }
struct sends { async_frame frame; int signo; };
async(sends)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    kill(getpid(), self->signo);
    async_end;
}
async(signals)
{
    async_status status;
    async_begin;
    if ((status = async_signal_init(&self->one, SIGUSR1)) < 0 || (status = async_signal_init(&self->both[0], SIGUSR1)) < 0 ||
        (status = async_signal_init(&self->both[1], SIGUSR2)) < 0 ||
        (status = async_loop_add_signal_handler(async_get_running_loop(), SIGHUP, &self->handle, on_signal,
             &self->handled)) < 0)
        async_raise(status);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGHUP);
    await_into(self->signo, async_signal_wait, .signal = &self->one);
    RIGHT(self->signo == SIGUSR1);
    await_into(self->signo, async_signal_wait, .signal = self->both, .count = 2);
    RIGHT(self->signo == SIGUSR1);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, sends, .signo = SIGUSR2);
    await_into(self->signo, async_signal_wait, .signal = self->both, .count = 2);
    RIGHT(self->signo == SIGUSR2);
    while (self->handled == 0)
        await(async_sleep, .delay = async_ms(1));
    RIGHT(self->handled == 1);
    async_finally;
    async_signal_deinit(&self->one);
    async_signal_deinit(&self->both[0]);
    async_signal_deinit(&self->both[1]);
    async_loop_remove_signal_handler(async_get_running_loop(), SIGHUP);
    async_end;
}
SCENARIO(signals, all) { return RUN(signals); }
