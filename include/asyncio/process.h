/* process.h: child processes: their end, and signals for them (asyncio.subprocess.Process). Hosts only. subprocess.h starts
 * them.
 *
 * A process is reaped as soon as it has ended: on Linux through a descriptor that stands for it (pidfd), elsewhere on
 * SIGCHLD. Only processes started here are waited for, so it gets along with whoever starts others. */
#ifndef ASYNCIO_PROCESS_H
#define ASYNCIO_PROCESS_H

#include "spawn.h"
#include "stream_close.h"

#if ASYNCIO_PROCESSES && ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* ASYNC_RUNNING: the returncode of a process that has not ended (asyncio's None). */
enum { ASYNC_RUNNING = INT_MIN };

/* What async_process_communicate has read. */
struct async_collected_ {
    char *data;
    size_t size, capacity;
};

/* async_process: belongs to its owner, who ends it with async_process_deinit(): for one in a frame, in the finally part.
 * All zeros: none. In place until then, also when the process has ended. */
typedef struct async_process {
    int pid;        /* also when it has ended */
    int returncode; /* what it exited with; minus the signal that ended it; ASYNC_RUNNING */
    async_stream input, output, error; /* our ends of its pipes; not open where it has none */
    const char *failed; /* the system call that did, when it could not be started */
    /* the rest is the library's */
    async_loop *loop;
    async_node_ node; /* among the loop's */
    async_line_ waits;
    async_fd_handle exited;
    int pidfd;
    bool ended, lost;
    struct async_collected_ collected[2];
    size_t fed;
} async_process;

/* await_into(code, async_process_wait, .process = &p): waits for its end and gives its returncode. Any number may wait.
 * While its output is a pipe that nobody reads, a process that writes much does not end: async_process_communicate.
 * -ECHILD when somebody else has waited for it, or SIGCHLD is ignored; MISUSE for none, and on another loop. Cancelled,
 * the process goes on. Mirrors Process.wait(). */
struct async_process_wait {
    async_leaf leaf;
    async_process *process;
    async_node_ node;
    async_status status;
    int result;
};
ASYNC_DECLARE(async_process_wait);

/* async_process_poll: true if it has ended: looks now. Mirrors Popen.poll(). */
bool async_process_poll(async_process *process);

/* async_process_send_signal, async_process_terminate (SIGTERM), async_process_kill (SIGKILL): OK, -ESRCH when it has
 * ended, -EPERM, MISUSE for none. Mirror Process.send_signal(), terminate(), kill(). */
async_status async_process_send_signal(async_process *process, int signo);
async_status async_process_terminate(async_process *process);
async_status async_process_kill(async_process *process);

/* async_process_deinit: the end of the object: kills the process if it has not ended, waits for that (blocking, but a
 * killed process is gone soon) so that no zombie is left, and closes its pipes. Who waits for it is given its returncode;
 * who reads or writes its streams finds them ended. Does nothing on all zeros, as which it leaves the object. One that we may not kill, since
 * it has become another user's, is left to itself. The end of the loop does the same. Loop thread. */
void async_process_deinit(async_process *process);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_PROCESSES && ASYNCIO_NET
#ifndef ASYNCIO_PROCESS_IMPLEMENTATION_
#define ASYNCIO_PROCESS_IMPLEMENTATION_

#include <sys/wait.h>

ASYNC_EXTERN_C_BEGIN_

/* A loop's processes, until they are deinitialised. */
struct async_processes_ {
    async_closer_ closer;
    async_line_ line;
    async_signal_watch_ child; /* SIGCHLD, while there are some without a pidfd */
    unsigned signalled;        /* how many those are */
};

static async_process *async_node_process_(async_node_ *node) { return ASYNC_CONTAINER_(node, async_process, node); }


/* ---- the end of a process ------------------------------------------------------------------------------------ */

static void async_process_wake_(async_process *process, async_status status)
{
    async_node_ *node;
    while ((node = process->waits.first) != NULL) {
        struct async_process_wait *wait = ASYNC_CONTAINER_(node, struct async_process_wait, node);
        async_line_remove_(&process->waits, node);
        wait->leaf.frame.flags |= ASYNC_ITEM_; /* out of the line */
        wait->status = status;
        wait->result = process->returncode;
        async_leaf_complete(&wait->leaf);
    }
}

static void async_process_unwatch_(async_process *process)
{
    async_loop *loop = process->loop;
    if (process->pidfd >= 0) {
        async_fd_handle_cancel(&process->exited);
        async_poller_forget_(loop, process->pidfd, ASYNC_CLOSED);
        close(process->pidfd);
        process->pidfd = -1;
    } else {
        async_loop_unhold(loop);
        if (--loop->processes->signalled == 0 && loop->signals != NULL)
            async_signal_unwatch_(loop, &loop->processes->child);
    }
}

/* True if it has ended; options as for waitpid(). */
static bool async_process_reap_(async_process *process, int options)
{
    int status = 0;
    pid_t pid;
    if (process->ended)
        return true;
    do
        pid = waitpid((pid_t)process->pid, &status, options);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return false;
    process->ended = true;
    process->lost = pid < 0;
    process->returncode = process->lost ? 255 : WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    async_process_unwatch_(process);
    async_process_wake_(process, process->lost ? -ECHILD : ASYNC_OK);
    return true;
}

static void async_process_exited_(async_fd_handle *handle)
{
    (void)async_process_reap_((async_process *)handle->handle.data, WNOHANG);
}

static void async_child_arrived_(async_signal_watch_ *watch, unsigned count)
{
    struct async_processes_ *processes = ASYNC_CONTAINER_(watch, struct async_processes_, child);
    async_node_ *node, *next;
    (void)count;
    for (node = processes->line.first; node != NULL; node = next) {
        next = node->next;
        if (!async_node_process_(node)->ended && async_node_process_(node)->pidfd < 0)
            (void)async_process_reap_(async_node_process_(node), WNOHANG);
    }
}

static void async_process_close_ends_(async_process *process)
{
    async_stream_abort(&process->input);
    async_stream_abort(&process->output);
    async_stream_abort(&process->error);
}

/* Kills it, unless it has ended; nothing waits for it any more. */
static void async_process_end_(async_process *process)
{
    if (!process->ended) {
        if (kill((pid_t)process->pid, SIGKILL) == 0 || errno != EPERM) {
            (void)async_process_reap_(process, 0);
        } else if (!async_process_reap_(process, WNOHANG)) {
            process->ended = process->lost = true;
            process->returncode = 255;
            async_process_unwatch_(process);
        }
    }
    async_process_wake_(process, ASYNC_CLOSED);
    async_process_close_ends_(process);
    async_line_remove_(&process->loop->processes->line, &process->node);
    process->loop = NULL;
}

static void async_processes_close_(async_loop *loop, async_closer_ *closer)
{
    struct async_processes_ *processes = loop->processes;
    (void)closer;
    while (processes->line.first != NULL)
        async_process_end_(async_node_process_(processes->line.first));
    loop->processes = NULL;
    ASYNCIO_FREE(processes);
}

void async_process_deinit(async_process *process)
{
    int i;
    if (process->pid == 0)
        return;
    if (process->loop != NULL)
        async_process_end_(process);
    for (i = 0; i < 2; i++)
        if (process->collected[i].data != NULL)
            ASYNCIO_FREE(process->collected[i].data);
    ASYNC_MEMSET_(process, 0, sizeof *process);
}

bool async_process_poll(async_process *process)
{
    return process->pid != 0 && async_process_reap_(process, WNOHANG);
}

async_status async_process_send_signal(async_process *process, int signo)
{
    if (process->pid == 0)
        return ASYNC_MISUSE;
    if (async_process_reap_(process, WNOHANG)) /* its number may be another's */
        return -ESRCH;
    return kill((pid_t)process->pid, signo) == 0 ? ASYNC_OK : -errno;
}

async_status async_process_terminate(async_process *process) { return async_process_send_signal(process, SIGTERM); }
async_status async_process_kill(async_process *process) { return async_process_send_signal(process, SIGKILL); }

async_step async_process_wait_resume(async_stack *stack, void *frame)
{
    struct async_process_wait *wait = (struct async_process_wait *)frame;
    async_process *process = wait->process;
    if (wait->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (process->pid == 0 || (!process->ended && process->loop != async_loop_of_(stack)))
            return async_step_(ASYNC_MISUSE);
        if (process->ended) {
            wait->result = process->returncode;
            return async_step_(process->lost ? -ECHILD : ASYNC_OK);
        }
        async_line_append_(&process->waits, &wait->node);
        return async_leaf_wait(stack, &wait->leaf);
    }
    if (!(wait->leaf.frame.flags & ASYNC_ITEM_)) /* else the process may be no more */
        async_line_remove_(&process->waits, &wait->node);
    return async_step_(async_leaf_outcome(&wait->leaf) < 0 ? async_leaf_outcome(&wait->leaf) : wait->status);
}

ASYNC_LEAF_DEFINE(async_process_wait, async_leaf_cancel);

/* ---- its beginning ------------------------------------------------------------------------------------------- */

static async_status async_processes_of_(async_loop *loop)
{
    struct async_processes_ *processes;
    if (loop->processes != NULL)
        return ASYNC_OK;
    processes = (struct async_processes_ *)ASYNCIO_MALLOC(sizeof *processes);
    if (processes == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(processes, 0, sizeof *processes);
    processes->closer.close = async_processes_close_;
    async_line_append_(&loop->closers, &processes->closer.node);
    loop->processes = processes;
    return ASYNC_OK;
}

static int async_pidfd_(int pid)
{
#if ASYNCIO_PIDFD && defined(SYS_pidfd_open)
    return async_own_fd_((int)syscall(SYS_pidfd_open, (pid_t)pid, 0u)); /* close-on-exec by itself */
#else
    (void)pid;
    return -1;
#endif
}

/* From here on its end is noticed: by a descriptor if the system has one to give, else by SIGCHLD. A process that ended
 * before that is still there to be looked at. */
static async_status async_process_watch_(async_process *process)
{
    async_loop *loop = process->loop;
    async_status status = ASYNC_OK;
    process->pidfd = async_pidfd_(process->pid);
    if (process->pidfd >= 0) {
        status = async_loop_add_reader(loop, process->pidfd, &process->exited, async_process_exited_, process);
        if (status < 0) {
            close(process->pidfd);
            return status;
        }
    } else {
        if (loop->processes->signalled == 0) {
            status = async_signal_watch_on_(loop, &loop->processes->child, SIGCHLD, async_child_arrived_);
            if (status < 0)
                return status;
        }
        loop->processes->child.seen--; /* its end may have been before this: the next pass looks */
        ASYNC_SHOW_(loop->interrupted, true);
        loop->processes->signalled++;
        async_loop_hold(loop);
    }
    async_line_append_(&loop->processes->line, &process->node);
    return ASYNC_OK;
}

ASYNC_EXTERN_C_END_

#endif
#endif
