/* Cancel-everywhere over signals: none is lost, and the system's dispositions come back; and over child processes: none
 * is left. With fork() in place of vfork(), so that starting one waits. */
#define ASYNCIO_VFORK 0
#include "everywhere.h"
#include <signal.h>
#include <sys/wait.h>

/* ---- signals ------------------------------------------------------------------------------------------------ */

static unsigned arrived, taken;

static void no_signals(void) { arrived = taken = 0; }

static void check_signals(void)
{
    struct sigaction now;
    MUST(taken == arrived);
    MUST(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    MUST(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
}

struct raises {
    async_frame frame;
    int signo;
};

async(raises)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    raise(self->signo);
    arrived++;
    async_end;
}

struct takes {
    async_frame frame;
    async_signal *signals;
    int signo, i;
};

async(takes)
{
    async_begin;
    for (self->i = 0; self->i < 2; self->i++) {
        await_into(self->signo, async_signal_wait, .signal = self->signals, .count = 2);
        taken++;
    }
    async_end;
}

struct signals {
    async_frame frame;
    async_signal signals[2];
    async_task_group group;
    async_status status;
};

async(signals)
{
    async_begin;
    if (async_signal_init(&self->signals[0], SIGUSR1) < 0 || async_signal_init(&self->signals[1], SIGUSR2) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, raises, .signo = SIGUSR1);
    async_task_group_create_task(&self->group, raises, .signo = SIGUSR2);
    await_for_catch(async_ms(50), self->status, takes, .signals = self->signals); /* nobody may raise them any more */
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_finally;
    async_signals_arrived_(async_get_running_loop()); /* those it has not looked at yet */
    taken += async_signal_pending(&self->signals[0]) + async_signal_pending(&self->signals[1]);
    async_signal_deinit(&self->signals[0]);
    async_signal_deinit(&self->signals[1]);
    async_end;
}

/* ---- processes ---------------------------------------------------------------------------------------------- */

static void check_processes(void) { MUST(waitpid(-1, NULL, WNOHANG) == -1); /* not even a zombie */ }

struct starts {
    async_frame frame;
    async_process process;
    int code;
};

async(starts)
{
    static const char *const argv[] = { "/bin/true", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->process, .argv = argv, .input = ASYNC_PIPE,
        .output = ASYNC_PIPE, .error = ASYNC_PIPE);
    await_into(self->code, async_process_wait, .process = &self->process);
    MUST(self->code == 0);
    async_process_deinit(&self->process);
    await(async_create_subprocess_shell, .process = &self->process, .command = "exec sleep 100", .error = ASYNC_DEVNULL);
    async_process_terminate(&self->process);
    await_into(self->code, async_process_wait, .process = &self->process);
    MUST(self->code == -SIGTERM);
    async_finally;
    async_process_deinit(&self->process);
    async_end;
}

struct cannot_start {
    async_frame frame;
    async_process process;
    async_status status;
};

async(cannot_start)
{
    static const char *const argv[] = { "/no/such/program", NULL };
    async_begin;
    await_catch(self->status, async_create_subprocess_exec, .process = &self->process, .argv = argv, .input = ASYNC_PIPE);
    MUST(self->status == -ENOENT || self->status == ASYNC_CANCELLED);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_end;
}

/* Interrupted anywhere, it goes on when it is called again: nothing of what is said either way is lost. */
struct communicates {
    async_frame frame;
    async_process process;
    async_status status;
    int code;
};

async(communicates)
{
    async_begin;
    await(async_create_subprocess_shell, .process = &self->process, .command = "cat; echo end >&2", .input = ASYNC_PIPE,
        .output = ASYNC_PIPE, .error = ASYNC_PIPE);
    await_into(self->code, async_process_communicate, .process = &self->process, .data = "hello", .size = 5);
    async_finally;
    if (self->process.pid != 0) {
        await_catch(self->status, async_process_communicate, .process = &self->process, .data = "hello", .size = 5);
        if (self->status == ASYNC_OK) {
            MUST(strcmp(async_process_output(&self->process, NULL), "hello") == 0);
            MUST(strcmp(async_process_error_output(&self->process, NULL), "end\n") == 0);
        }
    }
    async_process_deinit(&self->process);
    async_end;
}

struct all_kinds {
    async_frame frame;
    async_task_group group;
};

async(all_kinds)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, starts);
    async_task_group_create_task(&self->group, cannot_start);
    async_end;
}

int main(void)
{
    PROGRAM(signals, no_signals, check_signals);
    PROGRAM(all_kinds, NULL, check_processes);
    PROGRAM(communicates, NULL, check_processes);
    print_covered();
    return failed > 0;
}
