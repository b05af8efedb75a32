/* resolve.h: names to addresses and back, without blocking the loop: the system's lookup runs in a thread. Hosts only,
 * with ASYNCIO_NET.
 *
 * What is numeric is answered at once, without a thread. A lookup cannot be stopped: when its await is cancelled that
 * ends at once, and the thread throws away what it finds. */
#ifndef ASYNCIO_RESOLVE_H
#define ASYNCIO_RESOLVE_H

#include "address.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

struct addrinfo;

/* await_into(list, async_getaddrinfo, .host = "example.org", .port = 80, .type = SOCK_STREAM): the addresses of a host, a
 * list that the caller gives back with freeaddrinfo(). .service, a name or a number as text, instead of .port; .family,
 * .protocol and .flags as in the hints of getaddrinfo(). .host NULL: this machine, or all interfaces with AI_PASSIVE.
 * Texts are copied. ASYNC_NAME_NOT_FOUND, _TRY_AGAIN, _FAILED, NO_MEMORY, INVALID_ARGUMENT, -errno. Mirrors
 * loop.getaddrinfo(). */
struct async_getaddrinfo {
    async_frame frame;
    const char *host, *service;
    int port, family, type, protocol, flags;
    struct addrinfo *result;
    struct async_lookup_ *lookup;
};
ASYNC_DECLARE(async_getaddrinfo);

/* await(async_getnameinfo, .address = &a, .host = h, .host_size = sizeof h, .service = s, .service_size = sizeof s): the
 * names of an address and of its port, into buffers of the caller's; either may be left out. .flags as in getnameinfo():
 * NI_NUMERICHOST, ... Statuses as above; -ENAMETOOLONG when a buffer is too small. Mirrors loop.getnameinfo(). */
struct async_getnameinfo {
    async_frame frame;
    const async_address *address;
    char *host, *service;
    size_t host_size, service_size;
    int flags;
    struct async_lookup_ *lookup;
};
ASYNC_DECLARE(async_getnameinfo);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_RESOLVE_IMPLEMENTATION_
#define ASYNCIO_RESOLVE_IMPLEMENTATION_

#include <netdb.h>

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_HOST_SIZE_ = 1025, ASYNC_SERVICE_SIZE_ = 32 }; /* NI_MAXHOST, NI_MAXSERV */

/* What the thread works on. It reads and writes nothing else, so that whoever asked may be gone. */
struct async_lookup_ {
    struct addrinfo hints, *found;
    const char *host, *service;
    async_address address;
    char text[1]; /* what host and service point to */
};

static async_status async_lookup_status_(int error)
{
    switch (error) {
    case 0: return ASYNC_OK;
    case EAI_SYSTEM: return errno > 0 ? -errno : (int)ASYNC_NAME_FAILED;
    case EAI_MEMORY: return ASYNC_NO_MEMORY;
    case EAI_AGAIN: return ASYNC_NAME_TRY_AGAIN;
    case EAI_FAMILY: return -EAFNOSUPPORT;
    case EAI_SOCKTYPE: return -ESOCKTNOSUPPORT;
    case EAI_BADFLAGS: return ASYNC_INVALID_ARGUMENT;
    case EAI_OVERFLOW: return -ENAMETOOLONG;
    case EAI_NONAME:
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
    case EAI_NODATA:
#endif
    case EAI_SERVICE: return ASYNC_NAME_NOT_FOUND;
    default: return ASYNC_NAME_FAILED;
    }
}

/* A block with room for so much text; NULL without memory. */
static struct async_lookup_ *async_lookup_new_(size_t text)
{
    struct async_lookup_ *lookup = (struct async_lookup_ *)ASYNCIO_MALLOC(sizeof *lookup + text);
    if (lookup != NULL)
        ASYNC_MEMSET_(lookup, 0, sizeof *lookup);
    return lookup;
}

static void async_lookup_free_(void *data)
{
    struct async_lookup_ *lookup = (struct async_lookup_ *)data;
    if (lookup == NULL)
        return;
    if (lookup->found != NULL)
        freeaddrinfo(lookup->found);
    ASYNCIO_FREE(lookup);
}

/* The system's lookup, which may block. */
static async_status async_lookup_now_(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
    async_status status = async_lookup_status_(getaddrinfo(host, service, hints, found));
    return status == ASYNC_OK && *found == NULL ? (int)ASYNC_NAME_NOT_FOUND : status;
}

static int async_lookup_addresses_(void *data)
{
    struct async_lookup_ *lookup = (struct async_lookup_ *)data;
    return async_lookup_now_(lookup->host, lookup->service, &lookup->hints, &lookup->found);
}

static bool async_is_numeric_(const char *host)
{
    async_address address;
    return host == NULL || async_address_set_ip(&address, host, 0) == ASYNC_OK;
}

/* OK, also when it takes a thread: then there is a lookup, and no result yet. */
static async_status async_getaddrinfo_begin_(struct async_getaddrinfo *self)
{
    char port[8];
    const char *service = self->service != NULL ? self->service : port;
    size_t host_size = self->host == NULL ? 0 : strlen(self->host) + 1, service_size;
    struct addrinfo hints;
    bool numeric = async_is_numeric_(self->host);
    if (self->port < 0 || self->port > 65535)
        return ASYNC_INVALID_ARGUMENT;
    if (host_size > ASYNC_HOST_SIZE_)
        return ASYNC_NAME_NOT_FOUND;
    snprintf(port, sizeof port, "%d", self->port);
    service_size = strlen(service) + 1;
    ASYNC_MEMSET_(&hints, 0, sizeof hints);
    hints.ai_family = self->family;
    hints.ai_socktype = self->type;
    hints.ai_protocol = self->protocol;
    hints.ai_flags = self->flags;
    if (async_digits_(service, service + service_size - 1, 65535) >= 0)
        hints.ai_flags |= AI_NUMERICSERV;
    else
        numeric = false;
    if (numeric) {
        if (self->host != NULL)
            hints.ai_flags |= AI_NUMERICHOST;
        return async_lookup_now_(self->host, service, &hints, &self->result);
    }
    self->lookup = async_lookup_new_(host_size + service_size);
    if (self->lookup == NULL)
        return ASYNC_NO_MEMORY;
    self->lookup->hints = hints;
    if (host_size > 0)
        self->lookup->host = (const char *)memcpy(self->lookup->text, self->host, host_size);
    self->lookup->service = (const char *)memcpy(self->lookup->text + host_size, service, service_size);
    return ASYNC_OK;
}

ASYNC_DEFINE(async_getaddrinfo)
{
    int status;
    ASYNC_BEGIN;
    status = async_getaddrinfo_begin_(self);
    if (status < 0)
        ASYNC_RAISE(status);
    if (self->lookup != NULL) {
        AWAIT(async_to_thread, .function = async_lookup_addresses_, .data = self->lookup,
            .abandon = async_lookup_free_);
        self->result = self->lookup->found;
        self->lookup->found = NULL;
    }
    ASYNC_FINALLY;
    if (ASYNC_ERROR != ASYNC_CANCELLED) /* otherwise it has been left to the thread */
        async_lookup_free_(self->lookup);
    ASYNC_END;
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

static async_status async_lookup_name_(const async_address *address, char *host, size_t host_size, char *service,
    size_t service_size, int flags)
{
    return async_lookup_status_(getnameinfo(async_address_sockaddr(address), (socklen_t)address->length, host,
        (socklen_t)host_size, service, (socklen_t)service_size, flags));
}

/* A lookup has room for both names. */
static int async_lookup_names_(void *data)
{
    struct async_lookup_ *lookup = (struct async_lookup_ *)data;
    return async_lookup_name_(&lookup->address, lookup->text, ASYNC_HOST_SIZE_, lookup->text + ASYNC_HOST_SIZE_,
        ASYNC_SERVICE_SIZE_, lookup->hints.ai_flags);
}

static async_status async_copy_text_(char *to, size_t size, const char *text)
{
    size_t length = strlen(text) + 1;
    if (to == NULL || size == 0)
        return ASYNC_OK;
    if (length > size)
        return -ENAMETOOLONG;
    ASYNC_MEMCPY_(to, text, length);
    return ASYNC_OK;
}

ASYNC_DEFINE(async_getnameinfo)
{
    int status;
    bool numeric = (self->host == NULL || (self->flags & NI_NUMERICHOST)) &&
        (self->service == NULL || (self->flags & NI_NUMERICSERV));
    ASYNC_BEGIN;
    if (numeric) {
        status = async_lookup_name_(self->address, self->host, self->host_size, self->service, self->service_size,
            self->flags);
        if (status < 0)
            ASYNC_RAISE(status);
        ASYNC_RETURN();
    }
    self->lookup = async_lookup_new_(ASYNC_HOST_SIZE_ + ASYNC_SERVICE_SIZE_);
    if (self->lookup == NULL)
        ASYNC_RAISE(ASYNC_NO_MEMORY);
    self->lookup->address = *self->address;
    self->lookup->hints.ai_flags = self->flags;
    AWAIT(async_to_thread, .function = async_lookup_names_, .data = self->lookup, .abandon = async_lookup_free_);
    status = async_copy_text_(self->host, self->host_size, self->lookup->text);
    if (status == ASYNC_OK)
        status = async_copy_text_(self->service, self->service_size, self->lookup->text + ASYNC_HOST_SIZE_);
    if (status < 0)
        ASYNC_RAISE(status);
    ASYNC_FINALLY;
    if (ASYNC_ERROR != ASYNC_CANCELLED)
        async_lookup_free_(self->lookup);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
