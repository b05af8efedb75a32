/* timers.h: what is to happen at a moment, in order; equal moments in order of starting.
 *
 * Hosts: a 4-ary heap with the deadline in the heap's entries. Boards: a sorted list through the timers themselves,
 * which allocates nothing. */
#ifndef ASYNCIO_TIMERS_H
#define ASYNCIO_TIMERS_H

#include "list.h"
#include "port/tick.h"

ASYNC_EXTERN_C_BEGIN_

/* async_timer_handle: a callback with a deadline (asyncio's TimerHandle). It belongs to the caller and must stay where
 * it is until it has run or was cancelled. All zeros: not scheduled. */
typedef struct async_timer_handle {
    async_handle handle;
#if !ASYNCIO_NO_HEAP
    async_time when;         /* on the loop's clock */
    struct async_loop *loop; /* whose timers it is among, or NULL */
#endif
} async_timer_handle;

#if ASYNCIO_NO_HEAP
typedef struct async_timers_ {
    async_entry_ first;
} async_timers_;
#else
typedef struct async_timer_entry_ {
    async_time when;
    async_entry_ entry;
} async_timer_entry_;
typedef struct async_timers_ {
    async_timer_entry_ *heap;
    uint32_t count, capacity, sequence;
} async_timers_;
#endif

/* add: false without memory. remove: false if it is not there (boards only). */
#if ASYNCIO_NO_HEAP
void async_timers_insert_(async_timers_ *timers, async_link *link, unsigned kind, async_time when);
static inline bool async_timers_add_(async_timers_ *timers, async_link *link, unsigned kind, async_time when)
{
    async_timers_insert_(timers, link, kind, when);
    return true;
}
#else
bool async_timers_add_(async_timers_ *timers, async_link *link, unsigned kind, async_time when);
#endif
bool async_timers_remove_(async_timers_ *timers, async_link *link);
async_entry_ async_timers_pop_(async_timers_ *timers);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_TIMERS_IMPLEMENTATION_
#define ASYNCIO_TIMERS_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#if ASYNCIO_NO_HEAP

/* Sleeps and handles alike have their deadline directly behind the link. */
struct async_board_timer_ {
    async_link link;
    async_time when;
};

static struct async_board_timer_ *async_board_timer_of_(async_entry_ entry)
{
    return (struct async_board_timer_ *)(void *)async_entry_link_(entry);
}

void async_timers_insert_(async_timers_ *timers, async_link *link, unsigned kind, async_time when)
{
    async_entry_ entry = async_entry_of_(link, kind), *at = &timers->first;
    uint32_t now = (uint32_t)async_port_now();
    ((struct async_board_timer_ *)(void *)link)->when = when;
    /* as seen from now: the longest delay and what is overdue are more than half a round of the clock apart */
    while (*at != 0 && (async_time)((uint32_t)when - now) >= (async_time)((uint32_t)async_board_timer_of_(*at)->when - now))
        at = &async_entry_link_(*at)->next;
    link->next = *at;
    *at = entry;
}

bool async_timers_remove_(async_timers_ *timers, async_link *link)
{
    async_entry_ *at;
    for (at = &timers->first; *at != 0; at = &async_entry_link_(*at)->next)
        if (async_entry_link_(*at) == link) {
            *at = link->next;
            return true;
        }
    return false;
}

/* The first deadline, or one that lies ahead. */
static async_time async_timers_due_(const async_timers_ *timers, async_time now)
{
    return timers->first == 0 ? ASYNC_LATER_(now, ASYNC_FOREVER) : async_board_timer_of_(timers->first)->when;
}

async_entry_ async_timers_pop_(async_timers_ *timers)
{
    async_entry_ entry = timers->first;
    timers->first = async_entry_link_(entry)->next;
    return entry;
}

#else

static bool async_timer_before_(const async_timer_entry_ *a, const async_timer_entry_ *b)
{
    if (a->when != b->when)
        return a->when < b->when;
    return (int32_t)(async_entry_link_(a->entry)->place.sequence - async_entry_link_(b->entry)->place.sequence) < 0;
}

static void async_timer_put_(async_timers_ *timers, uint32_t position, async_timer_entry_ entry)
{
    timers->heap[position] = entry;
    async_entry_link_(entry.entry)->place.position = position;
}

static void async_timer_up_(async_timers_ *timers, uint32_t position, async_timer_entry_ entry)
{
    while (position > 0) {
        uint32_t parent = (position - 1) / 4;
        if (!async_timer_before_(&entry, &timers->heap[parent]))
            break;
        async_timer_put_(timers, position, timers->heap[parent]);
        position = parent;
    }
    async_timer_put_(timers, position, entry);
}

static void async_timer_down_(async_timers_ *timers, uint32_t position, async_timer_entry_ entry)
{
    for (;;) {
        uint64_t first = (uint64_t)position * 4 + 1;
        uint32_t child, least, last;
        if (first >= timers->count)
            break;
        least = (uint32_t)first;
        last = timers->count - least > 4 ? least + 4 : timers->count;
        for (child = least + 1; child < last; child++)
            if (async_timer_before_(&timers->heap[child], &timers->heap[least]))
                least = child;
        if (!async_timer_before_(&timers->heap[least], &entry))
            break;
        async_timer_put_(timers, position, timers->heap[least]);
        position = least;
    }
    async_timer_put_(timers, position, entry);
}

/* False: no memory. */
bool async_timers_add_(async_timers_ *timers, async_link *link, unsigned kind, async_time when)
{
    async_timer_entry_ entry;
    if (timers->count == timers->capacity) {
        uint32_t capacity = timers->capacity == 0 ? 16 : timers->capacity * 2;
        async_timer_entry_ *heap;
        if (capacity < timers->capacity)
            return false;
        heap = (async_timer_entry_ *)ASYNCIO_MALLOC((size_t)capacity * sizeof *heap);
        if (heap == NULL)
            return false;
        if (timers->count != 0)
            ASYNC_MEMCPY_(heap, timers->heap, (size_t)timers->count * sizeof *heap);
        if (timers->heap != NULL)
            ASYNCIO_FREE(timers->heap);
        timers->heap = heap;
        timers->capacity = capacity;
    }
    entry.when = when;
    entry.entry = async_entry_of_(link, kind);
    link->place.sequence = timers->sequence++;
    async_timer_up_(timers, timers->count++, entry);
    return true;
}

bool async_timers_remove_(async_timers_ *timers, async_link *link)
{
    uint32_t position = link->place.position;
    async_timer_entry_ last = timers->heap[--timers->count];
    if (position == timers->count)
        return true;
    if (position > 0 && async_timer_before_(&last, &timers->heap[(position - 1) / 4]))
        async_timer_up_(timers, position, last);
    else
        async_timer_down_(timers, position, last);
    return true;
}

/* The first deadline, or one that lies ahead. */
static async_time async_timers_due_(const async_timers_ *timers, async_time now)
{
    return timers->count == 0 ? ASYNC_LATER_(now, ASYNC_FOREVER) : timers->heap[0].when;
}

async_entry_ async_timers_pop_(async_timers_ *timers)
{
    async_entry_ entry = timers->heap[0].entry;
    async_timers_remove_(timers, async_entry_link_(entry));
    return entry;
}

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
