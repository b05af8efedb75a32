/* list.h: the intrusive lists everything waits in.
 *
 * An entry is the address of a link with, in its two lowest bits, the kind of thing the link is part of: so a ready
 * task costs one word. Where pointers may be odd (AVR) the kind is a byte beside the link. */
#ifndef ASYNCIO_LIST_H
#define ASYNCIO_LIST_H

#include "time.h"

ASYNC_EXTERN_C_BEGIN_

#if defined(__AVR__)
#define ASYNC_TAGGED_ 0
#else
#define ASYNC_TAGGED_ 1
#endif

typedef uintptr_t async_entry_;

enum { ASYNC_KIND_HANDLE_ = 0, ASYNC_KIND_TASK_ = 1, ASYNC_KIND_SLEEP_ = 2 };

#if ASYNCIO_NO_HEAP
typedef struct async_link {
    async_entry_ next;
#if !ASYNC_TAGGED_
    uint8_t kind;
#endif
} async_link;
#else
/* what waits in the timer heap stands in no list: the link holds its place there */
typedef union async_link {
    async_entry_ next;
    struct async_place_ {
        uint32_t position, sequence;
    } place;
} async_link;
#endif

#if ASYNC_TAGGED_
static inline async_entry_ async_entry_of_(async_link *link, unsigned kind) { return (async_entry_)(void *)link | kind; }
static inline async_link *async_entry_link_(async_entry_ entry) { return (async_link *)(void *)(entry & ~(async_entry_)3); }
static inline unsigned async_entry_kind_(async_entry_ entry) { return (unsigned)entry & 3u; }
#else
static inline async_entry_ async_entry_of_(async_link *link, unsigned kind)
{
    link->kind = (uint8_t)kind;
    return (async_entry_)(void *)link;
}
static inline async_link *async_entry_link_(async_entry_ entry) { return (async_link *)(void *)entry; }
static inline unsigned async_entry_kind_(async_entry_ entry) { return async_entry_link_(entry)->kind; }
#endif

typedef struct async_handle async_handle;

#if ASYNCIO_DEBUG
/* Where something was asked for. */
typedef struct async_site {
    const char *name, *file; /* of the callback; NULL: not known */
    int line;
} async_site;
#endif

/* async_handle: a callback that waits to be called (asyncio's Handle). It belongs to the caller and must stay where it
 * is until it has run or was cancelled. All zeros: not scheduled. */
struct async_handle {
    async_link link;        /* in the ready list or in a future's callback list */
#if ASYNCIO_NO_HEAP
    async_time when;        /* a timer's deadline, behind the link, as a sleep has it */
#endif
    async_entry_ prev;      /* 0: in no list */
    void (*callback)(async_handle *handle);
    void *data;             /* the callback's */
#if ASYNCIO_DEBUG
    async_site site;
#endif
};

/* The ready list: singly linked from head to tail. On hosts a handle also knows its predecessor, so that it can be taken
 * out at once; on boards, whose lists are short, it is looked for, and all zeros is an empty list. */
typedef struct async_fifo_ {
    async_link head; /* head.next: the first entry */
    async_link *tail; /* the last one; hosts: the head when there is none */
} async_fifo_;

static inline async_handle *async_link_handle_(async_link *link) { return (async_handle *)(void *)link; }

static inline async_link *async_fifo_last_(async_fifo_ *fifo)
{
#if ASYNCIO_NO_HEAP
    if (fifo->head.next == 0)
        return &fifo->head;
#endif
    return fifo->tail;
}

static inline void async_fifo_clear_(async_fifo_ *fifo)
{
    fifo->head.next = 0;
#if !ASYNCIO_NO_HEAP
    fifo->tail = &fifo->head;
#endif
}

static inline void async_fifo_push_(async_fifo_ *fifo, async_link *link, unsigned kind)
{
    async_link *last = async_fifo_last_(fifo);
    last->next = async_entry_of_(link, kind);
    link->next = 0;
    fifo->tail = link;
}

/* async_line_: a doubly linked line of waiting leaves; all zeros is an empty one. */
typedef struct async_node_ async_node_;
struct async_node_ {
    async_node_ *next, *prev;
};
typedef struct async_line_ {
    async_node_ *first, *last;
} async_line_;

static inline void async_line_append_(async_line_ *line, async_node_ *node)
{
    node->next = NULL;
    node->prev = line->last;
    if (line->last != NULL)
        line->last->next = node;
    else
        line->first = node;
    line->last = node;
}

static inline void async_line_remove_(async_line_ *line, async_node_ *node)
{
    if (node->prev != NULL)
        node->prev->next = node->next;
    else
        line->first = node->next;
    if (node->next != NULL)
        node->next->prev = node->prev;
    else
        line->last = node->prev;
    node->next = node->prev = NULL;
}

void async_fifo_push_handle_(async_fifo_ *fifo, async_handle *handle);
void async_fifo_remove_(async_fifo_ *fifo, async_link *pass, async_handle *handle);
void async_fifo_splice_(async_fifo_ *fifo, async_entry_ *list);
void async_ring_append_(async_entry_ *list, async_link *link, unsigned kind);
void async_ring_remove_(async_entry_ *list, async_handle *handle);
bool async_ring_remove_link_(async_entry_ *list, async_link *link);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_LIST_IMPLEMENTATION_
#define ASYNCIO_LIST_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_NO_HEAP
#define async_set_prev_(entry, prev) ((void)(entry))
#else
static void async_set_prev_(async_entry_ entry, async_entry_ prev)
{
    if (entry != 0 && async_entry_kind_(entry) == ASYNC_KIND_HANDLE_)
        async_link_handle_(async_entry_link_(entry))->prev = prev;
}
#endif

void async_fifo_push_handle_(async_fifo_ *fifo, async_handle *handle)
{
    handle->prev = (async_entry_)(void *)async_fifo_last_(fifo);
    async_fifo_push_(fifo, &handle->link, ASYNC_KIND_HANDLE_);
}

/* Takes a handle out of the ready list, or out of the part of it that is being run, which begins at `pass`. */
void async_fifo_remove_(async_fifo_ *fifo, async_link *pass, async_handle *handle)
{
#if ASYNCIO_NO_HEAP
    async_link *before = pass;
    while (before->next != 0 && async_entry_link_(before->next) != &handle->link)
        before = async_entry_link_(before->next);
    if (before->next == 0)
        for (before = &fifo->head; async_entry_link_(before->next) != &handle->link;)
            before = async_entry_link_(before->next);
#else
    /* what was before the first of the pass has left */
    async_link *before = async_entry_link_(pass->next) == &handle->link ? pass : async_entry_link_(handle->prev);
#endif
    before->next = handle->link.next;
    async_set_prev_(before->next, handle->prev);
    if (fifo->tail == &handle->link)
        fifo->tail = before;
    handle->prev = 0;
}

/* A future's callbacks: a ring, the list being the entry of its last member; 0 is an empty one. */
void async_ring_append_(async_entry_ *list, async_link *link, unsigned kind)
{
    async_entry_ entry = async_entry_of_(link, kind), tail = *list;
    if (tail == 0) {
        link->next = entry;
        tail = entry;
    } else {
        async_link *last = async_entry_link_(tail);
        link->next = last->next;
        last->next = entry;
        async_set_prev_(link->next, entry);
    }
#if ASYNCIO_NO_HEAP
    if (kind == ASYNC_KIND_HANDLE_)
        async_link_handle_(link)->prev = tail; /* it is in a list */
#else
    async_set_prev_(entry, tail);
#endif
    *list = entry;
}

/* Takes out a member that does not know its predecessor: a walk. False: it is not in this list. */
bool async_ring_remove_link_(async_entry_ *list, async_link *link)
{
    async_entry_ before = *list;
    if (before == 0)
        return false;
    for (;;) {
        async_link *b = async_entry_link_(before);
        async_entry_ entry = b->next;
        if (async_entry_link_(entry) == link) {
            if (b == link) {
                *list = 0;
                return true;
            }
            b->next = link->next;
            async_set_prev_(b->next, before);
            if (*list == entry)
                *list = before;
            return true;
        }
        if (entry == *list)
            return false;
        before = entry;
    }
}

void async_ring_remove_(async_entry_ *list, async_handle *handle)
{
#if ASYNCIO_NO_HEAP
    async_ring_remove_link_(list, &handle->link);
#else
    async_link *before = async_entry_link_(handle->prev);
    if (before == &handle->link) {
        *list = 0;
    } else {
        before->next = handle->link.next;
        async_set_prev_(before->next, handle->prev);
        if (async_entry_link_(*list) == &handle->link)
            *list = handle->prev;
    }
#endif
    handle->prev = 0;
}

/* The whole ring goes behind the ready list at once, in its order. */
void async_fifo_splice_(async_fifo_ *fifo, async_entry_ *list)
{
    async_entry_ tail = *list;
    async_link *last, *before;
    if (tail == 0)
        return;
    *list = 0;
    last = async_entry_link_(tail);
    before = async_fifo_last_(fifo);
    before->next = last->next;
    async_set_prev_(before->next, (async_entry_)(void *)before);
    last->next = 0;
    fifo->tail = last;
}

ASYNC_EXTERN_C_END_

#endif
#endif
