/* open_connection.h: streams to a host, to a unix socket, and to the terminal. */
#ifndef ASYNCIO_OPEN_CONNECTION_H
#define ASYNCIO_OPEN_CONNECTION_H

#include "stream_close.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await(async_open_connection, .stream = &s, .host = "example.org", .port = 80): a stream to a host, as async_net_connect
 * connects (.family, .local, .happy_eyeballs_delay as there). Fails as that does, with NO_MEMORY, and with MISUSE when the
 * stream is open already. When it fails or is cancelled the stream is not open. Mirrors asyncio.open_connection().
 * await(async_open_unix_connection, .stream = &s, .path = p): the same to a unix socket. */
struct async_open_connection {
    async_frame frame;
    async_stream *stream;
    const char *host;
    int port, family;
    const async_address *local;
    async_time happy_eyeballs_delay;
    int fd;
};
ASYNC_DECLARE(async_open_connection);
struct async_open_unix_connection {
    async_frame frame;
    async_stream *stream;
    const char *path;
    int fd;
};
ASYNC_DECLARE(async_open_unix_connection);

/* async_stream_open_stdio: a stream that reads standard input and writes standard output. Both stay open when it is
 * closed, and as they were for the other processes that have them: what can be opened anew (a terminal, on Linux a pipe)
 * is; the rest is blocking again when the stream is closed. OK, MISUSE, NO_MEMORY, -errno: -EBADF when one of them is
 * closed. */
async_status async_stream_open_stdio(async_stream *stream);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_OPEN_CONNECTION_IMPLEMENTATION_
#define ASYNCIO_OPEN_CONNECTION_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* A socket that was just connected becomes a stream, or is closed. */
static async_status async_stream_of_socket_(async_stream *stream, int fd)
{
    async_status status = async_stream_open_(stream, fd, fd, true);
    if (status < 0)
        close(fd);
    return status;
}

ASYNC_DEFINE(async_open_connection)
{
    async_status status;
    ASYNC_BEGIN;
    if (self->stream->core != NULL)
        ASYNC_RAISE(ASYNC_MISUSE);
    AWAIT_INTO(self->fd, async_net_connect, .host = self->host, .port = self->port, .family = self->family,
        .local = self->local, .happy_eyeballs_delay = self->happy_eyeballs_delay);
    status = async_stream_of_socket_(self->stream, self->fd);
    if (status < 0)
        ASYNC_RAISE(status);
    ASYNC_END;
}

ASYNC_DEFINE(async_open_unix_connection)
{
    async_status status;
    ASYNC_BEGIN;
    if (self->stream->core != NULL)
        ASYNC_RAISE(ASYNC_MISUSE);
    AWAIT_INTO(self->fd, async_unix_connect, .path = self->path);
    status = async_stream_of_socket_(self->stream, self->fd);
    if (status < 0)
        ASYNC_RAISE(status);
    ASYNC_END;
}

/* ---- standard input and output --------------------------------------------------------------------------------- */

/* A descriptor of our own for what another one leads to, if possible with flags of its own; -errno. */
static int async_reopen_(int fd, int mode)
{
    char name[128];
    int own = -1;
    if (isatty(fd)) {
        if (ttyname_r(fd, name, sizeof name) == 0)
            own = async_own_fd_(open(name, mode | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    }
#if defined(__linux__)
    else {
        struct stat st;
        if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
            snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
            own = async_own_fd_(open(name, mode | O_NONBLOCK | O_CLOEXEC));
        }
    }
#endif
    if (own < 0)
        own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return own < 0 ? -errno : own;
}

async_status async_stream_open_stdio(async_stream *stream)
{
    int in = async_reopen_(0, O_RDONLY), out = in < 0 ? in : async_reopen_(1, O_WRONLY);
    async_status status = out < 0 ? out : async_stream_open_pair(stream, in, out);
    if (status < 0 && in >= 0)
        close(in);
    if (status < 0 && out >= 0)
        close(out);
    return status;
}

ASYNC_EXTERN_C_END_

#endif
#endif
