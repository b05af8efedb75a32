/* queue.h: items of one size, copied by value: first in first out, last in first out, or the least first (asyncio.Queue,
 * LifoQueue, PriorityQueue). Loop thread only. */
#ifndef ASYNCIO_QUEUE_H
#define ASYNCIO_QUEUE_H

#include "event.h"

ASYNC_EXTERN_C_BEGIN_

/* async_queue: belongs to its owner. */
typedef struct async_queue {
    unsigned char *items; /* a ring */
    size_t item_size, maxsize, capacity, head, count, unfinished;
    async_line_ getters, putters;
    async_event finished;
    int (*compare)(const void *a, const void *b); /* a priority queue's */
    bool owned, shut_down, lifo;
} async_queue;

#if !ASYNCIO_NO_HEAP
/* async_queue_init: a queue of at most maxsize items; 0: no bound. Its storage comes from the heap when it is needed. */
void async_queue_init(async_queue *queue, size_t item_size, size_t maxsize);
/* async_lifo_queue_init: the newest item is got first. async_priority_queue_init: the least, by compare(a, b) as qsort()
 * takes it; of equal ones any. All else as above. */
void async_lifo_queue_init(async_queue *queue, size_t item_size, size_t maxsize);
void async_priority_queue_init(async_queue *queue, size_t item_size, size_t maxsize,
    int (*compare)(const void *a, const void *b));
#endif
/* async_queue_init_with: a queue of maxsize items in the caller's storage, of maxsize * item_size bytes. */
void async_queue_init_with(async_queue *queue, size_t item_size, size_t maxsize, void *storage);
void async_lifo_queue_init_with(async_queue *queue, size_t item_size, size_t maxsize, void *storage);
void async_priority_queue_init_with(async_queue *queue, size_t item_size, size_t maxsize, void *storage,
    int (*compare)(const void *a, const void *b));
/* async_queue_deinit: drops the items; a panic if somebody waits. Nothing on all zeros. */
void async_queue_deinit(async_queue *queue);

/* await(async_queue_put, .queue = &q, .item = &x): waits while it is full, and copies *item in. Does not suspend when
 * there is room. QUEUE_SHUT_DOWN, NO_MEMORY. The item stays in place until then.
 * await(async_queue_get, .queue = &q, .item = &x): waits while it is empty, and copies the oldest to *item.
 * QUEUE_SHUT_DOWN. Mirror Queue.put(), Queue.get(). */
struct async_queue_put {
    async_leaf leaf;
    async_queue *queue;
    const void *item;
    async_node_ node;
};
ASYNC_DECLARE(async_queue_put, node);
struct async_queue_get {
    async_leaf leaf;
    async_queue *queue;
    void *item;
    async_node_ node;
};
ASYNC_DECLARE(async_queue_get, node);

/* async_queue_put_nowait: OK, QUEUE_FULL, QUEUE_SHUT_DOWN, NO_MEMORY. async_queue_get_nowait: OK, QUEUE_EMPTY,
 * QUEUE_SHUT_DOWN. */
async_status async_queue_put_nowait(async_queue *queue, const void *item);
async_status async_queue_get_nowait(async_queue *queue, void *item);

size_t async_queue_qsize(const async_queue *queue);
size_t async_queue_maxsize(const async_queue *queue);
bool async_queue_empty(const async_queue *queue);
bool async_queue_full(const async_queue *queue);

/* async_queue_task_done: an item that was got has been worked on; MISUSE when there were not so many.
 * await(async_queue_join, .queue = &q): waits until every item that was put has been worked on. */
async_status async_queue_task_done(async_queue *queue);
struct async_queue_join {
    struct async_event_wait wait;
    async_queue *queue;
};
ASYNC_DECLARE(async_queue_join);

/* async_queue_shutdown: nothing can be put any more; what is there can be got, then gets fail. immediate: what is there
 * is dropped. Mirrors Queue.shutdown(). */
void async_queue_shutdown(async_queue *queue, bool immediate);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_QUEUE_IMPLEMENTATION_
#define ASYNCIO_QUEUE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* Both kinds of waiter: a put's item is read, a get's written. */
struct async_queue_wait_ {
    async_leaf leaf;
    async_queue *queue;
    void *item;
    async_node_ node;
};

static void async_queue_setup_(async_queue *queue, size_t item_size, size_t maxsize)
{
    ASYNC_MEMSET_(queue, 0, sizeof *queue);
    queue->item_size = item_size;
    queue->maxsize = maxsize;
    queue->finished.set = true;
}

#if !ASYNCIO_NO_HEAP
void async_queue_init(async_queue *queue, size_t item_size, size_t maxsize)
{
    async_queue_setup_(queue, item_size, maxsize);
    queue->owned = true;
}

void async_lifo_queue_init(async_queue *queue, size_t item_size, size_t maxsize)
{
    async_queue_init(queue, item_size, maxsize);
    queue->lifo = true;
}

void async_priority_queue_init(async_queue *queue, size_t item_size, size_t maxsize,
    int (*compare)(const void *a, const void *b))
{
    async_queue_init(queue, item_size, maxsize);
    queue->compare = compare;
}
#endif

void async_queue_init_with(async_queue *queue, size_t item_size, size_t maxsize, void *storage)
{
    async_queue_setup_(queue, item_size, maxsize);
    queue->items = (unsigned char *)storage;
    queue->capacity = maxsize;
}

void async_lifo_queue_init_with(async_queue *queue, size_t item_size, size_t maxsize, void *storage)
{
    async_queue_init_with(queue, item_size, maxsize, storage);
    queue->lifo = true;
}

void async_priority_queue_init_with(async_queue *queue, size_t item_size, size_t maxsize, void *storage,
    int (*compare)(const void *a, const void *b))
{
    async_queue_init_with(queue, item_size, maxsize, storage);
    queue->compare = compare;
}

void async_queue_deinit(async_queue *queue)
{
    if (queue->getters.first != NULL || queue->putters.first != NULL || queue->finished.line.first != NULL)
        ASYNC_PANIC_("async_queue_deinit: somebody waits on it");
#if !ASYNCIO_NO_HEAP
    if (queue->owned && queue->items != NULL)
        ASYNCIO_FREE(queue->items);
#endif
    ASYNC_MEMSET_(queue, 0, sizeof *queue);
}

size_t async_queue_qsize(const async_queue *queue) { return queue->count; }
size_t async_queue_maxsize(const async_queue *queue) { return queue->maxsize; }
bool async_queue_empty(const async_queue *queue) { return queue->count == 0; }

bool async_queue_full(const async_queue *queue)
{
    if (queue->maxsize == 0)
        return !queue->owned && queue->capacity == 0; /* storage for no item at all */
    return queue->count >= queue->maxsize;
}

/* Room for one more: the ring doubles, its items in order. */
static bool async_queue_grow_(async_queue *queue)
{
#if ASYNCIO_NO_HEAP
    (void)queue;
    return false;
#else
    size_t capacity = queue->capacity == 0 ? 8 : queue->capacity * 2, first;
    unsigned char *items;
    if (queue->maxsize != 0 && capacity > queue->maxsize)
        capacity = queue->maxsize;
    if (!queue->owned || (queue->item_size != 0 && capacity > SIZE_MAX / queue->item_size))
        return false;
    items = (unsigned char *)ASYNCIO_MALLOC(queue->item_size == 0 ? 1 : capacity * queue->item_size);
    if (items == NULL)
        return false;
    if (queue->items != NULL) {
        first = queue->capacity - queue->head < queue->count ? queue->capacity - queue->head : queue->count;
        ASYNC_MEMCPY_(items, queue->items + queue->head * queue->item_size, first * queue->item_size);
        ASYNC_MEMCPY_(items + first * queue->item_size, queue->items, (queue->count - first) * queue->item_size);
        ASYNCIO_FREE(queue->items);
    }
    queue->items = items;
    queue->capacity = capacity;
    queue->head = 0;
    return true;
#endif
}

static unsigned char *async_queue_item_(const async_queue *queue, size_t i)
{
    return queue->items + i * queue->item_size;
}

/* A priority queue is a binary heap, its head always 0. True if the items changed places. */
static bool async_queue_order_(const async_queue *queue, size_t low, size_t high)
{
    unsigned char *a = async_queue_item_(queue, low), *b = async_queue_item_(queue, high);
    size_t i;
    if (queue->compare(b, a) >= 0)
        return false;
    for (i = 0; i < queue->item_size; i++) {
        unsigned char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
    return true;
}

static void async_queue_up_(const async_queue *queue, size_t i)
{
    while (i > 0 && async_queue_order_(queue, (i - 1) / 2, i))
        i = (i - 1) / 2;
}

/* The last item fills the gap at the head. */
static void async_queue_down_(const async_queue *queue)
{
    size_t i = 0, child;
    if (queue->count == 0)
        return;
    ASYNC_MEMCPY_(queue->items, async_queue_item_(queue, queue->count), queue->item_size);
    while ((child = 2 * i + 1) < queue->count) {
        if (child + 1 < queue->count &&
            queue->compare(async_queue_item_(queue, child + 1), async_queue_item_(queue, child)) < 0)
            child++;
        if (!async_queue_order_(queue, i, child))
            break;
        i = child;
    }
}

/* The first in the line that still waits leaves it and is woken; it will test again. */
static void async_queue_wake_(async_line_ *line)
{
    async_node_ *node;
    while ((node = line->first) != NULL) {
        struct async_queue_wait_ *wait = ASYNC_CONTAINER_(node, struct async_queue_wait_, node);
        line->first = node->next;
        if (line->first != NULL)
            line->first->prev = NULL;
        else
            line->last = NULL;
        wait->leaf.frame.flags |= ASYNC_ITEM_; /* out of the line */
        if (async_leaf_complete(&wait->leaf))
            break;
    }
}

async_status async_queue_put_nowait(async_queue *queue, const void *item)
{
    size_t at;
    if (queue->shut_down)
        return ASYNC_QUEUE_SHUT_DOWN;
    if (async_queue_full(queue))
        return ASYNC_QUEUE_FULL;
    if (queue->count == queue->capacity && !async_queue_grow_(queue))
        return ASYNC_NO_MEMORY;
    at = queue->head + queue->count;
    if (at >= queue->capacity)
        at -= queue->capacity;
    if (queue->item_size != 0) /* a queue of signals has none */
        ASYNC_MEMCPY_(async_queue_item_(queue, at), item, queue->item_size);
    queue->count++;
    if (queue->compare != NULL)
        async_queue_up_(queue, queue->count - 1);
    queue->unfinished++;
    queue->finished.set = false;
    async_queue_wake_(&queue->getters);
    return ASYNC_OK;
}

async_status async_queue_get_nowait(async_queue *queue, void *item)
{
    if (queue->count == 0)
        return queue->shut_down ? ASYNC_QUEUE_SHUT_DOWN : ASYNC_QUEUE_EMPTY;
    queue->count--;
    if (item != NULL && queue->item_size != 0)
        ASYNC_MEMCPY_(item, async_queue_item_(queue, queue->lifo ? queue->count : queue->head), queue->item_size);
    if (queue->compare != NULL)
        async_queue_down_(queue);
    else if (!queue->lifo && ++queue->head == queue->capacity)
        queue->head = 0;
    async_queue_wake_(&queue->putters);
    return ASYNC_OK;
}

/* Waits in a line until a test fails no more; a wake is a hint only, and one that cannot be used is passed on. */
static async_step async_queue_wait_in_(async_stack *stack, struct async_queue_wait_ *wait, bool gets)
{
    async_queue *queue = wait->queue;
    async_line_ *line = gets ? &queue->getters : &queue->putters;
    bool blocked;
    if (wait->leaf.frame.state != ASYNC_LEAF_NEW) {
        async_status status = async_leaf_outcome(&wait->leaf);
        if (!(wait->leaf.frame.flags & ASYNC_ITEM_))
            async_line_remove_(line, &wait->node);
        if (status < 0) {
            if (wait->leaf.frame.state == ASYNC_LEAF_DONE && !(gets ? queue->count == 0 : async_queue_full(queue)))
                async_queue_wake_(line);
            return async_step_(status);
        }
    }
    if (queue->shut_down && (!gets || queue->count == 0))
        return async_step_(ASYNC_QUEUE_SHUT_DOWN);
    blocked = gets ? queue->count == 0 : async_queue_full(queue);
    if (!blocked)
        return async_step_(gets ? async_queue_get_nowait(queue, wait->item) : async_queue_put_nowait(queue, wait->item));
    wait->leaf.frame.flags &= (uint16_t)~ASYNC_ITEM_;
    async_line_append_(line, &wait->node);
    return async_leaf_wait(stack, &wait->leaf);
}

#if !ASYNCIO_SMALL

/* It has not waited, or was woken and not cancelled since. */
static inline bool async_queue_may_go_(const struct async_queue_wait_ *wait)
{
    const async_frame *frame = &wait->leaf.frame;
    return frame->state == ASYNC_LEAF_NEW ||
        (frame->state == ASYNC_LEAF_DONE && frame->flags & ASYNC_ITEM_ && frame->status == ASYNC_OK);
}

/* What is done most: true when there was room in, or an item of, a plain queue of pointers or numbers as long. */
static inline bool async_queue_put_now_(const struct async_queue_wait_ *wait)
{
    async_queue *queue = wait->queue;
    size_t at;
    if (queue->count >= queue->capacity || queue->item_size != sizeof(void *) || queue->shut_down ||
        queue->compare != NULL || !async_queue_may_go_(wait))
        return false;
    at = queue->head + queue->count;
    if (at >= queue->capacity)
        at -= queue->capacity;
    ASYNC_MEMCPY_(queue->items + at * sizeof(void *), wait->item, sizeof(void *));
    queue->count++;
    queue->unfinished++;
    queue->finished.set = false;
    return true;
}

static inline bool async_queue_get_now_(const struct async_queue_wait_ *wait)
{
    async_queue *queue = wait->queue;
    if (queue->count == 0 || queue->item_size != sizeof(void *) || queue->lifo || queue->compare != NULL ||
        wait->item == NULL || !async_queue_may_go_(wait))
        return false;
    ASYNC_MEMCPY_(wait->item, queue->items + queue->head * sizeof(void *), sizeof(void *));
    if (++queue->head == queue->capacity)
        queue->head = 0;
    queue->count--;
    return true;
}

static async_step async_queue_woken_(async_line_ *line)
{
    async_queue_wake_(line);
    return async_step_(ASYNC_OK);
}

#endif

async_step async_queue_put_resume(async_stack *stack, void *frame)
{
#if !ASYNCIO_SMALL
    struct async_queue_wait_ *wait = (struct async_queue_wait_ *)frame;
    if (async_queue_put_now_(wait))
        return wait->queue->getters.first == NULL ? async_step_(ASYNC_OK) : async_queue_woken_(&wait->queue->getters);
#endif
    return async_queue_wait_in_(stack, (struct async_queue_wait_ *)frame, false);
}

async_step async_queue_get_resume(async_stack *stack, void *frame)
{
#if !ASYNCIO_SMALL
    struct async_queue_wait_ *wait = (struct async_queue_wait_ *)frame;
    if (async_queue_get_now_(wait))
        return wait->queue->putters.first == NULL ? async_step_(ASYNC_OK) : async_queue_woken_(&wait->queue->putters);
#endif
    return async_queue_wait_in_(stack, (struct async_queue_wait_ *)frame, true);
}

ASYNC_LEAF_DEFINE(async_queue_put, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_queue_get, async_leaf_cancel);

static void async_queue_finish_(async_queue *queue, size_t count)
{
    queue->unfinished -= count < queue->unfinished ? count : queue->unfinished;
    if (queue->unfinished == 0)
        async_event_set(&queue->finished);
}

async_status async_queue_task_done(async_queue *queue)
{
    if (queue->unfinished == 0)
        return ASYNC_MISUSE;
    async_queue_finish_(queue, 1);
    return ASYNC_OK;
}

async_step async_queue_join_resume(async_stack *stack, void *frame)
{
    struct async_queue_join *join = (struct async_queue_join *)frame;
    join->wait.event = &join->queue->finished;
    return async_event_wait_resume(stack, &join->wait);
}

ASYNC_LEAF_DEFINE(async_queue_join, async_leaf_cancel);

void async_queue_shutdown(async_queue *queue, bool immediate)
{
    queue->shut_down = true;
    if (immediate) {
        size_t dropped = queue->count;
        queue->count = queue->head = 0;
        if (dropped != 0)
            async_queue_finish_(queue, dropped);
    }
    while (queue->getters.first != NULL)
        async_queue_wake_(&queue->getters);
    while (queue->putters.first != NULL)
        async_queue_wake_(&queue->putters);
}

ASYNC_EXTERN_C_END_

#endif
#endif
