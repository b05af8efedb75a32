/* connect.h: connections to a host by name, to an address, to a path. */
#ifndef ASYNCIO_CONNECT_H
#define ASYNCIO_CONNECT_H

#include "socket.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await_into(fd, async_address_connect, .address = &a): a new stream socket, non-blocking and close-on-exec, connected
 * to the address, which is read before the first suspension only. .local, if given, is this end's address. -errno; when
 * it fails or is cancelled no descriptor is left. */
struct async_address_connect {
    async_frame frame;
    const async_address *address, *local;
    int result;
};
ASYNC_DECLARE(async_address_connect);

/* await_into(fd, async_unix_connect, .path = p): the same to a unix socket; async_address_set_path() reads the path. */
struct async_unix_connect {
    async_frame frame;
    const char *path;
    int result;
    async_address address;
};
ASYNC_DECLARE(async_unix_connect);

/* async_connect_attempt: how the attempt at one of a host's addresses ended: the status of the connection that is used
 * is OK; CANCELLED: another one was faster. */
typedef struct async_connect_attempt {
    async_address address;
    async_status status;
} async_connect_attempt;

/* await_into(fd, async_net_connect, .host = "example.org", .port = 80): a new TCP socket, non-blocking and
 * close-on-exec, connected to the first of the host's addresses that answers. A numeric host is not looked up; NULL is
 * this machine.
 *     .family     AF_INET or AF_INET6: only that. 0: both.
 *     .local      this end's address; addresses of another family are passed over then.
 *     .attempts   an array of .capacity members, which gets the addresses that were tried and how each ended, and
 *                 .attempted, a size_t, how many those were (at most .capacity are told).
 * As the attempts fail, so does the await: with the status of the first. ASYNC_NAME_NOT_FOUND and its like when there is
 * no address. The host is read while it runs. When it fails or is cancelled no descriptor is left. */
struct async_net_connect {
    async_frame frame;
    const char *host;
    int port, family;
    const async_address *local;
    async_connect_attempt *attempts;
    size_t capacity, *attempted;
    int result;
    async_status first, status;
    struct addrinfo *found, *next;
    async_address address;
    size_t count;
    struct async_address_connect connecting;
};
ASYNC_DECLARE(async_net_connect);

/* async_address_listen: a new stream socket, non-blocking and close-on-exec, that listens on an address; -errno.
 * backlog: how many may wait to be accepted; 0: 100. reuse_port: several sockets may listen on the port, among which the
 * system divides the connections. Loop thread or not; does not suspend.
 * async_unix_listen: the same on a path; a socket that was left there is replaced. */
int async_address_listen(const async_address *address, int backlog, bool reuse_port);
int async_unix_listen(const char *path, int backlog);

/* await_into(count, async_net_listen, .host = h, .port = p, .fds = array, .capacity = n): listens on all addresses of a
 * host, as above; the descriptors, at most n of them, are in the array. .host NULL: on all interfaces, IPv4 and IPv6.
 * .port 0: one that is free, the same for all. .family, .backlog, .reuse_port as above. When it fails, none is left. */
struct async_net_listen {
    async_frame frame;
    const char *host;
    int port, family, backlog;
    bool reuse_port;
    int *fds;
    size_t capacity, result;
    struct addrinfo *found;
};
ASYNC_DECLARE(async_net_listen);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_CONNECT_IMPLEMENTATION_
#define ASYNCIO_CONNECT_IMPLEMENTATION_

#include <netdb.h>
#include <sys/stat.h>

ASYNC_EXTERN_C_BEGIN_

static async_status async_gai_status_(int error)
{
    switch (error) {
    case 0: return ASYNC_OK;
    case EAI_SYSTEM: return errno > 0 ? -errno : (int)ASYNC_NAME_FAILED;
    case EAI_MEMORY: return ASYNC_NO_MEMORY;
    case EAI_AGAIN: return ASYNC_NAME_TRY_AGAIN;
    case EAI_FAMILY: return -EAFNOSUPPORT;
    case EAI_BADFLAGS: return ASYNC_INVALID_ARGUMENT;
    case EAI_NONAME:
    case EAI_SERVICE: return ASYNC_NAME_NOT_FOUND;
    default: return ASYNC_NAME_FAILED;
    }
}

static async_status async_lookup_(const char *host, int port, int family, int flags, struct addrinfo **found)
{
    struct addrinfo hints;
    char service[8];
    if (port < 0 || port > 65535)
        return ASYNC_INVALID_ARGUMENT;
    ASYNC_MEMSET_(&hints, 0, sizeof hints);
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    snprintf(service, sizeof service, "%d", port);
    return async_gai_status_(getaddrinfo(host, service, &hints, found));
}

ASYNC_DEFINE(async_address_connect)
{
    int fd;
    ASYNC_BEGIN;
    self->result = -1;
    fd = async_socket_open(async_address_family(self->address), SOCK_STREAM, 0);
    if (fd < 0)
        ASYNC_RAISE(fd);
    self->result = fd;
    if (self->local != NULL && bind(fd, async_address_sockaddr(self->local), (socklen_t)self->local->length) != 0)
        ASYNC_RAISE(-errno);
    AWAIT(async_fd_connect, .fd = fd, .address = async_address_sockaddr(self->address),
        .length = self->address->length);
    ASYNC_FINALLY;
    if (ASYNC_ERROR < 0 && self->result >= 0)
        async_fd_close(self->result);
    ASYNC_END;
}

ASYNC_DEFINE(async_unix_connect)
{
    int status;
    ASYNC_BEGIN;
    status = async_address_set_path(&self->address, self->path);
    if (status < 0)
        ASYNC_RAISE(status);
    AWAIT_INTO(self->result, async_address_connect, .address = &self->address);
    ASYNC_END;
}

static void async_attempted_(struct async_net_connect *self, async_status status)
{
    if (self->count < self->capacity) {
        self->attempts[self->count].address = self->address;
        self->attempts[self->count].status = status;
    }
    if (self->count++ == 0)
        self->first = status;
    if (self->attempted != NULL)
        *self->attempted = self->count;
}

ASYNC_DEFINE(async_net_connect)
{
    int status;
    ASYNC_BEGIN;
    if (self->attempted != NULL)
        *self->attempted = 0;
    self->first = ASYNC_NAME_NOT_FOUND;
    status = async_lookup_(self->host, self->port, self->family, 0, &self->found);
    if (status < 0)
        ASYNC_RAISE(status);
    for (self->next = self->found; self->next != NULL; self->next = self->next->ai_next) {
        if (async_address_set(&self->address, self->next->ai_addr, self->next->ai_addrlen) < 0 ||
            (self->local != NULL && async_address_family(self->local) != self->next->ai_family))
            continue;
        AWAIT_AT_CATCH(&self->connecting, self->status, async_address_connect, .address = &self->address,
            .local = self->local);
        async_attempted_(self, self->status);
        if (self->status == ASYNC_OK) {
            self->result = self->connecting.result;
            ASYNC_RETURN();
        }
        if (self->status == ASYNC_CANCELLED)
            ASYNC_RAISE(ASYNC_CANCELLED);
    }
    ASYNC_RAISE(self->first);
    ASYNC_FINALLY;
    if (self->found != NULL)
        freeaddrinfo(self->found);
    ASYNC_END;
}

/* ---- listening ----------------------------------------------------------------------------------------------- */

enum { ASYNC_BACKLOG_ = 100 };

int async_address_listen(const async_address *address, int backlog, bool reuse_port)
{
    int family = async_address_family(address), on = 1, error, fd = async_socket_open(family, SOCK_STREAM, 0);
    bool ip = family != AF_UNIX;
    if (fd < 0)
        return fd;
    if ((ip && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) ||
#ifdef SO_REUSEPORT
        (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
#endif
        /* IPv4 has a socket of its own */
        (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        bind(fd, async_address_sockaddr(address), (socklen_t)address->length) != 0 ||
        listen(fd, backlog > 0 ? backlog : ASYNC_BACKLOG_) != 0) {
        error = errno;
        close(fd);
        return -error;
    }
#ifndef SO_REUSEPORT
    if (reuse_port) {
        close(fd);
        return -ENOPROTOOPT;
    }
#endif
    return fd;
}

int async_unix_listen(const char *path, int backlog)
{
    async_address address;
    struct stat st;
    async_status status = async_address_set_path(&address, path);
    if (status < 0)
        return status;
    if (path[0] != '@' && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path); /* whatever stands in the way, bind says */
    return async_address_listen(&address, backlog, false);
}

/* All of them, or none: the descriptors' number, or why not. A port of 0 is the first socket's for the others too. */
static int async_listen_all_(struct async_net_listen *self, int port)
{
    struct addrinfo *each;
    async_address address;
    size_t count = 0;
    int fd = -EADDRNOTAVAIL;
    for (each = self->found; each != NULL && count < self->capacity; each = each->ai_next) {
        if (async_address_set(&address, each->ai_addr, each->ai_addrlen) < 0)
            continue;
        (void)async_address_set_port(&address, port);
        fd = async_address_listen(&address, self->backlog, self->reuse_port);
        if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) /* the machine may have no IPv6 */
            continue;
        if (fd < 0)
            break;
        self->fds[count++] = fd;
        if (port == 0 && async_socket_name(fd, &address) == ASYNC_OK)
            port = async_address_port(&address);
    }
    if (count > 0 && (fd >= 0 || fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL))
        return (int)count;
    while (count > 0)
        close(self->fds[--count]);
    return fd;
}

ASYNC_DEFINE(async_net_listen)
{
    int status, tries;
    ASYNC_BEGIN;
    status = async_lookup_(self->host, self->port, self->family, AI_PASSIVE, &self->found);
    if (status < 0)
        ASYNC_RAISE(status);
    /* a port that is free for the first may be taken for the second: then another one */
    for (tries = 0, status = -EADDRINUSE; status == -EADDRINUSE && tries < (self->port == 0 ? 10 : 1); tries++)
        status = async_listen_all_(self, self->port);
    if (status < 0)
        ASYNC_RAISE(status);
    self->result = (size_t)status;
    ASYNC_FINALLY;
    if (self->found != NULL)
        freeaddrinfo(self->found);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
