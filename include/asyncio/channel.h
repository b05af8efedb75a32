/* channel.h: a bounded queue between the loops of different threads: items of one size, copied by value, first in first
 * out. Hosts only, with ASYNCIO_THREADS. (Within one loop async_queue is cheaper.)
 *
 * Who waits stands in one of two lines. An item that is put wakes the first who waits for one, an item that is taken the
 * first who waits for room; a wake is a message to the other's loop, and a hint only: whoever comes first has the item.
 * A hint that cannot be used is passed on. */
#ifndef ASYNCIO_CHANNEL_H
#define ASYNCIO_CHANNEL_H

#include "threadsafe.h"

#if ASYNCIO_THREADS

ASYNC_EXTERN_C_BEGIN_

/* Room for a pthread_mutex_t. */
typedef union async_mutex_ {
    unsigned char bytes[64];
    void *pointer;
    long long number;
} async_mutex_;

/* async_channel: belongs to its owner, and stays in place while anybody uses it. */
typedef struct async_channel {
    async_mutex_ lock; /* of the following */
    unsigned char *items; /* a ring */
    size_t item_size, capacity, head, count;
    async_line_ getters, putters;
    bool open, closed;
} async_channel;

/* async_channel_init: a channel of at most `capacity` items in the caller's storage, of capacity * item_size bytes. OK,
 * INVALID_ARGUMENT for no capacity, -errno. */
async_status async_channel_init(async_channel *channel, size_t item_size, size_t capacity, void *storage);
/* async_channel_deinit: drops the items; a panic if somebody waits. When no thread uses it any more. Nothing on all
 * zeros. */
void async_channel_deinit(async_channel *channel);
/* async_channel_close: nothing can be put any more: CLOSED; what is there can be got, then gets are CLOSED. Wakes all who
 * wait. Any thread. */
void async_channel_close(async_channel *channel);

/* await(async_channel_put, .channel = &c, .item = &x): waits while it is full, and copies *item in. Does not suspend when
 *     there is room. CLOSED. *item stays in place until then.
 * await(async_channel_get, .channel = &c, .item = &x): waits while it is empty, and copies the oldest to *item. CLOSED.
 * On any loop, in any thread. A cancelled put has put nothing, a cancelled get has taken nothing. */
struct async_channel_put {
    async_leaf leaf;
    async_channel *channel;
    const void *item;
    async_loop *loop;
    async_node_ node;
    async_handle wake;
    bool waits;
};
ASYNC_DECLARE(async_channel_put);
struct async_channel_get {
    async_leaf leaf;
    async_channel *channel;
    void *item;
    async_loop *loop;
    async_node_ node;
    async_handle wake;
    bool waits;
};
ASYNC_DECLARE(async_channel_get);

/* async_channel_put_nowait: OK, QUEUE_FULL, CLOSED. async_channel_get_nowait: OK, QUEUE_EMPTY, CLOSED. Any thread, with a
 * loop or without. */
async_status async_channel_put_nowait(async_channel *channel, const void *item);
async_status async_channel_get_nowait(async_channel *channel, void *item);
/* async_channel_qsize: how many items there are at this moment. Any thread. */
size_t async_channel_qsize(async_channel *channel);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_THREADS
#ifndef ASYNCIO_CHANNEL_IMPLEMENTATION_
#define ASYNCIO_CHANNEL_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

typedef char async_mutex_fits_[sizeof(pthread_mutex_t) <= sizeof(async_mutex_) ? 1 : -1];

/* Both kinds of waiter: a put's item is read, a get's written. */
struct async_channel_wait_ {
    async_leaf leaf;
    async_channel *channel;
    void *item;
    async_loop *loop;
    async_node_ node;
    async_handle wake;
    bool waits; /* in the line */
};

static void async_channel_lock_(async_channel *channel)
{
    pthread_mutex_lock((pthread_mutex_t *)(void *)&channel->lock);
}

static void async_channel_unlock_(async_channel *channel)
{
    pthread_mutex_unlock((pthread_mutex_t *)(void *)&channel->lock);
}

async_status async_channel_init(async_channel *channel, size_t item_size, size_t capacity, void *storage)
{
    int error;
    ASYNC_MEMSET_(channel, 0, sizeof *channel);
    if (capacity == 0 || (storage == NULL && item_size != 0))
        return ASYNC_INVALID_ARGUMENT;
    error = pthread_mutex_init((pthread_mutex_t *)(void *)&channel->lock, NULL);
    if (error != 0)
        return -error;
    channel->items = (unsigned char *)storage;
    channel->item_size = item_size;
    channel->capacity = capacity;
    channel->open = true;
    return ASYNC_OK;
}

void async_channel_deinit(async_channel *channel)
{
    if (!channel->open)
        return;
    if (channel->getters.first != NULL || channel->putters.first != NULL)
        ASYNC_PANIC_("async_channel_deinit: somebody waits on it");
    pthread_mutex_destroy((pthread_mutex_t *)(void *)&channel->lock);
    ASYNC_MEMSET_(channel, 0, sizeof *channel);
}

/* ---- with the lock -------------------------------------------------------------------------------------------- */

static void async_channel_woken_(async_handle *handle)
{
    async_leaf_complete(&((struct async_channel_wait_ *)handle->data)->leaf);
}

/* The first in the line leaves it, and its loop is told. Under the lock, without which it cannot end, nor its loop. */
static void async_channel_wake_(async_line_ *line)
{
    struct async_channel_wait_ *wait;
    if (line->first == NULL)
        return;
    wait = ASYNC_CONTAINER_(line->first, struct async_channel_wait_, node);
    async_line_remove_(line, &wait->node);
    wait->waits = false;
    async_loop_call_soon_threadsafe(wait->loop, &wait->wake, async_channel_woken_, wait);
}

static async_status async_channel_put_(async_channel *channel, const void *item)
{
    size_t at = channel->head + channel->count;
    if (channel->closed)
        return ASYNC_CLOSED;
    if (channel->count == channel->capacity)
        return ASYNC_QUEUE_FULL;
    if (at >= channel->capacity)
        at -= channel->capacity;
    if (channel->item_size != 0)
        ASYNC_MEMCPY_(channel->items + at * channel->item_size, item, channel->item_size);
    channel->count++;
    async_channel_wake_(&channel->getters);
    return ASYNC_OK;
}

static async_status async_channel_get_(async_channel *channel, void *item)
{
    if (channel->count == 0)
        return channel->closed ? ASYNC_CLOSED : ASYNC_QUEUE_EMPTY;
    if (item != NULL && channel->item_size != 0)
        ASYNC_MEMCPY_(item, channel->items + channel->head * channel->item_size, channel->item_size);
    channel->count--;
    if (++channel->head == channel->capacity)
        channel->head = 0;
    async_channel_wake_(&channel->putters);
    return ASYNC_OK;
}

/* ---- in any thread -------------------------------------------------------------------------------------------- */

async_status async_channel_put_nowait(async_channel *channel, const void *item)
{
    async_status status;
    async_channel_lock_(channel);
    status = async_channel_put_(channel, item);
    async_channel_unlock_(channel);
    return status;
}

async_status async_channel_get_nowait(async_channel *channel, void *item)
{
    async_status status;
    async_channel_lock_(channel);
    status = async_channel_get_(channel, item);
    async_channel_unlock_(channel);
    return status;
}

size_t async_channel_qsize(async_channel *channel)
{
    size_t count;
    async_channel_lock_(channel);
    count = channel->count;
    async_channel_unlock_(channel);
    return count;
}

void async_channel_close(async_channel *channel)
{
    async_channel_lock_(channel);
    channel->closed = true;
    while (channel->getters.first != NULL)
        async_channel_wake_(&channel->getters);
    while (channel->putters.first != NULL)
        async_channel_wake_(&channel->putters);
    async_channel_unlock_(channel);
}

/* ---- awaiting ------------------------------------------------------------------------------------------------- */

static async_step async_channel_wait_in_(async_stack *stack, struct async_channel_wait_ *wait, bool gets)
{
    async_channel *channel = wait->channel;
    async_line_ *line = gets ? &channel->getters : &channel->putters;
    async_status status = ASYNC_OK;
    async_channel_lock_(channel);
    if (wait->leaf.frame.state != ASYNC_LEAF_NEW) {
        status = async_leaf_outcome(&wait->leaf);
        if (wait->waits) /* the loop is being closed */
            async_line_remove_(line, &wait->node);
        else if (status < 0 && wait->leaf.frame.state != ASYNC_LEAF_CANCELLED &&
            (gets ? channel->count > 0 : channel->count < channel->capacity))
            async_channel_wake_(line); /* the hint goes to the next */
    }
    if (status == ASYNC_OK) {
        status = gets ? async_channel_get_(channel, wait->item) : async_channel_put_(channel, wait->item);
        if (status == ASYNC_QUEUE_EMPTY || status == ASYNC_QUEUE_FULL) {
            async_step step;
            wait->loop = async_loop_of_(stack);
            wait->waits = true;
            async_line_append_(line, &wait->node);
            step = async_leaf_wait(stack, &wait->leaf);
            async_channel_unlock_(channel);
            return step;
        }
    }
    async_channel_unlock_(channel);
    return async_step_(status);
}

/* Out of the line at once: a wake must not come to a frame that is gone. One that was woken already is resumed soon, and
 * passes the hint on. */
static bool async_channel_cancel_in_(async_task *task, struct async_channel_wait_ *wait, bool gets)
{
    async_channel *channel = wait->channel;
    bool waits;
    if (wait->leaf.frame.state != ASYNC_LEAF_WAITING)
        return false;
    async_channel_lock_(channel);
    waits = wait->waits;
    if (waits)
        async_line_remove_(gets ? &channel->getters : &channel->putters, &wait->node);
    wait->waits = false;
    async_channel_unlock_(channel);
    return waits && async_leaf_cancel(task, wait);
}

async_step async_channel_put_resume(async_stack *stack, void *frame)
{
    return async_channel_wait_in_(stack, (struct async_channel_wait_ *)frame, false);
}

async_step async_channel_get_resume(async_stack *stack, void *frame)
{
    return async_channel_wait_in_(stack, (struct async_channel_wait_ *)frame, true);
}

static bool async_channel_put_cancel_(async_task *task, void *frame)
{
    return async_channel_cancel_in_(task, (struct async_channel_wait_ *)frame, false);
}

static bool async_channel_get_cancel_(async_task *task, void *frame)
{
    return async_channel_cancel_in_(task, (struct async_channel_wait_ *)frame, true);
}

ASYNC_LEAF_DEFINE(async_channel_put, async_channel_put_cancel_);
ASYNC_LEAF_DEFINE(async_channel_get, async_channel_get_cancel_);

ASYNC_EXTERN_C_END_

#endif
#endif
