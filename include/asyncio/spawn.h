/* spawn.h: from fork to exec: another program in a child process, with nothing of ours but what it is meant to have. */
#ifndef ASYNCIO_SPAWN_H
#define ASYNCIO_SPAWN_H

#include "fork.h"

#if ASYNCIO_PROCESSES && ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* What a child's standard descriptor may be, besides 0, its parent's, and a number above 0, a descriptor of its parent's. */
enum {
    ASYNC_PIPE = -1,    /* one end of a pipe, whose other end we have */
    ASYNC_STDOUT = -2,  /* the error output's: where the output goes */
    ASYNC_DEVNULL = -3  /* nothing comes from it, and nothing arrives */
};

/* ASYNC_OWN_GROUP: the child leads a process group of its own. */
enum { ASYNC_OWN_GROUP = -1 };

struct async_spawn_ {
    const char *const *argv;
    const char *const *environment;
    const char *cwd;
    int stdio[3]; /* as above; then descriptors */
    bool new_session;
    int process_group;
    const int *pass_fds;
    size_t pass_count;
    const char *program; /* the files to try, one after another */
    size_t programs;
    int report;      /* where the child says what failed */
    int descriptors; /* no descriptor is above, where there is no close_range */
};

/* What failed in the child. */
struct async_spawn_report_ {
    int step, error;
};

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_PROCESSES && ASYNCIO_NET
#ifndef ASYNCIO_SPAWN_IMPLEMENTATION_
#define ASYNCIO_SPAWN_IMPLEMENTATION_

#include <stdlib.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

ASYNC_EXTERN_C_BEGIN_

extern char **environ;

/* A strictly conforming compiler hides these two.
 *
 * vfork: the child runs in the memory of its parent, which stands still until the exec, instead of in a copy of its page
 * tables: starting a program takes the same time however large ours is, and does not fail for lack of memory it never
 * uses. That demands of the child only what a thread-safe fork demands already: nothing but system calls, on memory that
 * nobody else changes, and never a return. Its signal dispositions, mask, descriptors and directory are its own.
 * posix_spawn() does the same, but has no portable way to close what it is not told of, to change the directory, to
 * make a session, or to say what failed. Where vfork() is a plain fork() (emulators, checkers), all of it still holds. */
#if defined(__linux__)
#ifndef __cplusplus
long syscall(long number, ...);
pid_t vfork(void);
#endif
#endif
#if defined(__linux__) && ASYNCIO_VFORK
#define ASYNC_FORK_ vfork
#else
#define ASYNC_FORK_ fork
#endif

enum { ASYNC_STEP_REPORT_, ASYNC_STEP_STDIO_, ASYNC_STEP_PASS_, ASYNC_STEP_SESSION_, ASYNC_STEP_GROUP_, ASYNC_STEP_CWD_,
    ASYNC_STEP_EXEC_ };

static const char *async_step_name_(int step)
{
    static const char *const names[] = { "fork", "dup2", "pass_fds", "setsid", "setpgid", "chdir", "execve" };
    return step >= 0 && step < (int)(sizeof names / sizeof *names) ? names[step] : names[0];
}

/* ---- in the child: system calls only ------------------------------------------------------------------------- */

ASYNC_NORETURN_ static void async_spawn_fail_(const struct async_spawn_ *spawn, int step)
{
    struct async_spawn_report_ report;
    ssize_t n;
    report.step = step;
    report.error = errno;
    do
        n = write(spawn->report, &report, sizeof report);
    while (n < 0 && errno == EINTR);
    _exit(127);
}

/* Our handlers would run in the parent's memory. What is ignored stays so, as by exec, but for what servers ignore for
 * themselves and programs do not expect. */
static void async_spawn_reset_signals_(void)
{
    struct sigaction usual, now;
    int signo;
    ASYNC_MEMSET_(&usual, 0, sizeof usual);
    sigemptyset(&usual.sa_mask);
    usual.sa_handler = SIG_DFL;
    for (signo = 1; signo < ASYNC_SIGNALS_; signo++)
        if (sigaction(signo, NULL, &now) == 0 && now.sa_handler != SIG_DFL &&
            (now.sa_handler != SIG_IGN || signo == SIGPIPE || signo == SIGCHLD))
            sigaction(signo, &usual, NULL);
}

static void async_spawn_stdio_(const struct async_spawn_ *spawn)
{
    int from[3], i;
    for (i = 0; i < 3; i++) { /* out of the way of each other */
        from[i] = spawn->stdio[i];
        if (from[i] < 3 && from[i] != i && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3)) < 0)
            async_spawn_fail_(spawn, ASYNC_STEP_STDIO_);
    }
    for (i = 0; i < 3; i++)
        if (from[i] == i)
            (void)fcntl(i, F_SETFD, 0); /* it may be closed in the parent, too */
        else
            while (dup2(from[i], i) < 0)
                if (errno != EINTR && errno != EBUSY)
                    async_spawn_fail_(spawn, ASYNC_STEP_STDIO_);
}

/* All others close at the exec, whoever opened them without saying so. */
static void async_spawn_descriptors_(const struct async_spawn_ *spawn)
{
    size_t i;
    int fd = 3;
#if defined(SYS_close_range)
    if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0)
        fd = spawn->descriptors;
#endif
    for (; fd < spawn->descriptors; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    for (i = 0; i < spawn->pass_count; i++)
        if (spawn->pass_fds[i] > 2 && fcntl(spawn->pass_fds[i], F_SETFD, 0) != 0)
            async_spawn_fail_(spawn, ASYNC_STEP_PASS_);
}

ASYNC_NORETURN_ static void async_spawn_child_(const struct async_spawn_ *spawn)
{
    char *const *argv = (char *const *)(uintptr_t)spawn->argv;
    char *const *environment = spawn->environment == NULL ? environ : (char *const *)(uintptr_t)spawn->environment;
    const char *program = spawn->program;
    sigset_t none;
    size_t i;
    int error = 0;
    async_spawn_reset_signals_();
    async_spawn_stdio_(spawn);
    async_spawn_descriptors_(spawn);
    if (spawn->new_session && setsid() < 0)
        async_spawn_fail_(spawn, ASYNC_STEP_SESSION_);
    if (spawn->process_group != 0 && setpgid(0, spawn->process_group < 0 ? 0 : spawn->process_group) != 0)
        async_spawn_fail_(spawn, ASYNC_STEP_GROUP_);
    if (spawn->cwd != NULL && chdir(spawn->cwd) != 0)
        async_spawn_fail_(spawn, ASYNC_STEP_CWD_);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (i = 0; i < spawn->programs; i++) {
        execve(program, argv, environment);
        if (error == 0 && errno != ENOENT && errno != ENOTDIR)
            error = errno;
        while (*program != '\0')
            program++;
        program++;
    }
    if (error != 0) /* that of a program that is there, but cannot be run */
        errno = error;
    async_spawn_fail_(spawn, ASYNC_STEP_EXEC_);
}

/* ---- in the parent ------------------------------------------------------------------------------------------- */

/* A pipe, close-on-exec, and out of the way of the standard descriptors even when those are closed. */
static async_status async_spawn_pipe_(int fds[2])
{
#if defined(SYS_pipe2)
    if (syscall(SYS_pipe2, fds, O_CLOEXEC) != 0)
        return -errno;
#else
    if (pipe(fds) != 0)
        return -errno;
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
#endif
    return async_own_pipe_(fds);
}

static const char *async_spawn_path_(const struct async_spawn_ *spawn)
{
    const char *const *e = spawn->environment == NULL ? (const char *const *)environ : spawn->environment;
    for (; e != NULL && *e != NULL; e++)
        if (strncmp(*e, "PATH=", 5) == 0)
            return *e + 5;
    return "/bin:/usr/bin";
}

/* The files that the program's name may stand for, found now: the child may not allocate. To be freed if not the name
 * itself. */
static async_status async_spawn_find_(struct async_spawn_ *spawn)
{
    const char *name = spawn->argv[0], *path, *end;
    size_t length;
    char *to;
    spawn->program = name;
    spawn->programs = 1;
    if (*name == '\0')
        return -ENOENT;
    if (strchr(name, '/') != NULL)
        return ASYNC_OK;
    path = async_spawn_path_(spawn);
    length = strlen(name) + 2;
    for (end = path; *end != '\0'; end++)
        if (*end == ':')
            spawn->programs++;
    to = (char *)ASYNCIO_MALLOC((size_t)(end - path) + spawn->programs * length);
    if (to == NULL)
        return ASYNC_NO_MEMORY;
    for (spawn->program = to;; path = end + 1) {
        for (end = path; *end != '\0' && *end != ':'; end++)
            *to++ = *end;
        if (end != path) /* an empty one is the directory the child is in */
            *to++ = '/';
        ASYNC_MEMCPY_(to, name, length - 1);
        to += length - 1;
        if (*end == '\0')
            return ASYNC_OK;
    }
}

/* The child's id, or -errno. No handler of ours may run in the child before they are reset. */
ASYNC_NOINLINE_ static int async_spawn_fork_(const struct async_spawn_ *spawn)
{
    sigset_t all, before;
    pid_t pid;
    int error;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = ASYNC_FORK_();
    if (pid == 0)
        async_spawn_child_(spawn);
    error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -error : (int)pid;
}

/* Starts it: the child's id, and in *report where it will say what failed, or say nothing and close; or -errno. */
static int async_spawn_start_(struct async_spawn_ *spawn, int *report)
{
    int fds[2], pid = async_spawn_find_(spawn);
    long most = sysconf(_SC_OPEN_MAX);
    if (pid < 0)
        return pid;
    spawn->descriptors = most < 0 ? 1024 : most > 65536 ? 65536 : (int)most;
    pid = async_spawn_pipe_(fds);
    if (pid == ASYNC_OK) {
        spawn->report = fds[1];
        pid = fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : async_spawn_fork_(spawn);
        close(fds[1]);
        *report = fds[0];
        if (pid < 0)
            close(fds[0]);
    }
    if (spawn->program != spawn->argv[0])
        ASYNCIO_FREE((void *)(uintptr_t)spawn->program);
    return pid;
}

ASYNC_EXTERN_C_END_

#endif
#endif
