/* For example 37: a hash table of strings, in memory from malloc. An entry that expires has a timer in it. */
#ifndef TABLE_H
#define TABLE_H

#include "asyncio.h"
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    async_time expires; /* 0: never */
    async_timer_handle timer;
    uint64_t hash;
    char *value;
    size_t size, key_size;
    char key[];
};

static struct entry **buckets;
static size_t bucket_count, entry_count; /* the first is a power of two */

static async_time now(void) { return async_loop_time(async_get_running_loop()); }

static void drop(struct entry *entry)
{
    struct entry **link = &buckets[entry->hash & (bucket_count - 1)];
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    entry_count--;
    async_timer_handle_cancel(&entry->timer);
    free(entry->value);
    free(entry);
}

static void on_expired(async_handle *handle) { drop(handle->data); }

static void set_expiry(struct entry *entry, async_time when)
{
    async_timer_handle_cancel(&entry->timer);
    entry->expires = when;
    if (when != 0) /* without memory for a timer it goes when it is next looked up */
        async_call_at(when, &entry->timer, on_expired, entry);
}

static uint64_t hash_of(async_bytes key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a; who serves strangers takes a keyed one */
    size_t i;
    for (i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

static struct entry *lookup(async_bytes key)
{
    uint64_t hash = hash_of(key);
    struct entry *entry = bucket_count > 0 ? buckets[hash & (bucket_count - 1)] : NULL;
    while (entry != NULL &&
            (entry->hash != hash || entry->key_size != key.size || memcmp(entry->key, key.data, key.size) != 0))
        entry = entry->next;
    if (entry == NULL || entry->expires == 0 || entry->expires > now())
        return entry;
    drop(entry); /* its timer is about to */
    return NULL;
}

static void grow(void)
{
    size_t i, larger_count = bucket_count > 0 ? 2 * bucket_count : 1024;
    struct entry *entry, **link, **larger = calloc(larger_count, sizeof *larger);
    if (larger == NULL)
        return; /* with longer chains, then */
    for (i = 0; i < bucket_count; i++) {
        while ((entry = buckets[i]) != NULL) {
            buckets[i] = entry->next;
            link = &larger[entry->hash & (larger_count - 1)];
            entry->next = *link;
            *link = entry;
        }
    }
    free(buckets);
    buckets = larger;
    bucket_count = larger_count;
}

/* The value of a key's entry, which is made when it is NULL. NULL without memory, and then nothing has changed. */
static struct entry *store(struct entry *entry, async_bytes key, async_bytes value)
{
    char *copy = malloc(value.size + 1);
    if (entry == NULL && entry_count == bucket_count)
        grow();
    if (copy != NULL && entry == NULL && bucket_count > 0 && (entry = calloc(1, sizeof *entry + key.size)) != NULL) {
        struct entry **link;
        entry->hash = hash_of(key);
        entry->key_size = key.size;
        memcpy(entry->key, key.data, key.size);
        link = &buckets[entry->hash & (bucket_count - 1)];
        entry->next = *link;
        *link = entry;
        entry_count++;
    }
    if (copy == NULL || entry == NULL)
        return free(copy), NULL;
    memcpy(copy, value.data, value.size);
    free(entry->value);
    entry->value = copy;
    entry->size = value.size;
    return entry;
}

/* Drops all there is. */
static void clear(void)
{
    size_t i;
    for (i = 0; i < bucket_count; i++)
        while (buckets[i] != NULL)
            drop(buckets[i]);
    free(buckets);
    buckets = NULL;
    bucket_count = 0;
}

#endif
