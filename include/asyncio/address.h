/* address.h: socket addresses: an IPv4 or IPv6 address with its port, or the path of a unix socket; from text and to
 * text. Nothing here asks a name server, suspends or allocates; any thread. */
#ifndef ASYNCIO_ADDRESS_H
#define ASYNCIO_ADDRESS_H

#include "fd.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

struct sockaddr;

/* async_address: a struct sockaddr of any family, and its length. A value: copy it freely. All zeros is no address. */
typedef struct async_address {
    size_t length; /* in bytes; 0: no address */
    union {
        unsigned char bytes[128];
        long long integer;
        void *pointer;
    } storage;
} async_address;

/* ASYNC_ADDRESS_TEXT: a buffer for any address as text. */
enum { ASYNC_ADDRESS_TEXT = 136 };

/* async_address_parse: from "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80" or "unix:/path". No names: those take an
 * await (async_getaddrinfo). INVALID_ARGUMENT, and as async_address_set_path(); the address is then no address. */
async_status async_address_parse(async_address *address, const char *text);

/* async_address_format: as text, as async_address_parse() reads it: "-" for no address, "unix:" for a unix socket without
 * a name, "family 17" for one of another family. Gives `text`, whose `size` is ASYNC_ADDRESS_TEXT; less cuts it. */
const char *async_address_format(const async_address *address, char *text, size_t size);

/* async_address_set_ip: from a numeric host, IPv4 or IPv6, and a port, 0 to 65535. INVALID_ARGUMENT. */
async_status async_address_set_ip(async_address *address, const char *host, int port);

/* async_address_set_path: of a unix socket. On Linux a path that begins with '@' names an abstract one, which is no
 * file. -ENAMETOOLONG past some hundred bytes, INVALID_ARGUMENT when it is empty. */
async_status async_address_set_path(async_address *address, const char *path);

/* async_address_set: from the system's form: a copy. INVALID_ARGUMENT when it is too long. */
async_status async_address_set(async_address *address, const struct sockaddr *sockaddr, size_t length);

/* async_address_sockaddr: in the system's form, for connect(), bind() and their like, beside address->length. */
const struct sockaddr *async_address_sockaddr(const async_address *address);

/* async_address_family: AF_INET, AF_INET6, AF_UNIX, ...; AF_UNSPEC for no address. */
int async_address_family(const async_address *address);

/* async_address_port: 0 to 65535; -1 where there are no ports. async_address_set_port: INVALID_ARGUMENT there. */
int async_address_port(const async_address *address);
async_status async_address_set_port(async_address *address, int port);

/* async_address_equal: the same family, address, port, and scope of a link-local one. */
bool async_address_equal(const async_address *a, const async_address *b);

/* async_socket_name, async_socket_peer: the address of this end of a socket, or of the other. -errno: -ENOTCONN without a
 * peer. Mirror getsockname(), getpeername(). */
async_status async_socket_name(int fd, async_address *address);
async_status async_socket_peer(int fd, async_address *address);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_ADDRESS_IMPLEMENTATION_
#define ASYNCIO_ADDRESS_IMPLEMENTATION_

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

ASYNC_EXTERN_C_BEGIN_

typedef char async_address_is_large_enough_[sizeof(struct sockaddr_storage) <= 128 ? 1 : -1];

#define ASYNC_UNIX_PATH_ offsetof(struct sockaddr_un, sun_path)

/* One of the system's forms is copied out and in: what stands behind it in memory is of another type. */
static struct sockaddr_in async_address_in_(const async_address *address)
{
    struct sockaddr_in in;
    ASYNC_MEMCPY_(&in, address->storage.bytes, sizeof in);
    return in;
}

static struct sockaddr_in6 async_address_in6_(const async_address *address)
{
    struct sockaddr_in6 in6;
    ASYNC_MEMCPY_(&in6, address->storage.bytes, sizeof in6);
    return in6;
}

async_status async_address_set(async_address *address, const struct sockaddr *sockaddr, size_t length)
{
    ASYNC_MEMSET_(address, 0, sizeof *address);
    if (length > sizeof address->storage.bytes)
        return ASYNC_INVALID_ARGUMENT;
    if (length > 0)
        ASYNC_MEMCPY_(address->storage.bytes, sockaddr, length);
    address->length = length;
    return ASYNC_OK;
}

const struct sockaddr *async_address_sockaddr(const async_address *address)
{
    return (const struct sockaddr *)(const void *)address->storage.bytes;
}

int async_address_family(const async_address *address)
{
    struct sockaddr any;
    if (address->length < offsetof(struct sockaddr, sa_family) + sizeof any.sa_family)
        return AF_UNSPEC;
    ASYNC_MEMCPY_(&any, address->storage.bytes, sizeof any);
    return any.sa_family;
}

static bool async_is_ip_(const async_address *address, int family)
{
    return async_address_family(address) == family &&
        address->length >= (family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

async_status async_address_set_path(async_address *address, const char *path)
{
    struct sockaddr_un un;
    size_t length = strlen(path), whole = ASYNC_UNIX_PATH_ + length + 1;
    ASYNC_MEMSET_(address, 0, sizeof *address);
    if (length == 0)
        return ASYNC_INVALID_ARGUMENT;
    if (length >= sizeof un.sun_path)
        return -ENAMETOOLONG;
    ASYNC_MEMSET_(&un, 0, sizeof un);
    un.sun_family = AF_UNIX;
    ASYNC_MEMCPY_(un.sun_path, path, length);
#if defined(__linux__)
    if (path[0] == '@') {
        un.sun_path[0] = '\0';
        whole--; /* every byte counts there, a terminator too */
    }
#endif
    ASYNC_MEMCPY_(address->storage.bytes, &un, whole);
    address->length = whole;
    return ASYNC_OK;
}

/* Digits only, up to `end`; -1 otherwise. */
static long async_digits_(const char *text, const char *end, long most)
{
    long n = 0;
    if (text == end)
        return -1;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        n = n * 10 + (*text - '0');
        if (n > most)
            return -1;
    }
    return n;
}

static bool async_set_ip_(async_address *address, const char *host, size_t length, int port)
{
    char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], *zone;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (length >= sizeof copy || port < 0 || port > 65535)
        return false;
    ASYNC_MEMCPY_(copy, host, length);
    copy[length] = '\0';
    ASYNC_MEMSET_(&in, 0, sizeof in);
    if (inet_pton(AF_INET, copy, &in.sin_addr) == 1) {
        in.sin_family = AF_INET;
        in.sin_port = htons((uint16_t)port);
        ASYNC_MEMCPY_(address->storage.bytes, &in, sizeof in);
        address->length = sizeof in;
        return true;
    }
    ASYNC_MEMSET_(&in6, 0, sizeof in6);
    zone = strchr(copy, '%');
    if (zone != NULL) {
        long number = async_digits_(zone + 1, copy + length, INT_MAX);
        *zone = '\0';
        in6.sin6_scope_id = number > 0 ? (uint32_t)number : if_nametoindex(zone + 1);
        if (in6.sin6_scope_id == 0)
            return false;
    }
    if (inet_pton(AF_INET6, copy, &in6.sin6_addr) != 1)
        return false;
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons((uint16_t)port);
    ASYNC_MEMCPY_(address->storage.bytes, &in6, sizeof in6);
    address->length = sizeof in6;
    return true;
}

async_status async_address_set_ip(async_address *address, const char *host, int port)
{
    ASYNC_MEMSET_(address, 0, sizeof *address);
    return async_set_ip_(address, host, strlen(host), port) ? (int)ASYNC_OK : (int)ASYNC_INVALID_ARGUMENT;
}

async_status async_address_parse(async_address *address, const char *text)
{
    const char *end = text + strlen(text), *colon = strrchr(text, ':'), *host = text, *host_end = colon;
    long port;
    ASYNC_MEMSET_(address, 0, sizeof *address);
    if (strncmp(text, "unix:", 5) == 0)
        return async_address_set_path(address, text + 5);
    if (colon == NULL || (port = async_digits_(colon + 1, end, 65535)) < 0)
        return ASYNC_INVALID_ARGUMENT;
    if (*text == '[') {
        host++;
        host_end--;
        if (host_end < host || *host_end != ']')
            return ASYNC_INVALID_ARGUMENT;
    }
    if ((*text == '[') != (memchr(host, ':', (size_t)(host_end - host)) != NULL)) /* which colon begins the port? */
        return ASYNC_INVALID_ARGUMENT;
    return async_set_ip_(address, host, (size_t)(host_end - host), (int)port) ? (int)ASYNC_OK
                                                                              : (int)ASYNC_INVALID_ARGUMENT;
}

const char *async_address_format(const async_address *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    if (address->length == 0) {
        snprintf(text, size, "-");
    } else if (async_is_ip_(address, AF_INET)) {
        struct sockaddr_in in = async_address_in_(address);
        inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
        snprintf(text, size, "%s:%u", host, (unsigned)ntohs(in.sin_port));
    } else if (async_is_ip_(address, AF_INET6)) {
        struct sockaddr_in6 in6 = async_address_in6_(address);
        char zone[IF_NAMESIZE + 1] = "";
        inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
        if (in6.sin6_scope_id != 0) {
            zone[0] = '%';
            if (if_indextoname(in6.sin6_scope_id, zone + 1) == NULL)
                snprintf(zone, sizeof zone, "%%%lu", (unsigned long)in6.sin6_scope_id);
        }
        snprintf(text, size, "[%s%s]:%u", host, zone, (unsigned)ntohs(in6.sin6_port));
    } else if (async_address_family(address) == AF_UNIX) {
        const char *path = (const char *)address->storage.bytes + ASYNC_UNIX_PATH_;
        size_t length = address->length > ASYNC_UNIX_PATH_ ? address->length - ASYNC_UNIX_PATH_ : 0;
        if (length > 1 && path[0] == '\0')
            snprintf(text, size, "unix:@%.*s", (int)(length - 1), path + 1);
        else
            snprintf(text, size, "unix:%.*s", (int)length, path);
    } else {
        snprintf(text, size, "family %d", async_address_family(address));
    }
    return text;
}

int async_address_port(const async_address *address)
{
    if (async_is_ip_(address, AF_INET))
        return ntohs(async_address_in_(address).sin_port);
    if (async_is_ip_(address, AF_INET6))
        return ntohs(async_address_in6_(address).sin6_port);
    return -1;
}

async_status async_address_set_port(async_address *address, int port)
{
    if (port < 0 || port > 65535)
        return ASYNC_INVALID_ARGUMENT;
    if (async_is_ip_(address, AF_INET)) {
        struct sockaddr_in in = async_address_in_(address);
        in.sin_port = htons((uint16_t)port);
        ASYNC_MEMCPY_(address->storage.bytes, &in, sizeof in);
    } else if (async_is_ip_(address, AF_INET6)) {
        struct sockaddr_in6 in6 = async_address_in6_(address);
        in6.sin6_port = htons((uint16_t)port);
        ASYNC_MEMCPY_(address->storage.bytes, &in6, sizeof in6);
    } else {
        return ASYNC_INVALID_ARGUMENT;
    }
    return ASYNC_OK;
}

bool async_address_equal(const async_address *a, const async_address *b)
{
    if (async_is_ip_(a, AF_INET) && async_is_ip_(b, AF_INET)) {
        struct sockaddr_in x = async_address_in_(a), y = async_address_in_(b);
        return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
    }
    if (async_is_ip_(a, AF_INET6) && async_is_ip_(b, AF_INET6)) {
        struct sockaddr_in6 x = async_address_in6_(a), y = async_address_in6_(b);
        return x.sin6_port == y.sin6_port && x.sin6_scope_id == y.sin6_scope_id &&
            memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
    }
    if (async_address_family(a) == AF_UNIX && async_address_family(b) == AF_UNIX) {
        char x[ASYNC_ADDRESS_TEXT], y[ASYNC_ADDRESS_TEXT];
        return strcmp(async_address_format(a, x, sizeof x), async_address_format(b, y, sizeof y)) == 0;
    }
    return a->length == b->length && memcmp(a->storage.bytes, b->storage.bytes, a->length) == 0;
}

/* What the system wrote into an address: it tells the whole length even when it had to cut. */
static void async_address_written_(async_address *address, socklen_t length)
{
    address->length = length < sizeof address->storage.bytes ? length : sizeof address->storage.bytes;
}

static async_status async_address_of_(int fd, async_address *address,
    int (*get)(int, struct sockaddr *, socklen_t *))
{
    socklen_t length = sizeof address->storage.bytes;
    ASYNC_MEMSET_(address, 0, sizeof *address);
    if (get(fd, (struct sockaddr *)(void *)address->storage.bytes, &length) != 0)
        return -errno;
    async_address_written_(address, length);
    return ASYNC_OK;
}

/* not passed by name: where they are macros or have transparent unions for parameters, no pointer fits */
static int async_getsockname_(int fd, struct sockaddr *address, socklen_t *length)
{
    return getsockname(fd, address, length);
}

static int async_getpeername_(int fd, struct sockaddr *address, socklen_t *length)
{
    return getpeername(fd, address, length);
}

async_status async_socket_name(int fd, async_address *address)
{
    return async_address_of_(fd, address, async_getsockname_);
}

async_status async_socket_peer(int fd, async_address *address)
{
    return async_address_of_(fd, address, async_getpeername_);
}

ASYNC_EXTERN_C_END_

#endif
#endif
