/* connect.h: connections to a host by name, to an address, to a path. Hosts only, with ASYNCIO_NET.
 *
 * A host with several addresses is tried as RFC 8305 (Happy Eyeballs) says: IPv6 and IPv4 by turns in the order of the
 * lookup; the next one begins when the last has not answered for a while, or has failed; the first that answers is used,
 * the others are cancelled and closed. */
#ifndef ASYNCIO_CONNECT_H
#define ASYNCIO_CONNECT_H

#include "socket.h"
#include "group.h"
#include "event.h"
#include "resolve.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await_into(fd, async_address_connect, .address = &a): a new stream socket, non-blocking and close-on-exec, connected
 * to the address. .local, if given, is this end's address. Where the backlog of a unix socket is full it waits, as
 * connect() does. -errno; when it fails or is cancelled no descriptor is left. */
struct async_address_connect {
    async_frame frame;
    const async_address *address, *local;
    int result;
    async_status status;
    async_time delay;
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
 *     .local      this end's address; the host's addresses of another family are passed over then.
 *     .happy_eyeballs_delay   how long an attempt is given before the next begins beside it; 0: 250 ms; ASYNC_FOREVER:
 *                 until it fails.
 *     .attempts   an array of .capacity members, which gets the addresses that were tried, in that order, and how each
 *                 ended; .attempted, a size_t, how many were tried. Also when all fail.
 * When all fail the await fails with the status of the first; ASYNC_NAME_NOT_FOUND and its like when there is no address;
 * NO_MEMORY. When it fails or is cancelled no descriptor is left. Mirrors what loop.create_connection does before there
 * is a transport. */
struct async_net_connect {
    async_frame frame;
    const char *host;
    int port, family;
    const async_address *local;
    async_time happy_eyeballs_delay;
    async_connect_attempt *attempts;
    size_t capacity, *attempted;
    int result;
    async_status status;
    struct addrinfo *found;
    struct async_race_ *race;
    async_task_group group;
};
ASYNC_DECLARE(async_net_connect);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_CONNECT_IMPLEMENTATION_
#define ASYNCIO_CONNECT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

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
    for (;;) {
        AWAIT_CATCH(self->status, async_fd_connect, .fd = self->result,
            .address = async_address_sockaddr(self->address), .length = self->address->length);
        if (self->status != -EAGAIN || async_address_family(self->address) != AF_UNIX)
            break;
        /* nothing tells when there is room again */
        self->delay = self->delay == 0 ? async_ms(1) : self->delay < async_ms(64) ? self->delay * 2 : self->delay;
        AWAIT(async_sleep, .delay = self->delay);
    }
    if (self->status < 0)
        ASYNC_RAISE(self->status);
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

/* ---- several addresses ----------------------------------------------------------------------------------------- */

enum { ASYNC_ATTEMPT_MS_ = 250 };

/* The attempts at the addresses of one host: each is a task, except for a single one. */
struct async_race_ {
    const async_address *local;
    int fd;              /* the first that was connected */
    size_t count;        /* addresses, in the order in which they are tried */
    size_t begun, ended; /* attempts */
    async_event changed; /* one has ended */
    async_connect_attempt attempts[1];
};

/* By turns, beginning with the family of the first; each family in the order of the lookup. */
static void async_race_order_(struct async_race_ *race, const struct addrinfo *found, const async_address *local)
{
    const struct addrinfo *next[2], *one;
    int first = found->ai_family, turn = 0;
    next[0] = next[1] = found;
    for (;;) {
        for (one = next[turn]; one != NULL; one = one->ai_next)
            if ((one->ai_family == first) == (turn == 0) &&
                (local == NULL || one->ai_family == async_address_family(local)) &&
                async_address_set(&race->attempts[race->count].address, one->ai_addr, one->ai_addrlen) == ASYNC_OK)
                break;
        next[turn] = one == NULL ? NULL : one->ai_next;
        if (one != NULL)
            race->attempts[race->count++].status = ASYNC_CANCELLED;
        else if (next[1 - turn] == NULL)
            return;
        turn = 1 - turn;
    }
}

static async_status async_race_new_(struct async_net_connect *self)
{
    struct addrinfo *one;
    size_t count = 0;
    for (one = self->found; one != NULL; one = one->ai_next)
        count++;
    self->race = (struct async_race_ *)ASYNCIO_MALLOC(sizeof *self->race + count * sizeof *self->race->attempts);
    if (self->race == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(self->race, 0, sizeof *self->race);
    self->race->local = self->local;
    self->race->fd = -1;
    async_race_order_(self->race, self->found, self->local);
    return self->race->count == 0 ? -EAFNOSUPPORT : ASYNC_OK;
}

struct async_attempt_ {
    async_frame frame;
    struct async_race_ *race;
    size_t number;
    async_status status;
    struct async_address_connect connecting;
};

/* Its failure is one of the race's, not one of its own. */
ASYNC(async_attempt_)
{
    async_connect_attempt *attempt = &self->race->attempts[self->number];
    ASYNC_BEGIN;
    AWAIT_AT_CATCH(&self->connecting, self->status, async_address_connect, .address = &attempt->address,
        .local = self->race->local);
    if (self->status == ASYNC_OK && self->race->fd >= 0) { /* just too late */
        async_fd_close(self->connecting.result);
        self->status = ASYNC_CANCELLED;
    }
    if (self->status == ASYNC_OK)
        self->race->fd = self->connecting.result;
    attempt->status = self->status;
    self->race->ended++;
    async_event_set(&self->race->changed);
    ASYNC_END;
}

/* What the caller wants to know of them. */
static void async_race_tell_(struct async_net_connect *self)
{
    size_t i, begun = self->race == NULL ? 0 : self->race->begun;
    for (i = 0; i < begun && i < self->capacity; i++)
        self->attempts[i] = self->race->attempts[i];
    if (self->attempted != NULL)
        *self->attempted = begun;
}

ASYNC_DEFINE(async_net_connect)
{
    struct async_race_ *race = self->race;
    int status;
    ASYNC_BEGIN;
    self->result = -1;
    AWAIT_INTO(self->found, async_getaddrinfo, .host = self->host, .port = self->port, .family = self->family,
        .type = SOCK_STREAM);
    status = async_race_new_(self);
    if (status < 0)
        ASYNC_RAISE(status);
    race = self->race;
    if (race->count == 1) {
        race->begun = 1;
        AWAIT_CATCH(self->status, async_attempt_, .race = race);
    } else {
        async_task_group_enter(&self->group);
        if (self->happy_eyeballs_delay == 0)
            self->happy_eyeballs_delay = async_ms(ASYNC_ATTEMPT_MS_);
        while (race->fd < 0 && race->ended < race->count) {
            async_event_clear(&race->changed);
            if (race->begun < race->count &&
                async_task_group_create_task(&self->group, async_attempt_, .race = race, .number = race->begun) == NULL)
                ASYNC_RAISE(ASYNC_NO_MEMORY);
            race->begun += race->begun < race->count;
            AWAIT_FOR_CATCH(race->begun < race->count ? self->happy_eyeballs_delay : ASYNC_FOREVER, self->status,
                async_event_wait, .event = &race->changed);
            if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
                ASYNC_RAISE(self->status);
        }
        async_group_abort_(&self->group);
        AWAIT(async_task_group_join, .group = &self->group);
    }
    if (race->fd < 0)
        ASYNC_RAISE(race->attempts[0].status);
    ASYNC_FINALLY;
    if (self->race != NULL) {
        if (ASYNC_ERROR < 0 && self->race->fd >= 0)
            async_fd_close(self->race->fd);
        self->result = ASYNC_ERROR < 0 ? -1 : self->race->fd;
    }
    async_race_tell_(self);
    if (self->found != NULL)
        freeaddrinfo(self->found);
    if (self->race != NULL)
        ASYNCIO_FREE(self->race);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
