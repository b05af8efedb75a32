/* Each system call that starting a process makes fails once, in the parent or in the child: a clear status, and nothing is
 * left behind. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <unistd.h>

static long fault_calls, fault_at;
static int fault_error;

static bool faulty(void)
{
    if (++fault_calls != fault_at)
        return false;
    errno = fault_error;
    return true;
}

#if defined(__linux__)
#include <sys/syscall.h>
static long (*const real_syscall)(long number, ...) = syscall;
#define syscall test_syscall
long test_syscall(long number, ...);
#endif
#define fork() (faulty() ? -1 : fork())
#define fcntl(...) (faulty() ? -1 : fcntl(__VA_ARGS__))
#define dup2(from, to) (faulty() ? -1 : dup2(from, to))
#define chdir(path) (faulty() ? -1 : chdir(path))
#define setsid() (faulty() ? -1 : setsid())
#define pipe(fds) (faulty() ? -1 : pipe(fds))
#define ASYNCIO_VFORK 0
#include "processes.h"

#if defined(__linux__)
long test_syscall(long number, ...)
{
    va_list arguments;
    long a, b, c = 0;
    va_start(arguments, number);
    a = va_arg(arguments, long);
    b = va_arg(arguments, long);
    if (number == SYS_close_range)
        c = va_arg(arguments, long);
    va_end(arguments);
    return faulty() ? -1 : real_syscall(number, a, b, c);
}
#endif

struct whole { async_frame frame; async_process p; int code; };
async(whole)
{
    async_begin;
    await(async_create_subprocess_shell, .process = &self->p, .command = "cat; echo end", .input = ASYNC_PIPE,
        .output = ASYNC_PIPE, .error = ASYNC_DEVNULL, .cwd = "/", .new_session = true);
    await_into(self->code, async_process_communicate, .process = &self->p, .data = "hello ", .size = 6);
    note("%d %s", self->code, async_process_output(&self->p, NULL));
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

static void try_all(int error)
{
    long at, last = 0;
    async_status status;
    int succeeded = 0;
    for (at = 1; succeeded < 2; at++) {
        fault_at = 0;
        open_before = open_fds();
        diary[0] = '\0';
        fault_error = error;
        fault_calls = 0;
        fault_at = at;
        status = RUN(whole);
        if (fault_calls < at) /* as many calls as that there are not; in the child neither, or it does without */
            succeeded++;
        fault_at = 0;
        if (status == ASYNC_OK)
            CHECK_STR(diary, "0 hello end\n");
        else
            CHECK(status == -error || status == ASYNC_NO_MEMORY || status == -EBADF); /* the poller asks whether it is one */
        CHECK_INT(left_over(), 0);
        last = at;
    }
    diary[0] = '\0';
    CHECK(last > 10);
}

TEST(process_faults, no_descriptor) { try_all(EMFILE); }
TEST(process_faults, no_memory) { try_all(ENOMEM); }
TEST(process_faults, no_process) { try_all(EAGAIN); }
