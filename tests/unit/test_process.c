/* Child processes: starting, what they inherit, ends, signals; nothing is left behind, whatever fails. */
#include "processes.h"

/* ---- starting and ending -------------------------------------------------------------------------------------- */

struct exits { async_frame frame; async_process p; int code; };
async(exits)
{
    static const char *const argv[] = { "sh", "-c", "exit 7", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv);
    CHECK(self->p.pid > 0);
    CHECK_INT(self->p.returncode, ASYNC_RUNNING);
    CHECK(self->p.failed == NULL);
    await_into(self->code, async_process_wait, .process = &self->p);
    CHECK_INT(self->code, 7);
    CHECK_INT(self->p.returncode, 7);
    await_into(self->code, async_process_wait, .process = &self->p); /* again */
    CHECK_INT(self->code, 7);
    CHECK_INT(async_process_kill(&self->p), -ESRCH);
    CHECK_INT(async_process_terminate(&self->p), -ESRCH);
    CHECK(async_process_poll(&self->p));
    async_finally;
    async_process_deinit(&self->p);
    async_process_deinit(&self->p);
    async_end;
}

TEST(process, exit_status) { CLEAN(RUN(exits)); }

struct killed { async_frame frame; async_process p; int code; };
async(killed)
{
    static const char *const argv[] = { "sleep", "100", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv);
    CHECK(!async_process_poll(&self->p));
    CHECK_INT(async_process_kill(&self->p), ASYNC_OK);
    await_into(self->code, async_process_wait, .process = &self->p);
    CHECK_INT(self->code, -SIGKILL);
    async_process_deinit(&self->p);
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv);
    CHECK_INT(async_process_terminate(&self->p), ASYNC_OK);
    await_into(self->code, async_process_wait, .process = &self->p);
    CHECK_INT(self->code, -SIGTERM);
    async_process_deinit(&self->p);
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv); /* left to the deinit */
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

TEST(process, signals) { CLEAN(RUN(killed)); }

struct waiter { async_frame frame; async_process *process; int code; };
async(waiter)
{
    async_begin;
    await_into(self->code, async_process_wait, .process = self->process);
    note("%d ", self->code);
    async_finally;
    if (async_error < 0)
        note("(%s) ", async_error == ASYNC_CLOSED ? "closed" : word(async_error));
    async_end;
}

struct waited { async_frame frame; async_process p; async_task *tasks[3]; bool early; };
async(waited)
{
    static const char *const argv[] = { "sleep", "100", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv);
    for (int i = 0; i < 3; i++)
        self->tasks[i] = async_create_task(waiter, .process = &self->p);
    await(async_sleep);
    await(async_sleep);
    async_cancel(self->tasks[1]);
    await(async_sleep);
    await(async_sleep);
    if (self->tasks[0] != NULL && self->tasks[1] != NULL && self->tasks[2] != NULL)
        CHECK_NOTES("(cancelled) ");
    diary[0] = '\0';
    if (self->early)
        async_process_deinit(&self->p); /* under the others */
    else
        async_process_kill(&self->p);
    if (self->tasks[0] != NULL && self->tasks[2] != NULL) {
        await(async_wait, .tasks = self->tasks, .count = 3);
        if (self->tasks[1] != NULL)
            CHECK_NOTES("-9 -9 ");
    }
    async_finally;
    diary[0] = '\0';
    async_process_deinit(&self->p);
    for (int i = 0; i < 3; i++)
        async_release(self->tasks[i]);
    async_end;
}

TEST(process, many_wait_for_one) { CLEAN(RUN(waited)); }
TEST(process, deinit_under_who_waits) { CLEAN(RUN(waited, .early = true)); }

/* ---- why it cannot be started --------------------------------------------------------------------------------- */

struct fails { async_frame frame; async_process p; const char *const *argv; const char *cwd; int output; async_status status; const char *failed;
    const int *pass_fds; size_t pass_count; int process_group; };
async(fails)
{
    async_begin;
    await_catch(self->status, async_create_subprocess_exec, .process = &self->p, .argv = self->argv, .cwd = self->cwd,
        .output = self->output, .input = ASYNC_PIPE, .pass_fds = self->pass_fds, .pass_count = self->pass_count,
        .process_group = self->process_group);
    CHECK(self->status < 0);
    note("%s in %s", self->status == ASYNC_NO_MEMORY ? "no memory" : async_strerror(self->status),
        self->p.failed == NULL ? "nothing" : self->p.failed);
    CHECK_INT(self->p.pid, 0);
    async_process_deinit(&self->p);
    async_end;
}

#define CHECK_FAILS(text, ...)                                           \
    do {                                                                 \
        diary[0] = '\0';                                                 \
        CLEAN(RUN(fails, __VA_ARGS__));                                  \
        if (strncmp(diary, "no memory", 9) != 0 && diary[0] != '\0')     \
            CHECK_STR(diary, text);                                      \
        diary[0] = '\0';                                                 \
    } while (0)

TEST(process, what_cannot_be_started)
{
    static const char *const nothing[] = { "no-such-program-anywhere", NULL };
    static const char *const path[] = { "/no/such/program", NULL };
    static const char *const directory[] = { "/", NULL };
    static const char *const text[] = { "/etc/passwd", NULL };
    static const char *const empty[] = { "", NULL };
    static const char *const none[] = { NULL };
    static const char *const good[] = { "true", NULL };
    static const int closed[] = { 200 };
    CHECK_FAILS("No such file or directory in execve", .argv = nothing);
    CHECK_FAILS("No such file or directory in execve", .argv = path);
    CHECK_FAILS("Permission denied in execve", .argv = directory);
    CHECK_FAILS("Permission denied in execve", .argv = text);
    CHECK_FAILS("No such file or directory in fork", .argv = empty);
    CHECK_FAILS("Invalid argument in nothing", .argv = none);
    CHECK_FAILS("No such file or directory in chdir", .argv = good, .cwd = "/no/such/directory");
    CHECK_FAILS("Not a directory in chdir", .argv = good, .cwd = "/etc/passwd");
    CHECK_FAILS("Bad file descriptor in open", .argv = good, .output = 199);
    CHECK_FAILS("Invalid argument in open", .argv = good, .output = ASYNC_STDOUT);
    CHECK_FAILS("Bad file descriptor in open", .argv = good, .pass_fds = closed, .pass_count = 1);
    CHECK_FAILS("Operation not permitted in setpgid", .argv = good, .process_group = 1);
}

struct recovers { async_frame frame; async_process p; int code; };
async(recovers)
{
    static const char *const argv[] = { "true", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv, .input = ASYNC_PIPE, .output = ASYNC_PIPE,
        .error = ASYNC_PIPE);
    await_into(self->code, async_process_wait, .process = &self->p);
    CHECK_INT(self->code, 0);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

/* With so many descriptors and no more: the start fails cleanly, until there are enough. */
TEST(process, without_descriptors)
{
    struct rlimit limit, few;
    int n;
    async_status status = -EMFILE;
    open_before = open_fds();
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (n = open_fds(); n < open_fds() + 20 && status != ASYNC_OK; n++) {
        few = limit;
        few.rlim_cur = (rlim_t)n;
        REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
        status = RUN(recovers);
        REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        CHECK(status == ASYNC_OK || status == -EMFILE || status == ASYNC_NO_MEMORY);
        CHECK_INT(left_over(), 0);
    }
}

/* ---- what it has, and what not ---------------------------------------------------------------------------------- */

struct says { async_frame frame; async_process p; const char *command; char text[400]; size_t n, total; int code;
    int input, output, error; const char *const *environment; const char *cwd; bool new_session; int process_group;
    const int *pass_fds; size_t pass_count; };
async(says)
{
    async_begin;
    await(async_create_subprocess_shell, .process = &self->p, .command = self->command, .input = self->input,
        .output = ASYNC_PIPE, .error = self->error, .environment = self->environment, .cwd = self->cwd,
        .new_session = self->new_session, .process_group = self->process_group, .pass_fds = self->pass_fds,
        .pass_count = self->pass_count);
    do {
        await_into(self->n, async_fd_read, .fd = output_of(&self->p), .buffer = self->text + self->total,
            .size = sizeof self->text - 1 - self->total);
        self->total += self->n;
    } while (self->n > 0);
    await_into(self->code, async_process_wait, .process = &self->p);
    note("%s(%d)", self->text, self->code);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

#define CHECK_SAYS(expected, ...)                                        \
    do {                                                                 \
        diary[0] = '\0';                                                 \
        CLEAN(RUN(says, __VA_ARGS__));                                   \
        if (diary[0] != '\0')                                            \
            CHECK_STR(diary, expected);                                  \
        diary[0] = '\0';                                                 \
    } while (0)

TEST(process, streams_environment_directory)
{
    static const char *const environment[] = { "A=1", "B=two words", NULL };
    static const char *const no_path[] = { "A=1", NULL };
    int fds[2];
    CHECK_SAYS("hello\n(0)", .command = "echo hello");
    CHECK_SAYS("1 two words\n(3)", .command = "echo $A $B; exit 3", .environment = environment);
    CHECK_SAYS("/\n(0)", .command = "pwd", .cwd = "/");
    CHECK_SAYS("out\nerr\n(0)", .command = "echo out; echo err >&2", .error = ASYNC_STDOUT);
    CHECK_SAYS("(0)", .command = "echo err >&2; cat", .error = ASYNC_DEVNULL, .input = ASYNC_DEVNULL);
    CHECK_SAYS("1\n(0)", .command = "echo $A", .environment = no_path);
    CHECK_SAYS("(-15)", .command = "kill -TERM $$");
    REQUIRE(pipe(fds) == 0);
    REQUIRE(write(fds[1], "from the pipe\n", 14) == 14);
    CHECK_SAYS("from the pipe\n(0)", .command = "read x; echo $x", .input = fds[0]);
    close(fds[0]);
    close(fds[1]);
}

/* Standard descriptors given crosswise, as those of the child itself. */
TEST(process, crossed_descriptors)
{
    int fds[2], saved[3], i;
    char text[64];
    ssize_t n;
    open_before = open_fds();
    REQUIRE(pipe(fds) == 0);
    for (i = 0; i < 3; i++)
        REQUIRE((saved[i] = dup(i)) > 2);
    REQUIRE(dup2(fds[1], 2) == 2 && dup2(fds[1], 1) == 1);
    (void)RUN(says, .command = "echo to 2 >&2; echo to 1", .error = 1); /* 2 goes where our 1 goes */
    for (i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    close(fds[1]);
    n = read(fds[0], text, sizeof text - 1);
    text[n < 0 ? 0 : n] = '\0';
    close(fds[0]);
    if (diary[0] != '\0') {
        CHECK_STR(text, "to 2\n");
        CHECK_NOTES("to 1\n(0)");
    }
    CHECK_INT(left_over(), 0);
}

/* The parent has closed its own: the pipes must not land on the child's. */
TEST(process, closed_standard_descriptors)
{
    int saved[3], i;
    async_status status;
    open_before = open_fds();
    for (i = 0; i < 3; i++)
        REQUIRE((saved[i] = dup(i)) > 2);
    fflush(NULL);
    for (i = 0; i < 3; i++)
        close(i);
    status = RUN(says, .command = "echo hello; echo lost >&2", .error = ASYNC_DEVNULL);
    for (i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    if (diary[0] != '\0')
        CHECK_NOTES("hello\n(0)");
    CHECK_INT(left_over(), 0);
}

TEST(process, passed_descriptors)
{
    int fds[2], other, pass[2];
    char command[200], expected[64];
    REQUIRE(pipe(fds) == 0); /* neither is close-on-exec */
    REQUIRE((other = dup(fds[1])) >= 0);
    pass[0] = other;
    snprintf(command, sizeof command, "for f in %d %d %d; do if [ -e /proc/self/fd/$f ] || [ -e /dev/fd/$f ]; then echo $f; fi; done", fds[0], fds[1], other);
    CHECK_SAYS("(0)", .command = command);
    snprintf(expected, sizeof expected, "%d\n(0)", other);
    CHECK_SAYS(expected, .command = command, .pass_fds = pass, .pass_count = 1);
    close(fds[0]);
    close(fds[1]);
    close(other);
}

struct session { async_frame frame; async_process p; bool new_session; int process_group; int code; };
async(session)
{
    static const char *const argv[] = { "sleep", "100", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv, .new_session = self->new_session,
        .process_group = self->process_group);
    if (self->new_session)
        CHECK_INT(getsid((pid_t)self->p.pid), self->p.pid);
    if (self->new_session || self->process_group != 0)
        CHECK_INT(getpgid((pid_t)self->p.pid), self->p.pid);
    else
        CHECK_INT(getpgid((pid_t)self->p.pid), getpgrp());
    kill(self->new_session || self->process_group != 0 ? -(pid_t)self->p.pid : (pid_t)self->p.pid, SIGHUP);
    await_into(self->code, async_process_wait, .process = &self->p);
    CHECK_INT(self->code, -SIGHUP);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

TEST(process, sessions_and_groups)
{
    CLEAN(RUN(session));
    CLEAN(RUN(session, .new_session = true));
    CLEAN(RUN(session, .process_group = ASYNC_OWN_GROUP));
}

static void catches(int signo) { (void)signo; }

/* The child's signals are as usual, whatever the parent has made of its own. */
TEST(process, signals_of_the_child)
{
    struct sigaction action, before[4];
    sigset_t blocked, mask;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &before[0]);
    sigaction(SIGUSR2, &action, &before[1]);
    action.sa_handler = catches;
    sigaction(SIGUSR1, &action, &before[2]);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &mask);
    CHECK_SAYS("(-15)", .command = "kill -TERM $$; echo survived");
    CHECK_SAYS("(-10)", .command = "kill -USR1 $$; echo survived");
    CHECK_SAYS("(-13)", .command = "kill -PIPE $$; echo survived");
    CHECK_SAYS("survived\n(0)", .command = "kill -USR2 $$; echo survived");
    CHECK_INT(sigismember(&blocked, SIGTERM), 1);
    pthread_sigmask(SIG_SETMASK, &mask, &blocked);
    CHECK_INT(sigismember(&blocked, SIGTERM), 1); /* and the parent's are as they were */
    sigaction(SIGPIPE, &before[0], NULL);
    sigaction(SIGUSR2, &before[1], NULL);
    sigaction(SIGUSR1, &before[2], &action);
    CHECK(action.sa_handler == catches);
}

/* The file is looked for in the PATH of the environment that is given; one that cannot be run is passed over. */
struct finds { async_frame frame; async_process p; const char *const *environment; const char *cwd; async_status status; int code; };
async(finds)
{
    static const char *const argv[] = { "hostname-of-a-test", NULL };
    async_begin;
    await_catch(self->status, async_create_subprocess_exec, .process = &self->p, .argv = argv,
        .environment = self->environment, .cwd = self->cwd);
    if (self->status == ASYNC_OK)
        await_into(self->code, async_process_wait, .process = &self->p);
    note("%s %d", self->status == ASYNC_NO_MEMORY ? "" : async_strerror(self->status), self->code);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

TEST(process, path)
{
    static char directory[] = "/tmp/asyncio-path.XXXXXX";
    char path[3][200];
    const char *environment[2];
    FILE *file;
    REQUIRE(mkdtemp(directory) != NULL);
    snprintf(path[0], sizeof path[0], "%s/hostname-of-a-test", directory);
    REQUIRE((file = fopen(path[0], "w")) != NULL);
    fputs("#!/bin/sh\nexit 5\n", file);
    fclose(file);
    environment[1] = NULL;
#define CHECK_FINDS(text)                                               \
    do {                                                                \
        diary[0] = '\0';                                                \
        CLEAN(RUN(finds, .environment = environment, .cwd = directory)); \
        if (strstr(diary, "no memory") == NULL && diary[0] != '\0' && diary[0] != ' ') \
            CHECK_STR(diary, text);                                     \
        diary[0] = '\0';                                                \
    } while (0)
    snprintf(path[1], sizeof path[1], "PATH=/no/such:%s:/bin", directory);
    environment[0] = path[1];
    CHECK_FINDS("Permission denied 0");
    REQUIRE(chmod(path[0], 0755) == 0);
    CHECK_FINDS("ok 5");
    environment[0] = "PATH=/no/such::/bin"; /* an empty one: where it runs */
    CHECK_FINDS("ok 5");
    environment[0] = "PATH=";
    CHECK_FINDS("ok 5");
    environment[0] = "PATH=/no/such:/etc/passwd";
    CHECK_FINDS("Not a directory 0");
    unlink(path[0]);
    rmdir(directory);
}

/* ---- many ------------------------------------------------------------------------------------------------------- */

enum { MANY = TEST_MANY < 200 ? TEST_MANY : 200 };

struct one { async_frame frame; async_process p; int i, code; char command[40]; };
async(one)
{
    async_begin;
    snprintf(self->command, sizeof self->command, "read x; exit %d", self->i % 100);
    await(async_create_subprocess_shell, .process = &self->p, .command = self->command, .input = ASYNC_PIPE);
    await(async_sleep);
    async_stream_close_nowait(&self->p.input);
    await_into(self->code, async_process_wait, .process = &self->p);
    CHECK_INT(self->code, self->i % 100);
    note("");
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

struct many { async_frame frame; async_task_group group; int i; };
async(many)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < MANY; self->i++)
        async_task_group_create_task(&self->group, one, .i = self->i);
    async_end;
}

TEST(process, two_hundred_at_once)
{
    struct rlimit limit;
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < 1000 && limit.rlim_max >= 1000) {
        limit.rlim_cur = 1000;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    CLEAN(RUN(many));
}

/* ---- others in the process --------------------------------------------------------------------------------------- */

struct stolen { async_frame frame; async_process p; async_status status; };
async(stolen)
{
    static const char *const argv[] = { "sleep", "100", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv);
    async_process_kill(&self->p);
    REQUIRE(waitpid((pid_t)self->p.pid, NULL, 0) == self->p.pid);
    await_catch(self->status, async_process_wait, .process = &self->p);
    CHECK_INT(self->status, -ECHILD);
    CHECK_INT(async_process_kill(&self->p), -ESRCH);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

TEST(process, somebody_else_has_waited) { CLEAN(RUN(stolen)); }

struct foreign { async_frame frame; async_process p; pid_t other; int status, code; };
async(foreign)
{
    static const char *const argv[] = { "true", NULL };
    async_begin;
    self->other = fork();
    REQUIRE(self->other >= 0);
    if (self->other == 0)
        _exit(9);
    await_catch(self->code, async_create_subprocess_exec, .process = &self->p, .argv = argv);
    if (self->code == ASYNC_OK)
        await_into(self->code, async_process_wait, .process = &self->p);
    async_finally;
    CHECK_INT(waitpid(self->other, &self->status, 0), self->other); /* nobody has taken it */
    CHECK_INT(WEXITSTATUS(self->status), 9);
    async_process_deinit(&self->p);
    async_end;
}

TEST(process, children_of_others_are_theirs) { CLEAN(RUN(foreign)); }

struct nothing { async_frame frame; async_process p; async_status status; };
async(nothing)
{
    async_begin;
    await_catch(self->status, async_process_wait, .process = &self->p);
    CHECK_INT(self->status, ASYNC_MISUSE);
    CHECK_INT(async_process_kill(&self->p), ASYNC_MISUSE);
    CHECK(!async_process_poll(&self->p));
    async_process_deinit(&self->p);
    async_end;
}

TEST(process, none) { CLEAN(RUN(nothing)); }

/* ---- the end of the loop ------------------------------------------------------------------------------------------ */

struct holds { async_frame frame; async_process *p; };
async(holds)
{
    async_begin;
    await(async_create_subprocess_shell, .process = self->p, .command = "sleep 100", .input = ASYNC_PIPE, .output = ASYNC_PIPE);
    await(async_process_wait, .process = self->p);
    async_end;
}

TEST(process, loop_closed_over_a_process)
{
    async_loop *loop = async_new_event_loop();
    async_process process;
    int i;
    open_before = open_fds();
    memset(&process, 0, sizeof process);
    if (loop != NULL) {
        async_release(async_loop_create_task(loop, holds, .p = &process));
        for (i = 0; i < 5 || (process.pid != 0 && process.failed != NULL); i++)
            async_loop_run_once(loop);
    }
    async_loop_close(loop);
    if (process.pid != 0) {
        CHECK_INT(process.returncode, -SIGKILL);
        CHECK_INT(async_process_kill(&process), -ESRCH);
    }
    CHECK_INT(left_over(), 0);
    async_process_deinit(&process);
}

/* ---- fork without exec -------------------------------------------------------------------------------------------- */

struct in_child { async_frame frame; async_process p; int code; };
async(in_child)
{
    static const char *const argv[] = { "sh", "-c", "exit 3", NULL };
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv);
    await_into(self->code, async_process_wait, .process = &self->p);
    if (self->code != 3)
        async_raise(BOOM);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

static void never(async_handle *handle) { note("%s", (const char *)handle->data); }

struct forks { async_frame frame; async_process p; async_handle handle; async_signal signal; pid_t child; int status, ends[2]; size_t n; char byte; };
async(forks)
{
    async_begin;
    self->ends[0] = self->ends[1] = -1;
    await(async_create_subprocess_shell, .process = &self->p, .command = "sleep 100");
    if (pipe(self->ends) != 0 || async_fd_set_nonblocking(self->ends[0]) < 0 ||
        async_signal_init(&self->signal, SIGUSR2) < 0 ||
        async_loop_add_signal_handler(async_get_running_loop(), SIGUSR1, &self->handle, never, (void *)"handler ") < 0)
        async_raise(ASYNC_NO_MEMORY);
    fflush(NULL);
    self->child = fork();
    REQUIRE(self->child >= 0);
    if (self->child == 0) {
        struct sigaction now;
        bool good;
        async_after_fork();
        good = sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL && sigaction(SIGINT, NULL, &now) == 0 &&
            now.sa_handler == SIG_DFL && async_get_running_loop() == NULL && async_get_event_loop() == NULL;
        self->status = async_run(in_child);
        good = good && (self->status == ASYNC_OK || self->status == ASYNC_NO_MEMORY);
        good = good && write(self->ends[1], "x", 1) == 1;
        _exit(good ? 0 : 1);
    }
    await_into(self->n, async_fd_read, .fd = self->ends[0], .buffer = &self->byte, .size = 1); /* the parent's loop goes on */
    CHECK_INT(waitpid(self->child, &self->status, 0), self->child);
    CHECK_INT(self->status, 0);
    CHECK(!async_process_poll(&self->p)); /* the child has not touched it */
    raise(SIGUSR1);
    await(async_sleep, .delay = async_ms(1));
    CHECK_NOTES("handler ");
    async_finally;
    async_signal_deinit(&self->signal);
    async_process_deinit(&self->p);
    if (self->ends[0] >= 0) {
        async_fd_close(self->ends[0]);
        async_fd_close(self->ends[1]);
    }
    async_end;
}

TEST(process, fork_in_a_task) { CLEAN(RUN(forks)); }
