/* isr.h: from an interrupt to a task: an event, a ring of items, the end of a hardware operation. Boards only.
 *
 * What is marked "any context" may be called from interrupt handlers that the port's lock masks, from tasks, and before
 * the loop runs: it masks interrupts for a few instructions, takes the same time always, and allocates nothing. The rest
 * is for tasks. The three live in static memory: an interrupt may reach them at any time. All zeros is ready to use.
 *
 * Nothing is lost between a look and the wait that follows: what an interrupt leaves stays until it is taken, and the
 * loop looks for it with interrupts masked before it sleeps. */
#ifndef ASYNCIO_ISR_H
#define ASYNCIO_ISR_H

#include "event.h"

#if ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* What an interrupt raises. */
typedef struct async_isr_source_ {
    struct async_isr_source_ *next; /* of those the loop has not seen */
    async_line_ line;               /* that wait */
    uint16_t count;                 /* what there is to take */
    bool raised;                    /* in the loop's list */
} async_isr_source_;

/* async_isr_event: a flag that an interrupt sets and a wait takes. Set twice before it is taken it is set once. */
typedef struct async_isr_event {
    async_isr_source_ source;
} async_isr_event;

/* async_isr_event_set: ends one wait, now or later. Any context.
 * async_isr_event_clear: forgets a set that was not taken yet. async_isr_event_is_set. Any context. */
void async_isr_event_set(async_isr_event *event);
void async_isr_event_clear(async_isr_event *event);
bool async_isr_event_is_set(const async_isr_event *event);

/* await(async_isr_event_wait, .event = &e): waits until it is set, and clears it; does not suspend if it is set. Of
 * several who wait the first goes on. A cancelled wait takes nothing. */
struct async_isr_event_wait {
    async_leaf leaf;
    async_node_ node;
    async_isr_event *event;
};
ASYNC_DECLARE(async_isr_event_wait);

/* async_isr_ring: items of one size on their way from an interrupt to tasks, first in first out, copied by value. An item
 * of no bytes makes it a count of interrupts. */
typedef struct async_isr_ring {
    async_isr_source_ source;
    unsigned char *items;
    uint16_t item_size, capacity, tail;
    uint32_t overflows;
} async_isr_ring;

/* async_isr_ring_init: an empty one of `capacity` items, at most 65,535, in `items`, of capacity * item_size bytes: before
 * the interrupt is enabled. */
void async_isr_ring_init(async_isr_ring *ring, void *items, size_t item_size, size_t capacity);

/* async_isr_ring_put: copies *item in. False when it is full: the item is dropped, and counted. Any context.
 * async_isr_ring_get_nowait: the oldest item: OK, or QUEUE_EMPTY. Any context.
 * async_isr_ring_qsize: how many there are. async_isr_ring_overflows: how many were dropped so far. Any context. */
bool async_isr_ring_put(async_isr_ring *ring, const void *item);
async_status async_isr_ring_get_nowait(async_isr_ring *ring, void *item);
size_t async_isr_ring_qsize(const async_isr_ring *ring);
uint32_t async_isr_ring_overflows(const async_isr_ring *ring);

/* await(async_isr_ring_get, .ring = &r, .item = &x): waits while it is empty, and copies the oldest item to *item. Does
 * not suspend if there is one. A cancelled get takes nothing. */
struct async_isr_ring_get {
    async_leaf leaf;
    async_node_ node;
    async_isr_ring *ring;
    void *item;
};
ASYNC_DECLARE(async_isr_ring_get);

/* async_isr_operation: what hardware does by itself and ends with an interrupt: a transfer by DMA. The program sets:
 *   start  begins it; a negative status is the await's, and then nothing has begun. Loop thread.
 *   stop   asks the hardware to end early; async_isr_operation_done() still comes, from here or from the interrupt, when
 *          it no longer touches the buffer. It may find that it has just ended. Loop thread, at most once. NULL: it
 *          cannot be stopped, and a cancel waits for the end. */
typedef struct async_isr_operation async_isr_operation;
struct async_isr_operation {
    async_isr_source_ source;
    async_status (*start)(async_isr_operation *operation);
    void (*stop)(async_isr_operation *operation);
    void *data; /* the program's */
    async_status status;
    bool stopping;
};

/* async_isr_operation_done: it has ended, with OK or a negative status; the first call counts. Any context. */
void async_isr_operation_done(async_isr_operation *operation, async_status status);

/* await(async_isr_operate, .operation = &o): starts it and waits for its end; gives its status. A cancel stops it, and the
 * await ends, CANCELLED, when the hardware has let go of the buffer, not before. MISUSE while it is under way. */
struct async_isr_operate {
    async_leaf leaf;
    async_node_ node;
    async_isr_operation *operation;
};
ASYNC_DECLARE(async_isr_operate);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_BARE
#ifndef ASYNCIO_ISR_IMPLEMENTATION_
#define ASYNCIO_ISR_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* ---- what was raised ----------------------------------------------------------------------------------------- */

static async_isr_source_ *async_raised_first_, *async_raised_last_; /* under the lock */

/* Locked. */
static void async_isr_raise_(async_isr_source_ *source)
{
    if (source->raised)
        return;
    source->raised = true;
    source->next = NULL;
    if (async_raised_first_ != NULL)
        async_raised_last_->next = source;
    else
        async_raised_first_ = source;
    async_raised_last_ = source;
}

static uint16_t async_isr_count_(const async_isr_source_ *source)
{
    async_port_state before = async_port_lock();
    uint16_t count = source->count;
    async_port_unlock(before);
    return count;
}

/* How all three kinds of wait begin. */
struct async_isr_wait_ {
    async_leaf leaf;
    async_node_ node;
    async_isr_source_ *source;
};

/* If there is something to take, the first that still waits leaves the line and is woken; it will try. */
static void async_isr_wake_(async_isr_source_ *source)
{
    async_node_ *node;
    if (async_isr_count_(source) == 0)
        return;
    while ((node = source->line.first) != NULL) {
        struct async_isr_wait_ *wait = ASYNC_CONTAINER_(node, struct async_isr_wait_, node);
        async_line_remove_(&source->line, node);
        wait->leaf.frame.flags |= ASYNC_ITEM_; /* out of the line */
        if (async_leaf_complete(&wait->leaf))
            break;
    }
}

/* The loop's, with interrupts locked: takes what is raised when it begins; between two sources interrupts are let in. True if
 * more was raised meanwhile: that is the next pass's, or interrupts that come without a gap would keep timers and tasks from
 * running. The loop does not sleep then. */
static bool async_isr_take_raised_(async_port_state before)
{
    async_isr_source_ *source = NULL, *last = async_raised_last_;
    if (async_raised_first_ == NULL)
        return false;
    while (source != last) {
        source = async_raised_first_;
        async_raised_first_ = source->next;
        source->raised = false;
        async_port_unlock(before);
        async_isr_wake_(source);
        (void)async_port_lock();
    }
    return async_raised_first_ != NULL;
}

/* Through a pointer, so that programs without interrupts of this kind do not contain the above. */
static async_step async_isr_suspend_(async_stack *stack, struct async_isr_wait_ *wait)
{
    wait->leaf.frame.flags &= (uint16_t)~ASYNC_ITEM_;
    async_line_append_(&wait->source->line, &wait->node);
    async_loop_of_(stack)->take_raised = async_isr_take_raised_;
    return async_leaf_wait(stack, &wait->leaf);
}

/* Waits until it can take; a wake is a hint only, and one that is not used is passed on. */
static async_step async_isr_wait_in_(async_stack *stack, void *frame, bool (*take)(void *frame))
{
    struct async_isr_wait_ *wait = (struct async_isr_wait_ *)frame;
    async_status status = ASYNC_OK;
    if (wait->leaf.frame.state != ASYNC_LEAF_NEW) {
        if (!(wait->leaf.frame.flags & ASYNC_ITEM_))
            async_line_remove_(&wait->source->line, &wait->node);
        status = async_leaf_outcome(&wait->leaf);
    }
    if (status == ASYNC_OK && !take(frame))
        return async_isr_suspend_(stack, wait);
    async_isr_wake_(wait->source);
    return async_step_(status);
}

/* ---- the event ----------------------------------------------------------------------------------------------- */

void async_isr_event_set(async_isr_event *event)
{
    async_port_state before = async_port_lock();
    event->source.count = 1;
    async_isr_raise_(&event->source);
    async_port_unlock(before);
}

static bool async_isr_event_take_(async_isr_event *event)
{
    async_port_state before = async_port_lock();
    bool set = event->source.count != 0;
    event->source.count = 0;
    async_port_unlock(before);
    return set;
}

void async_isr_event_clear(async_isr_event *event) { (void)async_isr_event_take_(event); }

bool async_isr_event_is_set(const async_isr_event *event) { return async_isr_count_(&event->source) != 0; }

static bool async_isr_event_try_(void *frame)
{
    return async_isr_event_take_(((struct async_isr_event_wait *)frame)->event);
}

async_step async_isr_event_wait_resume(async_stack *stack, void *frame)
{
    return async_isr_wait_in_(stack, frame, async_isr_event_try_);
}

ASYNC_LEAF_DEFINE(async_isr_event_wait, async_leaf_cancel);

/* ---- the ring ------------------------------------------------------------------------------------------------ */

void async_isr_ring_init(async_isr_ring *ring, void *items, size_t item_size, size_t capacity)
{
    ASYNC_MEMSET_(ring, 0, sizeof *ring);
    ring->items = (unsigned char *)items;
    ring->item_size = (uint16_t)item_size;
    ring->capacity = (uint16_t)capacity;
}

/* From tail, where the next item goes, backwards: nothing is divided. */
static void *async_isr_ring_place_(const async_isr_ring *ring, uint16_t at)
{
    return ring->items + (size_t)at * ring->item_size;
}

bool async_isr_ring_put(async_isr_ring *ring, const void *item)
{
    async_port_state before = async_port_lock();
    bool room = ring->source.count < ring->capacity;
    if (room) {
        if (ring->item_size != 0)
            ASYNC_MEMCPY_(async_isr_ring_place_(ring, ring->tail), item, ring->item_size);
        ring->tail = (uint16_t)(ring->tail + 1 == ring->capacity ? 0 : ring->tail + 1);
        ring->source.count++;
        async_isr_raise_(&ring->source);
    } else {
        ring->overflows++;
    }
    async_port_unlock(before);
    return room;
}

async_status async_isr_ring_get_nowait(async_isr_ring *ring, void *item)
{
    async_port_state before = async_port_lock();
    async_status status = ASYNC_QUEUE_EMPTY;
    uint16_t count = ring->source.count, tail = ring->tail;
    if (count != 0) {
        if (ring->item_size != 0)
            ASYNC_MEMCPY_(item, async_isr_ring_place_(ring,
                (uint16_t)(tail >= count ? tail - count : tail + (ring->capacity - count))), ring->item_size);
        ring->source.count--;
        status = ASYNC_OK;
    }
    async_port_unlock(before);
    return status;
}

size_t async_isr_ring_qsize(const async_isr_ring *ring) { return async_isr_count_(&ring->source); }

uint32_t async_isr_ring_overflows(const async_isr_ring *ring)
{
    async_port_state before = async_port_lock();
    uint32_t overflows = ring->overflows;
    async_port_unlock(before);
    return overflows;
}

static bool async_isr_ring_try_(void *frame)
{
    struct async_isr_ring_get *get = (struct async_isr_ring_get *)frame;
    return async_isr_ring_get_nowait(get->ring, get->item) == ASYNC_OK;
}

async_step async_isr_ring_get_resume(async_stack *stack, void *frame)
{
    return async_isr_wait_in_(stack, frame, async_isr_ring_try_);
}

ASYNC_LEAF_DEFINE(async_isr_ring_get, async_leaf_cancel);

/* ---- the operation ------------------------------------------------------------------------------------------- */

void async_isr_operation_done(async_isr_operation *operation, async_status status)
{
    async_port_state before = async_port_lock();
    if (operation->source.count == 0) {
        operation->source.count = 1;
        operation->status = status;
        async_isr_raise_(&operation->source);
    }
    async_port_unlock(before);
}

async_step async_isr_operate_resume(async_stack *stack, void *frame)
{
    struct async_isr_operate *operate = (struct async_isr_operate *)frame;
    async_isr_operation *operation = operate->operation;
    async_status status;
    if (operate->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (operation->source.line.first != NULL)
            return async_step_(ASYNC_MISUSE);
        operation->source.count = 0; /* no interrupt: it is not under way */
        operation->stopping = false;
        status = operation->start(operation);
        return status < 0 ? async_step_(status) : async_isr_suspend_(stack, (struct async_isr_wait_ *)frame);
    }
    status = async_leaf_outcome(&operate->leaf);
    return async_step_(status < 0 ? status : operation->status);
}

/* The wait goes on until the hardware is done: then the task finds that it was cancelled. */
static bool async_isr_operate_cancel_(async_task *task, void *frame)
{
    async_isr_operation *operation = ((struct async_isr_operate *)frame)->operation;
    (void)task;
    if (!operation->stopping && operation->stop != NULL && async_isr_count_(&operation->source) == 0) {
        operation->stopping = true;
        operation->stop(operation);
    }
    return false;
}

ASYNC_LEAF_DEFINE(async_isr_operate, async_isr_operate_cancel_);

ASYNC_EXTERN_C_END_

#endif
#endif
