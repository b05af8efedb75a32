/* subprocess.h: starting a child process (asyncio.create_subprocess_exec and _shell). Hosts only. */
#ifndef ASYNCIO_SUBPROCESS_H
#define ASYNCIO_SUBPROCESS_H

#include "process.h"

#if ASYNCIO_PROCESSES && ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await(async_create_subprocess_exec, .process = &self->p, .argv = argv, ...): starts a program. argv ends with NULL; its
 * first member is the file, looked for in the PATH of the program's environment if there is no '/' in it. Everything
 * given stays in place until the call ends; the process object is overwritten.
 *     .input .output .error   0: the parent's; ASYNC_PIPE: a pipe, whose other end is the stream process.input, and so on;
 *                             ASYNC_DEVNULL; ASYNC_STDOUT, for the error; a number above 0: a descriptor of ours
 *     .environment            ends with NULL, members "NAME=value"; NULL: the parent's
 *     .cwd                    where it runs; NULL: where we do
 *     .new_session            it leads a session of its own (setsid)
 *     .process_group          the group it joins, or ASYNC_OWN_GROUP; 0: the parent's (setpgid)
 *     .pass_fds .pass_count   descriptors that it has too, at the same numbers; no others, whoever opened them
 * Its signals are as usual: none blocked, no handlers, SIGPIPE and SIGCHLD not ignored. Why it cannot be started is known
 * here: -ENOENT, -EACCES and what else execve() and chdir() say, in process.failed which of them; -EMFILE, -EAGAIN,
 * -ENOMEM. Then nothing is left of it, also when it is cancelled; deinit is not needed. Mirrors
 * asyncio.create_subprocess_exec().
 * await(async_create_subprocess_shell, .process = &self->p, .command = "ls | wc -l", ...): the same by /bin/sh. */
struct async_create_subprocess_exec {
    async_watcher_ watcher;
    async_process *process;
    const char *const *argv;
    int input, output, error;
    const char *const *environment;
    const char *cwd;
    bool new_session;
    int process_group;
    const int *pass_fds;
    size_t pass_count;
    int report;
};
ASYNC_DECLARE(async_create_subprocess_exec);
struct async_create_subprocess_shell {
    async_watcher_ watcher;
    async_process *process;
    const char *command;
    int input, output, error;
    const char *const *environment;
    const char *cwd;
    bool new_session;
    int process_group;
    const int *pass_fds;
    size_t pass_count;
    int report;
};
ASYNC_DECLARE(async_create_subprocess_shell);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_PROCESSES && ASYNCIO_NET
#ifndef ASYNCIO_SUBPROCESS_IMPLEMENTATION_
#define ASYNCIO_SUBPROCESS_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The child's descriptors, and our ends of its pipes. theirs: what is to be closed when it has them. */
static async_status async_process_stdio_(async_process *process, struct async_spawn_ *spawn, int theirs[3])
{
    async_stream *ours[3];
    int fds[2], i;
    ours[0] = &process->input;
    ours[1] = &process->output;
    ours[2] = &process->error;
    for (i = 0; i < 3; i++) {
        int *fd = &spawn->stdio[i];
        async_status status = ASYNC_OK;
        if (*fd == ASYNC_PIPE) {
            status = async_spawn_pipe_(fds);
            if (status == ASYNC_OK) {
                int our = fds[i == 0];
                *fd = theirs[i] = fds[i != 0];
                status = async_fd_set_nonblocking(our);
                if (status == ASYNC_OK)
                    status = async_stream_open_(ours[i], i == 0 ? -1 : our, i == 0 ? our : -1, true);
                if (status < 0)
                    close(our);
            }
        } else if (*fd == ASYNC_DEVNULL) {
            *fd = theirs[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
            status = *fd < 0 ? -errno : ASYNC_OK;
        } else if (*fd == ASYNC_STDOUT && i == 2) {
            *fd = spawn->stdio[1];
        } else if (*fd == 0) {
            *fd = i;
        } else if (*fd < 0) {
            status = ASYNC_INVALID_ARGUMENT;
        } else if (fcntl(*fd, F_GETFD) < 0) {
            status = -errno;
        }
        if (status < 0)
            return status;
    }
    for (i = 0; i < (int)spawn->pass_count; i++)
        if (fcntl(spawn->pass_fds[i], F_GETFD) < 0)
            return -errno;
    return ASYNC_OK;
}

/* The child that is not to be: nothing waits for it yet, and nothing will. */
static async_step async_process_abandon_(async_process *process, int report, int pid, async_status status)
{
    if (pid > 0) {
        int options = kill((pid_t)pid, SIGKILL) == 0 || errno != EPERM ? 0 : WNOHANG; /* it may have become somebody else's */
        while (waitpid((pid_t)pid, NULL, options) < 0 && errno == EINTR) {
        }
        async_fd_close(report);
    }
    async_process_close_ends_(process);
    process->pid = 0;
    return async_step_(status);
}

/* Starts it, for the running loop. Its number, or a status. */
static int async_process_start_(async_loop *loop, async_process *process, struct async_spawn_ *spawn, int *report)
{
    int theirs[3], i, pid;
    ASYNC_MEMSET_(process, 0, sizeof *process);
    process->loop = loop;
    process->pidfd = -1;
    process->returncode = ASYNC_RUNNING;
    for (i = 0; i < 3; i++)
        theirs[i] = -1;
    if (spawn->argv == NULL || spawn->argv[0] == NULL)
        return ASYNC_INVALID_ARGUMENT;
    pid = async_processes_of_(loop);
    if (pid == ASYNC_OK) {
        process->failed = "open";
        pid = async_process_stdio_(process, spawn, theirs);
    }
    if (pid == ASYNC_OK) {
        process->failed = "fork";
        pid = async_spawn_start_(spawn, report);
    }
    for (i = 0; i < 3; i++)
        if (theirs[i] >= 0)
            close(theirs[i]);
    return pid;
}

/* What the child says, or that it has become the program. */
static async_step async_process_hear_(async_stack *stack, async_watcher_ *watcher, async_process *process, int report)
{
    struct async_spawn_report_ said;
    ssize_t n;
    async_status status;
    do
        n = read(report, &said, sizeof said);
    while (n < 0 && errno == EINTR);
    if (n < 0 && async_would_block_(errno)) {
        status = async_fd_wait_(stack, watcher, report, false);
        return status < 0 ? async_process_abandon_(process, report, process->pid, status) : async_step_(status);
    }
    if (n != 0) {
        status = n < 0 ? -errno : n == (ssize_t)sizeof said ? -said.error : -EIO;
        process->failed = n == (ssize_t)sizeof said ? async_step_name_(said.step) : "read"; /* it may not have said */
        return async_process_abandon_(process, report, process->pid, status);
    }
    status = async_process_watch_(process);
    if (status < 0)
        return async_process_abandon_(process, report, process->pid, status);
    async_fd_close(report);
    process->failed = NULL;
    return async_step_(ASYNC_OK);
}

static async_step async_process_create_(async_stack *stack, async_watcher_ *watcher, async_process *process,
    struct async_spawn_ *spawn, int *report)
{
    async_status status;
    if (watcher->leaf.frame.state == ASYNC_LEAF_NEW) {
        int pid = async_process_start_(async_loop_of_(stack), process, spawn, report);
        if (pid < 0)
            return async_process_abandon_(process, -1, 0, pid);
        process->pid = pid;
    } else {
        async_poller_unwatch_(async_loop_of_(stack), watcher);
        status = async_leaf_outcome(&watcher->leaf);
        if (status == ASYNC_OK)
            status = watcher->status;
        if (status < 0)
            return async_process_abandon_(process, *report, process->pid, status);
    }
    return async_process_hear_(stack, watcher, process, *report);
}

#define ASYNC_SPAWN_FILL_(spawn, create)                                                            \
    (spawn)->stdio[0] = (create)->input;                                                            \
    (spawn)->stdio[1] = (create)->output;                                                           \
    (spawn)->stdio[2] = (create)->error;                                                            \
    (spawn)->environment = (create)->environment;                                                   \
    (spawn)->cwd = (create)->cwd;                                                                   \
    (spawn)->new_session = (create)->new_session;                                                   \
    (spawn)->process_group = (create)->process_group;                                               \
    (spawn)->pass_fds = (create)->pass_fds;                                                         \
    (spawn)->pass_count = (create)->pass_count;

async_step async_create_subprocess_exec_resume(async_stack *stack, void *frame)
{
    struct async_create_subprocess_exec *create = (struct async_create_subprocess_exec *)frame;
    struct async_spawn_ spawn;
    ASYNC_MEMSET_(&spawn, 0, sizeof spawn);
    ASYNC_SPAWN_FILL_(&spawn, create)
    spawn.argv = create->argv;
    return async_process_create_(stack, &create->watcher, create->process, &spawn, &create->report);
}

async_step async_create_subprocess_shell_resume(async_stack *stack, void *frame)
{
    struct async_create_subprocess_shell *create = (struct async_create_subprocess_shell *)frame;
    struct async_spawn_ spawn;
    const char *argv[4];
    ASYNC_MEMSET_(&spawn, 0, sizeof spawn);
    ASYNC_SPAWN_FILL_(&spawn, create)
    argv[0] = "/bin/sh";
    argv[1] = "-c";
    argv[2] = create->command == NULL ? "" : create->command;
    argv[3] = NULL;
    spawn.argv = argv;
    return async_process_create_(stack, &create->watcher, create->process, &spawn, &create->report);
}

ASYNC_LEAF_DEFINE(async_create_subprocess_exec, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_create_subprocess_shell, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
