/* extra.h: what only some tasks have, kept beside them by their loop: a name, a context. */
#ifndef ASYNCIO_EXTRA_H
#define ASYNCIO_EXTRA_H

#include "future.h"

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_NO_HEAP
#ifndef ASYNCIO_EXTRA_IMPLEMENTATION_
#define ASYNCIO_EXTRA_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

struct async_bindings_;

struct async_extra_ {
    struct async_extra_ *next; /* with the same place in the table */
    const async_task *task;
    char *name;
    struct async_context_place_ context;
};

static struct async_extra_ **async_extra_place_(async_loop *loop, const async_task *task)
{
    return &loop->extras[((uintptr_t)(const void *)task / 16 * 2654435761u) & (loop->extra_places - 1)];
}

static struct async_extra_ *async_extra_in_(async_loop *loop, const async_task *task)
{
    struct async_extra_ *extra;
    if (loop->extras == NULL)
        return NULL;
    extra = *async_extra_place_(loop, task);
    while (extra != NULL && extra->task != task)
        extra = extra->next;
    return extra;
}

/* Of a task that has the flag: it may be another loop of this thread that keeps it. */
static struct async_extra_ *async_extra_of_(const async_task *task)
{
    async_loop *loop;
    for (loop = async_loops_; loop != NULL; loop = loop->next_loop) {
        struct async_extra_ *extra = async_extra_in_(loop, task);
        if (extra != NULL)
            return extra;
    }
    return NULL;
}

/* Without memory for a longer table the lists in it become longer. */
static void async_extra_spread_(async_loop *loop)
{
    struct async_extra_ **before = loop->extras, **longer;
    uint32_t i, places = loop->extra_places;
    longer = (struct async_extra_ **)ASYNCIO_MALLOC(2 * places * sizeof(struct async_extra_ *));
    if (longer == NULL)
        return;
    ASYNC_MEMSET_(longer, 0, 2 * places * sizeof(struct async_extra_ *));
    loop->extras = longer;
    loop->extra_places = 2 * places;
    for (i = 0; i < places; i++) {
        struct async_extra_ *extra = before[i];
        while (extra != NULL) {
            struct async_extra_ *next = extra->next, **at = async_extra_place_(loop, extra->task);
            extra->next = *at;
            *at = extra;
            extra = next;
        }
    }
    ASYNCIO_FREE(before);
}

/* NULL without memory. The caller sets the task's flag. */
static struct async_extra_ *async_extra_make_(async_loop *loop, const async_task *task)
{
    struct async_extra_ *extra, **at;
    if (loop->extras == NULL) {
        loop->extras = (struct async_extra_ **)ASYNCIO_MALLOC(16 * sizeof(struct async_extra_ *));
        if (loop->extras == NULL)
            return NULL;
        ASYNC_MEMSET_(loop->extras, 0, 16 * sizeof(struct async_extra_ *));
        loop->extra_places = 16;
    }
    extra = (struct async_extra_ *)ASYNCIO_MALLOC(sizeof *extra);
    if (extra == NULL)
        return NULL;
    if (++loop->extra_count > loop->extra_places)
        async_extra_spread_(loop);
    at = async_extra_place_(loop, task);
    extra->next = *at;
    extra->task = task;
    extra->name = NULL;
    extra->context.bindings = NULL;
    extra->context.number = 0;
    *at = extra;
    return extra;
}

static void async_extra_free_(struct async_extra_ *extra)
{
    if (extra->name != NULL)
        ASYNCIO_FREE(extra->name);
    if (extra->context.bindings != NULL)
        async_context_hooks_->release(extra->context.bindings);
    ASYNCIO_FREE(extra);
}

/* The task is gone. */
static void async_extra_drop_(const async_task *task)
{
    async_loop *loop;
    for (loop = async_loops_; loop != NULL; loop = loop->next_loop)
        if (async_extra_in_(loop, task) != NULL) {
            struct async_extra_ **at = async_extra_place_(loop, task), *extra;
            while ((*at)->task != task)
                at = &(*at)->next;
            extra = *at;
            *at = extra->next;
            loop->extra_count--;
            async_extra_free_(extra);
            return;
        }
}

static void async_extra_close_(async_loop *loop)
{
    uint32_t i;
    for (i = 0; loop->extras != NULL && i < loop->extra_places; i++)
        while (loop->extras[i] != NULL) {
            struct async_extra_ *extra = loop->extras[i];
            loop->extras[i] = extra->next;
            async_extra_free_(extra);
        }
    if (loop->extras != NULL)
        ASYNCIO_FREE(loop->extras);
    loop->extras = NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
