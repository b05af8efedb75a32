/* Before asyncio.h: names that a test makes up, in place of the system's.
 *
 *     #define ASYNCIO_IMPLEMENTATION
 *     #include "names.h"
 *     #include "asyncio.h"
 *     #include "names.h"     again: the lookups themselves
 *
 *     fake_name("two.test", "::1 127.0.0.1");     from here on that host has these addresses, in this order
 *     fake_fails("gone.test", EAI_AGAIN);
 *     fake_block(); ... fake_unblock();           lookups that need a thread stay in it meanwhile
 *
 * All other names are unknown. What a lookup gives is counted, so that a test can say that it was given back. */
#ifndef ASYNCIO_TEST_NAMES_H
#define ASYNCIO_TEST_NAMES_H

#define getaddrinfo fake_getaddrinfo
#define freeaddrinfo fake_freeaddrinfo
#define getnameinfo fake_getnameinfo

#elif !defined(ASYNCIO_TEST_NAMES_DEFINED)
#define ASYNCIO_TEST_NAMES_DEFINED

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
    char name[64], addresses[256];
    int error;
} fake_names[16];
static size_t fake_count;
static int fake_lists; /* that were not given back */
static int fake_waiting; /* lookups that are blocked */
static bool fake_blocked;
static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fake_change = PTHREAD_COND_INITIALIZER;

static inline void fake_add(const char *name, const char *addresses, int error)
{
    strcpy(fake_names[fake_count].name, name);
    strcpy(fake_names[fake_count].addresses, addresses);
    fake_names[fake_count++].error = error;
}
static inline void fake_name(const char *name, const char *addresses) { fake_add(name, addresses, 0); }
static inline void fake_fails(const char *name, int error) { fake_add(name, "", error); }

static inline void fake_block(void) { fake_blocked = true; }
static inline void fake_unblock(void)
{
    pthread_mutex_lock(&fake_lock);
    fake_blocked = false;
    pthread_cond_broadcast(&fake_change);
    pthread_mutex_unlock(&fake_lock);
}

static inline void fake_wait(void)
{
    pthread_mutex_lock(&fake_lock);
    fake_waiting++;
    pthread_cond_broadcast(&fake_change);
    while (fake_blocked)
        pthread_cond_wait(&fake_change, &fake_lock);
    fake_waiting--;
    pthread_mutex_unlock(&fake_lock);
}

/* Until a lookup is blocked in its thread. */
static inline void fake_await_blocked(void)
{
    pthread_mutex_lock(&fake_lock);
    while (fake_waiting == 0)
        pthread_cond_wait(&fake_change, &fake_lock);
    pthread_mutex_unlock(&fake_lock);
}

struct fake_node {
    struct addrinfo info;
    async_address address;
};

/* One more at the end of a list. */
static inline bool fake_append(struct addrinfo **list, const char *host, int port, const struct addrinfo *hints)
{
    struct fake_node *node = (struct fake_node *)calloc(1, sizeof *node);
    if (node == NULL)
        abort();
    if (async_address_set_ip(&node->address, host, port) < 0) {
        free(node);
        return false;
    }
    node->info.ai_family = async_address_family(&node->address);
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != node->info.ai_family) {
        free(node);
        return true;
    }
    node->info.ai_socktype = hints->ai_socktype;
    node->info.ai_addr = (struct sockaddr *)(void *)node->address.storage.bytes;
    node->info.ai_addrlen = (socklen_t)node->address.length;
    while (*list != NULL)
        list = &(*list)->ai_next;
    *list = &node->info;
    return true;
}

void fake_freeaddrinfo(struct addrinfo *list)
{
    pthread_mutex_lock(&fake_lock);
    fake_lists--;
    pthread_mutex_unlock(&fake_lock);
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

int fake_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int port = strcmp(service, "http") == 0 ? 80 : atoi(service), error = EAI_NONAME;
    size_t i;
    *found = NULL;
    if (!(hints->ai_flags & AI_NUMERICSERV) || (host != NULL && !(hints->ai_flags & AI_NUMERICHOST)))
        fake_wait();
    if (host == NULL) {
        fake_append(found, hints->ai_flags & AI_PASSIVE ? "0.0.0.0" : "127.0.0.1", port, hints);
        fake_append(found, hints->ai_flags & AI_PASSIVE ? "::" : "::1", port, hints);
    } else {
        fake_append(found, host, port, hints);
    }
    for (i = 0; host != NULL && i < fake_count; i++)
        if (strcmp(fake_names[i].name, host) == 0) {
            char all[256], *each;
            strcpy(all, fake_names[i].addresses);
            error = fake_names[i].error;
            for (each = strtok(all, " "); each != NULL; each = strtok(NULL, " "))
                fake_append(found, each, port, hints);
        }
    if (*found == NULL)
        return error;
    pthread_mutex_lock(&fake_lock);
    fake_lists++;
    pthread_mutex_unlock(&fake_lock);
    return 0;
}

int fake_getnameinfo(const struct sockaddr *sockaddr, socklen_t length, char *host, socklen_t host_size, char *service,
    socklen_t service_size, int flags)
{
    async_address address;
    char text[ASYNC_ADDRESS_TEXT];
    async_address_set(&address, sockaddr, length);
    if (!(flags & NI_NUMERICHOST))
        fake_wait();
    if (async_address_family(&address) == AF_UNIX)
        return EAI_FAMILY;
    if (host != NULL && host_size > 0) {
        const char *name = flags & NI_NUMERICHOST ? async_address_format(&address, text, sizeof text) : "name.test";
        if (strlen(name) >= host_size)
            return EAI_OVERFLOW;
        strcpy(host, name);
    }
    if (service != NULL && service_size > 0) {
        const char *name = flags & NI_NUMERICSERV ? "80" : "http";
        if (strlen(name) >= service_size)
            return EAI_OVERFLOW;
        strcpy(service, name);
    }
    return 0;
}

#endif
