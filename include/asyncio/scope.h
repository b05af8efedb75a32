/* scope.h: what is entered in a frame and exited when the frame leaves, whichever way it leaves.
 *
 * An open scope is a record on the frame stack, directly above its frame. Leaving pops them, newest first; an exit may
 * suspend, and may replace the status with which the frame leaves. */
#ifndef ASYNCIO_SCOPE_H
#define ASYNCIO_SCOPE_H

#include "record.h"

ASYNC_EXTERN_C_BEGIN_

/* How an object is exited: gives the status to leave with, or PENDING when it called async_enter_() and that suspended. */
typedef int (*async_scope_exit_)(async_stack *stack, async_frame *self, void *object, int status);

typedef struct async_scope_ {
    async_scope_exit_ exit; /* NULL: not entered yet */
    void *object;
    bool first; /* the frame's oldest */
    bool grown; /* the stack had to grow for it: a segment lies below */
} async_scope_;

/* What `await_enter` takes: locks and their like begin with a pointer to one of these. */
typedef struct async_enterable_ {
    const async_type *acquire; /* a leaf whose frame begins as an async_acquire_ */
    async_scope_exit_ exit;    /* must not suspend */
} async_enterable_;

/* The head of such a leaf. */
typedef struct async_acquire_ {
    async_leaf leaf;
    void *object;
} async_acquire_;

bool async_scope_push_(async_stack *stack, async_frame *self, async_scope_exit_ exit, void *object, size_t room);
bool async_scope_remove_(async_stack *stack, async_frame *self, void *object);
void async_scope_pop_(async_stack *stack, async_frame *self);
int async_acquire_begin_(async_stack *stack, async_frame *self, const async_enterable_ *const *object, unsigned state);
bool async_acquire_end_(async_stack *stack, async_frame *self);
async_status async_scope_exit_now_(async_stack *stack, async_frame *self, const async_enterable_ *const *object);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_SCOPE_IMPLEMENTATION_
#define ASYNCIO_SCOPE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

#define ASYNC_SCOPE_SIZE_ ASYNC_ROUND_(sizeof(async_scope_))

static async_scope_ *async_scope_below_(unsigned char *above)
{
    return (async_scope_ *)(void *)(above - ASYNC_SCOPE_SIZE_);
}

/* What lies below a record: the next one, or the frame. */
static unsigned char *async_scope_floor_(async_scope_ *scope)
{
#if !ASYNCIO_NO_HEAP
    if (scope->grown)
        return ((async_segment_ *)(void *)((unsigned char *)scope - ASYNC_SEGMENT_SIZE_))->sp;
#endif
    return (unsigned char *)scope;
}

/* The frame through which what lies at `above` returns to self: its link if it is foreign; the segment of the newest
 * record that needed one, which leads there. */
static async_frame *async_scope_base_(async_frame *self, unsigned char *above)
{
    if (self->flags & ASYNC_SCOPED_) {
        async_scope_ *scope = async_scope_below_(above);
        for (;;) {
#if !ASYNCIO_NO_HEAP
            if (scope->grown)
                return (async_frame *)(void *)((unsigned char *)scope - ASYNC_SEGMENT_SIZE_);
#endif
            if (scope->first)
                break;
            scope = async_scope_below_((unsigned char *)scope);
        }
    }
    if (self->flags & ASYNC_FOREIGN_)
        self = (async_frame *)(void *)(uintptr_t)(const void *)self->type;
    return self;
}

void async_scope_pop_(async_stack *stack, async_frame *self)
{
    async_scope_ *scope = async_scope_below_(stack->sp);
    bool first = scope->first;
    stack->sp = (unsigned char *)scope;
#if !ASYNCIO_NO_HEAP
    if (scope->grown)
        async_segment_drop_(stack, (async_segment_ *)(void *)((unsigned char *)scope - ASYNC_SEGMENT_SIZE_));
#endif
    if (first)
        self->flags &= (uint16_t)~ASYNC_SCOPED_;
}

/* In the finally part a frame already has a status. What is entered there must not take that for its own: meanwhile it is
 * kept as a positive number, and only what fails in the finally part is negative, and replaces it. */
static void async_status_set_aside_(async_frame *self)
{
    if (self->flags & ASYNC_LEAVING_ && self->status < 0)
        self->status = (int16_t)-self->status;
}

static void async_status_settle_(async_frame *self)
{
    if (self->status > 0 && !(self->flags & ASYNC_SCOPED_))
        self->status = (int16_t)-self->status;
}

/* The frame is leaving and has open scopes: exits them. When one suspends (PENDING), its end resumes self in the
 * state LEAVE, and the work goes on here; 0 when all are exited. */
static int async_unwind_(async_stack *stack, async_frame *self)
{
    int st = self->flags & ASYNC_UNWINDING_ ? stack->status : self->status;
    self->flags &= (uint16_t)~ASYNC_RAISES_;
    self->flags |= ASYNC_UNWINDING_;
    self->state = ASYNC_LEAVE_;
    for (;;) {
        async_scope_ *scope;
        async_scope_exit_ exit;
        void *object;
        if (st < 0 || self->status < 0)
            self->status = (int16_t)st;
        if (!(self->flags & ASYNC_SCOPED_))
            break;
        scope = async_scope_below_(stack->sp);
        exit = scope->exit;
        object = scope->object;
        async_scope_pop_(stack, self);
        st = self->status < 0 ? self->status : 0;
        if (exit != NULL)
            st = exit(stack, self, object, st);
        if (st > 0)
            return st;
    }
    self->flags &= (uint16_t)~ASYNC_UNWINDING_;
    async_status_settle_(self);
    return 0;
}

/* False: no memory. `room`: the size of the leaf that the exit will push in the record's place, so that it cannot fail
 * for want of memory then. */
bool async_scope_push_(async_stack *stack, async_frame *self, async_scope_exit_ exit, void *object, size_t room)
{
    async_scope_ *scope;
    bool grown = false;
    ASYNC_RECORD_LIBRARY_("scope", async_scope_)
    if (room < ASYNC_SCOPE_SIZE_)
        room = ASYNC_SCOPE_SIZE_;
    scope = (async_scope_ *)async_bump_(stack, room);
    stack->unwind = async_unwind_;
    stack->base = async_scope_base_;
#if ASYNCIO_NO_HEAP
    if (scope == NULL)
        (void)async_grow_(stack, room); /* which reports it */
#else
    if (scope == NULL) {
        bool bounce = stack->bounce;
        async_frame *parent = async_scope_base_(self, stack->sp);
        scope = (async_scope_ *)async_grow_(stack, room);
        if (scope == NULL)
            return false;
        grown = true;
        stack->bounce = bounce;
        stack->grown->parent = parent;
        stack->grown->frame.flags |= ASYNC_SCOPED_;
        stack->grown = NULL;
    }
#endif
    if (scope == NULL)
        return false;
    stack->sp = (unsigned char *)scope + ASYNC_SCOPE_SIZE_;
    scope->exit = exit;
    scope->object = object;
    scope->first = !(self->flags & ASYNC_SCOPED_);
    scope->grown = grown;
    self->flags |= ASYNC_SCOPED_;
    async_status_set_aside_(self);
    return true;
}

/* Takes the newest scope of this object out without exiting it; those above it move down. False: not entered here. */
bool async_scope_remove_(async_stack *stack, async_frame *self, void *object)
{
    async_scope_ *scope;
    async_scope_exit_ exit = NULL;
    void *moved = NULL;
    unsigned char *above = stack->sp;
    if (!(self->flags & ASYNC_SCOPED_))
        return false;
    for (scope = async_scope_below_(above); scope->object != object; scope = async_scope_below_(above)) {
        if (scope->first)
            return false;
        above = async_scope_floor_(scope);
    }
    for (above = stack->sp;; above = async_scope_floor_(scope)) {
        async_scope_exit_ e;
        void *o;
        scope = async_scope_below_(above);
        e = scope->exit;
        o = scope->object;
        scope->exit = exit;
        scope->object = moved;
        if (o == object)
            break;
        exit = e;
        moved = o;
    }
    async_scope_pop_(stack, self);
    async_status_settle_(self);
    return true;
}

/* ---- await_enter --------------------------------------------------------------------------------------------- */

/* True while it suspends; then, and otherwise at once, async_acquire_end_() follows. The record is there first, so that
 * entering cannot fail after the lock is held. */
int async_acquire_begin_(async_stack *stack, async_frame *self, const async_enterable_ *const *object, unsigned state)
{
    void *leaf;
    self->state = (uint16_t)state;
    self->flags &= (uint16_t)~ASYNC_RAISES_;
    if (*object == NULL)
        ASYNC_PANIC_("await_enter: the object was not initialised");
    if (!async_scope_push_(stack, self, NULL, (void *)(uintptr_t)(const void *)object, 0)) {
        stack->status = ASYNC_NO_MEMORY;
        return 0;
    }
    leaf = async_push_(stack, (*object)->acquire);
    if (leaf != NULL)
        ((async_acquire_ *)leaf)->object = (void *)(uintptr_t)(const void *)object;
    return async_enter_(stack, self, leaf) > 0;
}

/* True: it failed, and self leaves with the status. */
bool async_acquire_end_(async_stack *stack, async_frame *self)
{
    async_scope_ *scope = async_scope_below_(stack->sp);
    if (stack->status < 0) {
        self->status = (int16_t)stack->status;
        if (self->flags & ASYNC_SCOPED_ && scope->exit == NULL)
            async_scope_pop_(stack, self);
        return true;
    }
    scope->exit = (*(const async_enterable_ *const *)scope->object)->exit;
    return false;
}

/* OK, or MISUSE when this frame has not entered it. */
async_status async_scope_exit_now_(async_stack *stack, async_frame *self, const async_enterable_ *const *object)
{
    void *entered = (void *)(uintptr_t)(const void *)object;
    if (!async_scope_remove_(stack, self, entered))
        return ASYNC_MISUSE;
    return (*object)->exit(stack, self, entered, ASYNC_OK);
}

ASYNC_EXTERN_C_END_

#endif
#endif
