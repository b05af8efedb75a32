/* Runs scenarios (faults.h) under faults:
 *
 *     PROGRAM [--every] [--once] [--poll | --epoll] [SUITE.NAME ...]
 *     PROGRAM --list | --calls       the scenarios; the calls that they make
 *
 * The program is linked with --wrap for each system call below, so that the library's calls come here. For each scenario,
 * each call, each way in which it can go wrong, and each N, a process of its own runs the scenario with the Nth such call
 * going wrong, until a run does not come to N; and some with every call, or every second one, going wrong. It may not hang,
 * crash, die of a signal, leave memory, descriptors, threads or children behind, or receive a wrong byte. What a program
 * need not notice (EINTR, EAGAIN, a short read) must leave the run as good as any; anything else may end it with a status
 * that says so. Without --every, only some of the Ns beyond the first few. --once: no faults.
 *
 * What the system would not do is not done: no EAGAIN from what blocks, no half datagrams, no full pipe that is empty. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct faults_scenario {
    const char *suite, *name;
    int (*run)(void);
    struct faults_scenario *next;
} faults_scenario;

faults_scenario *faults_scenarios;
int faults_poller;

/* ---- what goes wrong ------------------------------------------------------------------------------------------- */

#define CALLS(X)                                                                                                      \
    X(malloc) X(read) X(write) X(writev) X(pread) X(pwrite) X(recv) X(recvfrom) X(recvmsg) X(send) X(sendto) X(sendmsg) \
    X(sendfile) X(accept) X(accept4) X(connect) X(poll) X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(fcntl) X(pipe)    \
    X(socket) X(socketpair) X(bind) X(listen) X(getsockopt) X(setsockopt) X(getsockname) X(getpeername) X(shutdown)     \
    X(open) X(close) X(fstat) X(lseek) X(fsync) X(rename) X(fork) X(dup2) X(execve) X(waitpid) X(syscall)               \
    X(pthread_create) X(pthread_atfork) X(pthread_mutex_init) X(pthread_cond_init) X(pthread_condattr_init) X(getaddrinfo) X(getnameinfo) \
    X(if_nametoindex) X(if_indextoname) X(ttyname_r) X(sysconf) X(stat) X(lstat) X(unlink) X(chdir) X(setsid) X(setpgid) \
    X(kill)

enum call {
#define X(name) CALL_##name,
    CALLS(X)
#undef X
    CALL_COUNT
};

enum { SHORT = -1 };

/* seen: whether a scenario may notice. */
static const struct way {
    enum call call;
    int effect, seen;
    const char *name;
} ways[] = {
#define WAY(call, effect) { CALL_##call, effect, 0, #call " " #effect },
#define BAD(call, effect) { CALL_##call, effect, 1, #call " " #effect },
    BAD(malloc, ENOMEM)
    WAY(read, EINTR) WAY(read, EAGAIN) WAY(read, SHORT) BAD(read, ECONNRESET) BAD(read, ENOMEM)
    WAY(write, EINTR) WAY(write, SHORT) BAD(write, ENOSPC) BAD(write, EPIPE)
    WAY(writev, EINTR) WAY(writev, EAGAIN) WAY(writev, SHORT) BAD(writev, EPIPE) BAD(writev, ENOMEM)
    WAY(pread, EINTR) WAY(pread, SHORT) BAD(pread, EIO)
    WAY(pwrite, EINTR) WAY(pwrite, SHORT) BAD(pwrite, ENOSPC)
    WAY(recv, EINTR) WAY(recv, EAGAIN) WAY(recv, SHORT) BAD(recv, ECONNRESET) BAD(recv, ENOMEM)
    WAY(recvfrom, EINTR) WAY(recvfrom, EAGAIN) WAY(recvfrom, SHORT) BAD(recvfrom, ECONNREFUSED) BAD(recvfrom, ENOMEM)
    WAY(recvmsg, EINTR) WAY(recvmsg, EAGAIN) WAY(recvmsg, SHORT) BAD(recvmsg, ECONNRESET) BAD(recvmsg, ENOMEM)
    WAY(send, EINTR) WAY(send, EAGAIN) WAY(send, SHORT) BAD(send, EPIPE) BAD(send, ECONNRESET) BAD(send, ENOMEM)
    WAY(sendto, EINTR) WAY(sendto, EAGAIN) WAY(sendto, SHORT) BAD(sendto, EPIPE) BAD(sendto, ECONNREFUSED) BAD(sendto, ENOMEM)
    WAY(sendmsg, EINTR) WAY(sendmsg, EAGAIN) WAY(sendmsg, SHORT) BAD(sendmsg, EPIPE) BAD(sendmsg, ECONNRESET)
    BAD(sendmsg, ENOMEM)
    WAY(sendfile, EINTR) WAY(sendfile, EAGAIN) WAY(sendfile, SHORT) WAY(sendfile, EINVAL) BAD(sendfile, EPIPE)
    BAD(sendfile, ECONNRESET) BAD(sendfile, EIO)
    WAY(accept, EINTR) WAY(accept, EAGAIN) WAY(accept, ECONNABORTED) BAD(accept, EMFILE) BAD(accept, ENOMEM)
    WAY(accept4, EINTR) WAY(accept4, EAGAIN) WAY(accept4, ECONNABORTED) BAD(accept4, EMFILE) BAD(accept4, ENOMEM)
    WAY(connect, EINTR) BAD(connect, EAGAIN) BAD(connect, ECONNREFUSED) BAD(connect, ENETUNREACH) BAD(connect, ETIMEDOUT)
    WAY(poll, EINTR) WAY(poll, EAGAIN) BAD(poll, ENOMEM)
    BAD(epoll_create1, EMFILE) BAD(epoll_create1, ENOMEM)
    BAD(epoll_ctl, ENOMEM) BAD(epoll_ctl, ENOSPC)
    WAY(epoll_wait, EINTR) WAY(epoll_wait, SHORT)
    BAD(fcntl, EMFILE) BAD(fcntl, ENOMEM)
    BAD(pipe, EMFILE) BAD(pipe, ENFILE)
    BAD(socket, EMFILE) BAD(socket, ENFILE) BAD(socket, ENOMEM) BAD(socket, EAFNOSUPPORT)
    BAD(socketpair, EMFILE) BAD(socketpair, ENOMEM)
    BAD(bind, EADDRINUSE) BAD(bind, EACCES) BAD(bind, ENOMEM)
    BAD(listen, EADDRINUSE) BAD(listen, ENOMEM)
    BAD(getsockopt, ENOBUFS) BAD(setsockopt, ENOBUFS) BAD(getsockname, ENOBUFS) BAD(getpeername, ENOBUFS)
    BAD(shutdown, ENOTCONN)
    WAY(open, EINTR) BAD(open, EMFILE) BAD(open, ENOMEM) BAD(open, EACCES)
    WAY(close, EINTR) BAD(close, EIO)
    BAD(fstat, ENOMEM) BAD(lseek, EINVAL)
    WAY(fsync, EINTR) BAD(fsync, EIO) BAD(rename, ENOSPC)
    BAD(fork, EAGAIN) BAD(fork, ENOMEM)
    WAY(dup2, EINTR) BAD(dup2, EMFILE) BAD(execve, E2BIG) BAD(execve, ENOMEM)
    WAY(waitpid, EINTR)
    BAD(syscall, EMFILE) BAD(syscall, ENOMEM) WAY(syscall, ENOSYS)
    BAD(pthread_create, EAGAIN)
    BAD(pthread_atfork, ENOMEM) BAD(pthread_mutex_init, ENOMEM) BAD(pthread_cond_init, ENOMEM) BAD(pthread_condattr_init, ENOMEM)
    BAD(getnameinfo, EAI_AGAIN) BAD(getnameinfo, EAI_MEMORY)
    BAD(if_nametoindex, ENXIO) WAY(if_indextoname, ENXIO) WAY(ttyname_r, ENOTTY) WAY(sysconf, EINVAL)
    WAY(stat, ENOMEM) BAD(lstat, EACCES) BAD(unlink, EACCES)
    BAD(chdir, EACCES) BAD(chdir, ENOMEM) BAD(setsid, EPERM) BAD(setpgid, EPERM) BAD(kill, EPERM)
    BAD(getaddrinfo, EAI_AGAIN) BAD(getaddrinfo, EAI_MEMORY) BAD(getaddrinfo, EAI_SYSTEM)
#undef WAY
#undef BAD
};

/* Shared with the processes of a run, so that what a child of a scenario does counts too. */
static struct shared {
    long count, hits, at, every; /* the at-th goes wrong; or, if not 0, each that `every` divides */
    int way;                     /* -1: none */
    long calls[CALL_COUNT];      /* when none goes wrong */
    long live, lookups;          /* blocks, addrinfos */
    int failed;
    int status;
} *now;

/* In a scenario, and what it starts; the calls of this file come by here too. */
static int armed;

static int real_fd_is(int fd, mode_t kind)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

static int is_stream(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type == SOCK_STREAM;
}

/* Whether the system might do that. */
static int possible(enum call call, int effect, int fd)
{
    int saved = errno, flags, answer = 1;
    if (effect == EAGAIN && fd >= 0 && call != CALL_connect) {
        flags = fcntl(fd, F_GETFL);
        answer = flags >= 0 && (flags & O_NONBLOCK);
    }
    if (effect == SHORT && fd >= 0 && !is_stream(fd))
        answer = 0;
    /* a loop's own pipe, and the one through which a child says why it could not begin */
    if (call == CALL_write && effect != EINTR && effect != SHORT && real_fd_is(fd, S_IFIFO))
        answer = 0;
    if (call == CALL_connect && effect == EINTR && !is_stream(fd))
        answer = 0;
    if (call == CALL_setsockopt && !real_fd_is(fd, S_IFSOCK))
        answer = 0;
    errno = saved;
    return answer;
}

/* What goes wrong now: 0, SHORT, or an error. */
static int fault(enum call call, int fd)
{
    long n;
    if (!armed)
        return 0;
    if (now->way < 0) {
        __atomic_add_fetch(&now->calls[call], 1, __ATOMIC_RELAXED);
        return 0;
    }
    if (ways[now->way].call != call || !possible(call, ways[now->way].effect, fd))
        return 0;
    n = __atomic_add_fetch(&now->count, 1, __ATOMIC_RELAXED);
    if (now->every > 0 ? n % now->every != 0 : n != now->at)
        return 0;
    __atomic_add_fetch(&now->hits, 1, __ATOMIC_RELAXED);
    return ways[now->way].effect;
}

static int failed(enum call call, int fd)
{
    int effect = fault(call, fd);
    if (effect > 0)
        errno = effect;
    return effect > 0;
}

#define FAIL_OR(name, fd, ...) return failed(CALL_##name, fd) ? -1 : __real_##name(__VA_ARGS__)
#define SIMPLE(name, parameters, fd, ...)      \
    int __real_##name parameters;              \
    int __wrap_##name parameters;              \
    int __wrap_##name parameters { FAIL_OR(name, fd, __VA_ARGS__); }
/* What moves bytes: SHORT is one of them. */
#define BYTES(name, parameters, ...)           \
    ssize_t __real_##name parameters;          \
    ssize_t __wrap_##name parameters;          \
    ssize_t __wrap_##name parameters           \
    {                                          \
        int effect = fault(CALL_##name, fd);   \
        if (effect > 0) {                      \
            errno = effect;                    \
            return -1;                         \
        }                                      \
        if (effect == SHORT && size > 1)       \
            size = 1;                          \
        return __real_##name(__VA_ARGS__);     \
    }

BYTES(read, (int fd, void *to, size_t size), fd, to, size)
BYTES(write, (int fd, const void *from, size_t size), fd, from, size)
BYTES(pread, (int fd, void *to, size_t size, off_t at), fd, to, size, at)
BYTES(pwrite, (int fd, const void *from, size_t size, off_t at), fd, from, size, at)
BYTES(recv, (int fd, void *to, size_t size, int flags), fd, to, size, flags)
BYTES(send, (int fd, const void *from, size_t size, int flags), fd, from, size, flags)
BYTES(recvfrom, (int fd, void *to, size_t size, int flags, struct sockaddr *a, socklen_t *n), fd, to, size, flags, a, n)
BYTES(sendto, (int fd, const void *from, size_t size, int flags, const struct sockaddr *a, socklen_t n), fd, from, size,
    flags, a, n)
BYTES(sendfile, (int fd, int in, off_t *at, size_t size), fd, in, at, size)
SIMPLE(accept, (int fd, struct sockaddr *a, socklen_t *n), fd, fd, a, n)
SIMPLE(accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags), fd, fd, a, n, flags)
SIMPLE(poll, (struct pollfd *fds, nfds_t n, int ms), -1, fds, n, ms)
SIMPLE(epoll_create1, (int flags), -1, flags)
SIMPLE(pipe, (int *fds), -1, fds)
SIMPLE(socket, (int family, int type, int protocol), -1, family, type, protocol)
SIMPLE(socketpair, (int family, int type, int protocol, int *fds), -1, family, type, protocol, fds)
SIMPLE(bind, (int fd, const struct sockaddr *a, socklen_t n), -1, fd, a, n)
SIMPLE(listen, (int fd, int n), -1, fd, n)
SIMPLE(getsockopt, (int fd, int level, int name, void *to, socklen_t *n), -1, fd, level, name, to, n)
SIMPLE(setsockopt, (int fd, int level, int name, const void *from, socklen_t n), fd, fd, level, name, from, n)
SIMPLE(getsockname, (int fd, struct sockaddr *a, socklen_t *n), -1, fd, a, n)
SIMPLE(getpeername, (int fd, struct sockaddr *a, socklen_t *n), -1, fd, a, n)
SIMPLE(fstat, (int fd, struct stat *to), -1, fd, to)
SIMPLE(fsync, (int fd), -1, fd)
SIMPLE(rename, (const char *from, const char *to), -1, from, to)
SIMPLE(fork, (void), -1, )
SIMPLE(dup2, (int from, int to), -1, from, to)
SIMPLE(execve, (const char *path, char *const *argv, char *const *env), -1, path, argv, env)
SIMPLE(stat, (const char *path, struct stat *to), -1, path, to)
SIMPLE(lstat, (const char *path, struct stat *to), -1, path, to)
SIMPLE(unlink, (const char *path), -1, path)
SIMPLE(chdir, (const char *path), -1, path)
SIMPLE(setsid, (void), -1, )
SIMPLE(setpgid, (pid_t pid, pid_t group), -1, pid, group)
SIMPLE(waitpid, (pid_t pid, int *to, int options), -1, pid, to, options)

int __real_epoll_wait(int fd, struct epoll_event *to, int most, int ms);
int __wrap_epoll_wait(int fd, struct epoll_event *to, int most, int ms);
int __wrap_epoll_wait(int fd, struct epoll_event *to, int most, int ms)
{
    int effect = fault(CALL_epoll_wait, -1);
    if (effect > 0) {
        errno = effect;
        return -1;
    }
    return __real_epoll_wait(fd, to, effect == SHORT ? 1 : most, ms);
}

/* Only adding takes memory. */
int __real_epoll_ctl(int fd, int what, int of, struct epoll_event *e);
int __wrap_epoll_ctl(int fd, int what, int of, struct epoll_event *e);
int __wrap_epoll_ctl(int fd, int what, int of, struct epoll_event *e)
{
    if (what != EPOLL_CTL_ADD)
        return __real_epoll_ctl(fd, what, of, e);
    FAIL_OR(epoll_ctl, -1, fd, what, of, e);
}

off_t __real_lseek(int fd, off_t to, int whence);
off_t __wrap_lseek(int fd, off_t to, int whence);
off_t __wrap_lseek(int fd, off_t to, int whence) { FAIL_OR(lseek, -1, fd, to, whence); }

/* It is closed, whatever it says. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int result = __real_close(fd);
    return failed(CALL_close, -1) ? -1 : result;
}

/* Not connected any more: then the peer is gone. */
int __real_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how)
{
    if (!failed(CALL_shutdown, -1))
        return __real_shutdown(fd, how);
    (void)__real_shutdown(fd, SHUT_RDWR);
    errno = ENOTCONN;
    return -1;
}

/* One that was interrupted goes on connecting. */
int __real_connect(int fd, const struct sockaddr *a, socklen_t n);
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t n);
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t n)
{
    int effect = fault(CALL_connect, fd), result;
    if (effect > 0 && (effect != EINTR || a->sa_family == AF_UNIX)) {
        if (effect == EINTR)
            return __real_connect(fd, a, n);
        errno = effect;
        return -1;
    }
    result = __real_connect(fd, a, n);
    if (effect > 0 && (result == 0 || errno == EINPROGRESS)) {
        errno = EINTR;
        return -1;
    }
    return result;
}

ssize_t __real_writev(int fd, const struct iovec *pieces, int count);
ssize_t __wrap_writev(int fd, const struct iovec *pieces, int count);
ssize_t __wrap_writev(int fd, const struct iovec *pieces, int count)
{
    int effect = fault(CALL_writev, fd);
    struct iovec one;
    if (effect > 0) {
        errno = effect;
        return -1;
    }
    if (effect != SHORT || count < 1)
        return __real_writev(fd, pieces, count);
    one = pieces[0];
    one.iov_len = one.iov_len > 0;
    return __real_writev(fd, &one, 1);
}

#define MESSAGE(name, type)                                            \
    ssize_t __real_##name(int fd, type *message, int flags);           \
    ssize_t __wrap_##name(int fd, type *message, int flags);           \
    ssize_t __wrap_##name(int fd, type *message, int flags)            \
    {                                                                  \
        int effect = fault(CALL_##name, fd);                           \
        struct msghdr copy = *message;                                 \
        struct iovec one;                                              \
        ssize_t n;                                                     \
        if (effect > 0) {                                              \
            errno = effect;                                            \
            return -1;                                                 \
        }                                                              \
        if (effect != SHORT || message->msg_iovlen < 1)                \
            return __real_##name(fd, message, flags);                  \
        one = copy.msg_iov[0];                                         \
        one.iov_len = one.iov_len > 0;                                 \
        copy.msg_iov = &one;                                           \
        copy.msg_iovlen = 1;                                           \
        n = __real_##name(fd, &copy, flags);                           \
        copy.msg_iov = message->msg_iov;                               \
        copy.msg_iovlen = message->msg_iovlen;                         \
        memcpy((void *)(size_t)message, &copy, sizeof copy);           \
        return n;                                                      \
    }
#define SENT(name, type)                                               \
    ssize_t __real_##name(int fd, type *message, int flags);           \
    ssize_t __wrap_##name(int fd, type *message, int flags);           \
    ssize_t __wrap_##name(int fd, type *message, int flags)            \
    {                                                                  \
        int effect = fault(CALL_##name, fd);                           \
        struct msghdr copy = *message;                                 \
        struct iovec one;                                              \
        if (effect > 0) {                                              \
            errno = effect;                                            \
            return -1;                                                 \
        }                                                              \
        if (effect == SHORT && copy.msg_iovlen > 0) {                  \
            one = copy.msg_iov[0];                                     \
            one.iov_len = one.iov_len > 0;                             \
            copy.msg_iov = &one;                                       \
            copy.msg_iovlen = 1;                                       \
        }                                                              \
        return __real_##name(fd, &copy, flags);                        \
    }
MESSAGE(recvmsg, struct msghdr)
SENT(sendmsg, const struct msghdr)

int __real_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, ...)
{
    va_list arguments;
    void *argument;
    va_start(arguments, what);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    FAIL_OR(fcntl, -1, fd, what, argument);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode = 0;
    va_start(arguments, flags);
    if (flags & O_CREAT)
        mode = va_arg(arguments, mode_t);
    va_end(arguments);
    FAIL_OR(open, -1, path, flags, mode);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long a, b, c;
    va_start(arguments, number);
    a = va_arg(arguments, long);
    b = va_arg(arguments, long);
    c = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_pipe2 && now->way >= 0 && ways[now->way].effect == ENOSYS) /* older than what may be missing */
        return __real_syscall(number, a, b, c);
    FAIL_OR(syscall, -1, number, a, b, c);
}

int __real_pthread_create(pthread_t *to, const pthread_attr_t *how, void *(*f)(void *), void *data);
int __wrap_pthread_create(pthread_t *to, const pthread_attr_t *how, void *(*f)(void *), void *data);
int __wrap_pthread_create(pthread_t *to, const pthread_attr_t *how, void *(*f)(void *), void *data)
{
    int effect = fault(CALL_pthread_create, -1);
    return effect > 0 ? effect : __real_pthread_create(to, how, f, data);
}

/* What answers with the error itself. */
#define ANSWERS(name, parameters, ...)         \
    int __real_##name parameters;              \
    int __wrap_##name parameters;              \
    int __wrap_##name parameters               \
    {                                          \
        int effect = fault(CALL_##name, -1);   \
        return effect != 0 ? effect : __real_##name(__VA_ARGS__); \
    }
ANSWERS(pthread_atfork, (void (*before)(void), void (*parent)(void), void (*child)(void)), before, parent, child)
ANSWERS(pthread_mutex_init, (pthread_mutex_t *to, const pthread_mutexattr_t *how), to, how)
ANSWERS(pthread_cond_init, (pthread_cond_t *to, const pthread_condattr_t *how), to, how)
ANSWERS(pthread_condattr_init, (pthread_condattr_t *to), to)
ANSWERS(ttyname_r, (int fd, char *to, size_t size), fd, to, size)
ANSWERS(getnameinfo, (const struct sockaddr *a, socklen_t n, char *host, socklen_t size, char *port, socklen_t length, int flags),
    a, n, host, size, port, length, flags)

unsigned __real_if_nametoindex(const char *name);
unsigned __wrap_if_nametoindex(const char *name);
unsigned __wrap_if_nametoindex(const char *name)
{
    return failed(CALL_if_nametoindex, -1) ? 0 : __real_if_nametoindex(name);
}

char *__real_if_indextoname(unsigned index, char *to);
char *__wrap_if_indextoname(unsigned index, char *to);
char *__wrap_if_indextoname(unsigned index, char *to)
{
    return failed(CALL_if_indextoname, -1) ? NULL : __real_if_indextoname(index, to);
}

long __real_sysconf(int name);
long __wrap_sysconf(int name);
long __wrap_sysconf(int name) { FAIL_OR(sysconf, -1, name); }

/* Somebody else's by now; but it ends by itself, since nobody could end it. */
int __real_kill(pid_t pid, int signo);
int __wrap_kill(pid_t pid, int signo);
int __wrap_kill(pid_t pid, int signo)
{
    siginfo_t info;
    if (signo != SIGKILL || !failed(CALL_kill, -1))
        return __real_kill(pid, signo);
    __real_kill(pid, signo);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    errno = EPERM;
    return -1;
}

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **to);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **to);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **to)
{
    int effect = fault(CALL_getaddrinfo, -1), result;
    if (effect != 0) {
        errno = ENOMEM;
        return effect;
    }
    result = __real_getaddrinfo(host, port, hints, to);
    if (result == 0 && armed)
        __atomic_add_fetch(&now->lookups, 1, __ATOMIC_RELAXED);
    return result;
}

void __real_freeaddrinfo(struct addrinfo *list);
void __wrap_freeaddrinfo(struct addrinfo *list);
void __wrap_freeaddrinfo(struct addrinfo *list)
{
    if (armed)
        __atomic_sub_fetch(&now->lookups, 1, __ATOMIC_RELAXED);
    __real_freeaddrinfo(list);
}

void *faults_malloc(size_t size);
void faults_free(void *block);
void *faults_malloc(size_t size)
{
    void *block = fault(CALL_malloc, -1) > 0 ? NULL : malloc(size);
    if (block != NULL) {
        memset(block, 0xa5, size);
        __atomic_add_fetch(&now->live, 1, __ATOMIC_RELAXED);
    }
    return block;
}
void faults_free(void *block)
{
    __atomic_sub_fetch(&now->live, 1, __ATOMIC_RELAXED);
    free(block);
}

/* ---- one run --------------------------------------------------------------------------------------------------- */

enum { OK, WRONG = 101, LEAKED = 102, SECONDS = 12, FIRST = 4, SOME = 6, TELL = 5 };

static char scratch[200];
static int log_fd = -1;

void faults_wrong(const char *file, int line, const char *what);
void faults_wrong(const char *file, int line, const char *what)
{
    now->failed = 1;
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
}

const char *faults_path(const char *name);
const char *faults_path(const char *name)
{
    static char paths[4][300];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", scratch, name);
    return paths[turn];
}

static void clear_scratch(void)
{
    DIR *directory = opendir(scratch);
    struct dirent *entry;
    char path[600];
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", scratch, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (directory != NULL)
        closedir(directory);
}

static int entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;
    while (directory != NULL && readdir(directory) != NULL)
        count++;
    if (directory != NULL)
        closedir(directory);
    return count;
}

/* A sanitizer's own thread takes a moment to be gone, and so does one that was joined. */
static int threads_left(void)
{
    struct timespec moment = { 0, 2000000 };
    int i, left = 0;
    for (i = 0; i < 500 && (left = entries("/proc/self/task") - 3) > 0; i++)
        nanosleep(&moment, NULL);
    return left;
}

static void be_the_scenario(const faults_scenario *scenario)
{
    int fds, left, children = 0;
    setsid();
    signal(SIGPIPE, SIG_DFL);
    dup2(log_fd, 1);
    dup2(log_fd, 2);
    alarm(SECONDS);
    fds = entries("/proc/self/fd");
    armed = 1;
    now->status = scenario->run();
    armed = 0;
    left = entries("/proc/self/fd") - fds;
    while (waitpid(-1, NULL, 0) > 0)
        children++;
    if (now->live != 0)
        fprintf(stderr, "%ld blocks were not freed\n", now->live);
    if (now->lookups != 0)
        fprintf(stderr, "%ld lists of addresses were not freed\n", now->lookups);
    if (left != 0)
        fprintf(stderr, "%d descriptors were left open\n", left);
    if (children != 0)
        fprintf(stderr, "%d children were not waited for\n", children);
    if (threads_left() > 0)
        fprintf(stderr, "threads were left\n");
    fflush(NULL);
    if (now->live != 0 || now->lookups != 0 || left != 0 || children != 0 || threads_left() > 0)
        _exit(LEAKED);
    _exit(now->failed ? WRONG : OK);
}

static long runs, injected, seen, hangs, crashes, leaks, wrongs, told;

static void tell(FILE *to)
{
    char buffer[4001];
    ssize_t n = pread(log_fd, buffer, sizeof buffer - 1, 0);
    char *line, *rest = buffer;
    if (n < 0)
        n = 0;
    buffer[n] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line != '\0')
            fprintf(to, "    %.300s\n", line);
}

/* Whether a status tells of the fault: its own, or what becomes of it at the other end and further up. */
static int clear_status(int status, int effect)
{
    static const int others[] = { -ENOMEM, -EPIPE, -ECONNRESET, -ECONNREFUSED, -ENOTCONN, -EADDRINUSE };
    size_t i;
    if (status == -effect || (status <= -4096 && status > -5000))
        return 1;
    for (i = 0; i < sizeof others / sizeof *others; i++)
        if (status == others[i])
            return 1;
    return 0;
}

/* Deadlines and deadlocks are none: nothing of what was done wrong takes time. */
int faults_is_stuck(int status);

static const char *run(const faults_scenario *scenario, int way, long at, long every)
{
    static char why[200];
    struct way none = { CALL_malloc, 0, 0, "no fault" };
    struct way w = way < 0 ? none : ways[way];
    int status;
    pid_t pid;
    memset(now, 0, sizeof *now);
    now->way = way;
    now->at = at;
    now->every = every;
    (void)!ftruncate(log_fd, 0);
    lseek(log_fd, 0, SEEK_SET);
    clear_scratch();
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        be_the_scenario(scenario);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return "no process for the run";
    kill(-pid, SIGKILL);
    runs++;
    injected += now->hits;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        hangs++;
        return "hangs";
    }
    if (WIFSIGNALED(status)) {
        crashes++;
        snprintf(why, sizeof why, "dies of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
        return why;
    }
    if (WEXITSTATUS(status) == LEAKED) {
        leaks++;
        return "leaves something behind";
    }
    if (WEXITSTATUS(status) != OK && WEXITSTATUS(status) != WRONG) {
        crashes++;
        snprintf(why, sizeof why, "ends with status %d", WEXITSTATUS(status));
        return why;
    }
    if (WEXITSTATUS(status) == WRONG) {
        wrongs++;
        return "goes wrong";
    }
    if (now->status < 0 && now->hits > 0)
        seen++;
    if (now->status < 0 && (now->hits == 0 || !w.seen)) {
        wrongs++;
        snprintf(why, sizeof why, "fails with %d", now->status);
        return why;
    }
    if (now->status < 0 && (!clear_status(now->status, w.effect) || faults_is_stuck(now->status))) {
        wrongs++;
        snprintf(why, sizeof why, "fails with %d, which says nothing of the fault", now->status);
        return why;
    }
    return NULL;
}

static int report(const faults_scenario *scenario, const char *why, int way, long at, long every)
{
    if (why == NULL)
        return 0;
    if (told++ < TELL) {
        printf("%s.%s %s", scenario->suite, scenario->name, why);
        if (way >= 0 && every > 0)
            printf(" (%s, each of %ld)", ways[way].name, every);
        else if (way >= 0)
            printf(" (%s, number %ld)", ways[way].name, at);
        printf("\n");
        tell(stdout);
        fflush(stdout);
    }
    return 1;
}

/* Without faults: what it calls. */
static int tell_calls(const faults_scenario *scenario)
{
    int bad = report(scenario, run(scenario, -1, 0, 0), -1, 0, 0);
#define X(name)                      \
    if (now->calls[CALL_##name] > 0) \
        printf("%s\n", #name);
    CALLS(X)
#undef X
    return bad;
}

/* Every way, every number. */
static int inject(const faults_scenario *scenario, int all)
{
    long calls[CALL_COUNT], at, step;
    int way, bad = report(scenario, run(scenario, -1, 0, 0), -1, 0, 0);
    if (bad)
        return bad;
    memcpy(calls, now->calls, sizeof calls);
    for (way = 0; way < (int)(sizeof ways / sizeof *ways); way++) {
        long count = calls[ways[way].call];
        if (count == 0)
            continue;
        for (at = 1;; at += step) {
            bad += report(scenario, run(scenario, way, at, 0), way, at, 0);
            if (now->hits == 0 && now->count < at)
                break;
            step = all || at < FIRST ? 1 : 1 + count / SOME;
        }
        if (!ways[way].seen) {
            if (ways[way].effect == SHORT)
                bad += report(scenario, run(scenario, way, 0, 1), way, 0, 1);
            bad += report(scenario, run(scenario, way, 0, 2), way, 0, 2);
            bad += report(scenario, run(scenario, way, 0, 3), way, 0, 3);
        }
    }
    return bad;
}

static int chosen(const faults_scenario *scenario, int count, char **names)
{
    char name[200];
    int i, any = 0;
    snprintf(name, sizeof name, "%s.%s", scenario->suite, scenario->name);
    for (i = 1; i < count; i++) {
        if (names[i][0] == '-')
            continue;
        any = 1;
        if (strcmp(names[i], name) == 0 || strcmp(names[i], scenario->suite) == 0)
            return 1;
    }
    return !any;
}

int main(int argc, char **argv)
{
    const faults_scenario *scenario;
    const char *poller = "", *kind = strrchr(argv[0], '-') != NULL ? strrchr(argv[0], '-') + 1 : "";
    int i, all = 0, once = 0, list = 0, calls = 0, bad = 0;
    FILE *results = fdopen(3, "w");
    for (i = 1; i < argc; i++) {
        all |= strcmp(argv[i], "--every") == 0;
        once |= strcmp(argv[i], "--once") == 0;
        list |= strcmp(argv[i], "--list") == 0;
        calls |= strcmp(argv[i], "--calls") == 0;
        if (strcmp(argv[i], "--poll") == 0)
            faults_poller = 1, poller = " poll";
        if (strcmp(argv[i], "--epoll") == 0)
            faults_poller = 2, poller = " epoll";
    }
    if (list) {
        for (scenario = faults_scenarios; scenario != NULL; scenario = scenario->next)
            printf("%s.%s\n", scenario->suite, scenario->name);
        return 0;
    }
    if (results == NULL)
        results = stdout;
    else
        fcntl(3, F_SETFD, FD_CLOEXEC);
    snprintf(scratch, sizeof scratch, "%s/asyncio-faults.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    now = (struct shared *)mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    log_fd = memfd_create("log", MFD_CLOEXEC);
    if (now == MAP_FAILED || log_fd < 0 || mkdtemp(scratch) == NULL)
        return 1;
    for (scenario = faults_scenarios; scenario != NULL; scenario = scenario->next) {
        int failures;
        if (!chosen(scenario, argc, argv))
            continue;
        if (calls) {
            bad += tell_calls(scenario);
            continue;
        }
        runs = injected = seen = hangs = crashes = leaks = wrongs = told = 0;
        failures = once ? report(scenario, run(scenario, -1, 0, 0), -1, 0, 0) : inject(scenario, all);
        bad += failures;
        fprintf(results, "%s %s.%s%s %s: %ld faults in %ld runs, %ld seen; %ld hangs, %ld crashes, %ld leaks, %ld wrong\n",
            failures > 0 ? "FAIL" : "ok", scenario->suite, scenario->name, poller, kind, injected, runs, seen, hangs, crashes, leaks,
            wrongs);
        fflush(results);
    }
    clear_scratch();
    rmdir(scratch);
    return bad > 0;
}
