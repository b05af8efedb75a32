/* frame.h: frames and the frame stack.
 *
 * An async function is a struct (its frame, `async_frame` first) and a resume function. Every task owns a LIFO area of
 * memory, its frame stack; awaiting bumps a pointer there and calls the child's resume function directly. A child that
 * does not suspend costs a C call. One that suspends returns PENDING through its callers once, each linking its child;
 * from then on the innermost frame alone is resumed, and its callers one by one as it ends.
 *
 * A frame reaches its caller by a distance, not a pointer: frames lie one behind the other. What does not fit in the
 * area goes on in a heap chunk, at whose bottom a segment frame leads back; its first call is deferred to the loop's
 * trampoline, so the C stack is bounded as well. A frame that lives elsewhere (await_at, generators) is represented in
 * the stack by a link frame.
 *
 * Leaves (sleep, lock acquire, ...) are frames with hand-written functions. The protocol, which is public:
 *   resume(stack, frame)  state NEW: start; return a status to go on at once, or async_leaf_wait() to suspend.
 *                         state DONE or CANCELLED: unlink, and return async_leaf_outcome().
 *   cancel(task, frame)   mark the leaf, if it still waits, with async_leaf_cancel() and say whether it did. */
#ifndef ASYNCIO_FRAME_H
#define ASYNCIO_FRAME_H

#include "config.h"

ASYNC_EXTERN_C_BEGIN_

typedef struct async_task async_task;
typedef struct async_stack async_stack;
typedef struct async_frame async_frame;

/* async_step: what a resume function returns. A struct, so that `return 0;` in a body does not compile. */
typedef struct async_step {
    int code;
} async_step;

/* PASSED: the function itself is innermost and is to run again in the next pass; PASSES: a sleep of no time, not needed
 * for that, says that it may. */
enum { ASYNC_PENDING_ = 1, ASYNC_YIELDED_ = 2, ASYNC_AGAIN_ = 3, ASYNC_PASSES_ = 4, ASYNC_PASSED_ = 5 };

#if ASYNCIO_BARE
typedef uint16_t async_size_;
#else
typedef uint32_t async_size_;
#endif

/* async_type: the constant descriptor of an async function, in flash. */
typedef struct async_type {
    async_step (*resume)(async_stack *stack, void *frame);
    bool (*cancel)(async_task *task, void *frame); /* leaves; NULL: cannot be cancelled while waiting */
#if ASYNCIO_NAMES
    const char *name;
#endif
#if !ASYNCIO_BARE
    const char *file;
    int line;
#endif
    async_size_ size;  /* of the frame, rounded up */
    async_size_ clear; /* how much of it is zeroed at a call */
} async_type;

#if !ASYNCIO_BARE
#define ASYNC_TYPE_(resume, cancel, name, size, clear) { resume, cancel, name, __FILE__, __LINE__, ASYNC_ROUND_(size), clear }
#elif ASYNCIO_NAMES
#define ASYNC_TYPE_(resume, cancel, name, size, clear) { resume, cancel, name, ASYNC_ROUND_(size), clear }
#else
#define ASYNC_TYPE_(resume, cancel, name, size, clear) { resume, cancel, ASYNC_ROUND_(size), clear }
#endif

/* async_frame: the first member of every frame, named `frame`. Its members are the library's. */
struct async_frame {
    const async_type *type;
    uint16_t distance; /* to the frame below, in ASYNCIO_FRAME_ALIGN; 0: the task's first */
    uint16_t state;    /* where the function goes on */
    int16_t status;    /* a function's: what it leaves with; a leaf's: what is thrown at it */
    uint16_t flags;
#if ASYNCIO_COMPUTED_GOTO
    void *label;
#endif
#if ASYNCIO_DEBUG
    int line; /* of the await it is at */
#endif
};

/* async_leaf: the head of a leaf's frame. Its state is in leaf.frame.state. */
typedef struct async_leaf {
    async_frame frame;
    async_task *task; /* that waits */
} async_leaf;

enum { ASYNC_LEAF_NEW = 0, ASYNC_LEAF_WAITING = 1, ASYNC_LEAF_DONE = 2, ASYNC_LEAF_CANCELLED = 3 };

enum { /* frame flags */
    ASYNC_LEAVING_ = 1,    /* in its finally part */
    ASYNC_FOREIGN_ = 2,    /* not on the stack: `type` leads to the link frame that stands for it */
    ASYNC_ENDED_ = 4,      /* a foreign frame that returned */
    ASYNC_ITEM_ = 8,       /* a generator with an item to take */
    ASYNC_WRAPPER_ = 16,   /* not a callee: results are read from the frame that ended before it */
    ASYNC_RAISES_ = 32,    /* the failure of a child goes straight to the finally part (out-of-line form) */
    ASYNC_SCOPED_ = 64,    /* has open scopes, their records directly above it */
    ASYNC_UNWINDING_ = 128, /* leaving through its scopes */
    ASYNC_GENERATOR_ = 256, /* driven by async_for */
    ASYNC_SEGMENT_ = 512,
    ASYNC_INNERMOST_ = 1024 /* a function that is innermost itself, with no leaf above it: it lets the others run once */
};

/* states that are no await; and, with a state: the caller looks at the status itself */
#define ASYNC_FINALLY_ 0xFFFFu
#define ASYNC_LEAVE_ 0xFFFEu
#define ASYNC_LABELLED_ 0xFFFDu
#define ASYNC_CATCH_ 0x8000u

/* ASYNCIO_FRAME_ALIGN: frames are laid out at multiples of this. */
#ifndef ASYNCIO_FRAME_ALIGN
typedef union async_aligned_ {
    void *p;
    long long i;
    double d;
    void (*f)(void);
} async_aligned_;
struct async_align_probe_ {
    char c;
    async_aligned_ member;
};
#define ASYNCIO_FRAME_ALIGN offsetof(struct async_align_probe_, member)
#endif
#define ASYNC_ROUND_(n) (((size_t)(n) + (ASYNCIO_FRAME_ALIGN - 1)) & ~(size_t)(ASYNCIO_FRAME_ALIGN - 1))

#if !ASYNCIO_NO_HEAP
typedef struct async_segment_ async_segment_;
#endif

#if !ASYNCIO_BARE
enum { ASYNC_TRACE_ = 8, ASYNC_BUDGET_ = 64 };
typedef struct async_trace_entry_ {
    const async_type *type;
    int line;
} async_trace_entry_;
#endif

#if ASYNCIO_HIGH_WATER
/* How much frame stack a task has used: counted from the bottom, as if all of it were one area. */
typedef struct async_mark_ {
    uintptr_t bottom;
    size_t high;
} async_mark_;
#endif

/* async_stack: the frame stack of the running task, and what passes between frames. Bodies and leaves receive it. */
struct async_stack {
    unsigned char *sp, *end;
    async_frame *top;  /* innermost frame of a task that is suspending */
    async_frame *done; /* the callee that ended last: its result is read here until the next call */
    async_task *task;
#if !ASYNCIO_BARE
    int budget; /* descriptor operations the task may do before others get a turn */
#endif
    int status; /* of that callee */
#if ASYNCIO_HIGH_WATER
    async_mark_ mark; /* the running task's */
#endif
    bool bounce; /* the next frame is entered by the trampoline, not by its caller */
    bool running, stopping; /* the loop; here, where a short offset reaches them */
    /* set by who needs them, so that programs without scopes do not contain them */
    int (*unwind)(async_stack *stack, async_frame *self);
    bool (*must)(async_task *task, async_frame *suspending);
    async_frame *(*base)(async_frame *self, unsigned char *above);
#if !ASYNCIO_NO_HEAP
    async_segment_ *grown; /* a new segment whose caller is not known yet */
    async_segment_ *spare, *older_spare;
    async_task *grower, *learner; /* who needed the newest segment; and it is not known yet that its function does */
    bool passes; /* the task that suspends is to run again in the next pass */
#endif
#if !ASYNCIO_BARE
    async_frame *failed; /* the outermost frame that a failure has left so far, its task, and the way it took */
    const async_task *failed_in;
    unsigned traced;
    async_trace_entry_ trace[ASYNC_TRACE_];
#endif
};

static inline async_step async_step_(int code)
{
    async_step step;
    step.code = code;
    return step;
}

#if ASYNC_ASAN_
void __asan_poison_memory_region(void const volatile *, size_t);
void __asan_unpoison_memory_region(void const volatile *, size_t);
#define ASYNC_POISON_(p, n) __asan_poison_memory_region(p, n)
#define ASYNC_UNPOISON_(p, n) __asan_unpoison_memory_region(p, n)
#else
#define ASYNC_POISON_(p, n) ((void)0)
#define ASYNC_UNPOISON_(p, n) ((void)0)
#endif

/* The stack will be in use up to `sp` plus `size`. */
#if ASYNCIO_HIGH_WATER
static inline void async_mark_high_(async_stack *stack, size_t size)
{
    size += (size_t)((uintptr_t)stack->sp - stack->mark.bottom);
    if (size > stack->mark.high)
        stack->mark.high = size;
}
#define ASYNC_MARK_HIGH_(stack, size) async_mark_high_(stack, size)
#else
#define ASYNC_MARK_HIGH_(stack, size) ((void)0)
#endif

/* ---- calling: what the macros of syntax.h stand on ----------------------------------------------------------- */

void *async_grow_(async_stack *stack, size_t size);
async_step async_suspend_(async_stack *stack, async_frame *self, async_frame *child, const async_type *type, int how);
void *async_push_(async_stack *stack, const async_type *type);
int async_call_(async_stack *stack, async_frame *self, void *child, unsigned state);
async_step async_left_(async_stack *stack, async_frame *self, unsigned state);
int async_enter_(async_stack *stack, async_frame *self, void *child);
void async_link_frame_(async_stack *stack, async_frame *self, async_frame *child);

async_step async_leave_(async_stack *stack, async_frame *self, const async_type *type);

#if ASYNCIO_BARE
#define ASYNC_TRACE_RESET_(stack)
#else
async_step async_trace_(async_stack *stack, async_frame *frame, const async_type *type, int status);
#define ASYNC_TRACE_RESET_(stack) (stack)->traced = 0;
#endif

static inline bool async_lacks_(const async_stack *stack, size_t size)
{
#if ASYNCIO_BARE
    return (size_t)(stack->end - stack->sp) < size;
#else
    return ASYNC_RARE_((uintptr_t)stack->sp + size > (uintptr_t)stack->end);
#endif
}

/* Where there is room. */
static inline void *async_bump_in_(async_stack *stack, size_t size)
{
    unsigned char *p = stack->sp;
#if !ASYNCIO_BARE
    ASYNC_ASSUME_(p != NULL);
#endif
    ASYNC_UNPOISON_(p, size);
    ASYNC_MARK_HIGH_(stack, size);
    stack->sp = p + size;
    return p;
}

static inline void *async_bump_(async_stack *stack, size_t size)
{
    return async_lacks_(stack, size) ? NULL : async_bump_in_(stack, size);
}

/* A callee starts with these and its arguments; type and distance are written when it suspends. */
static inline void async_fresh_(async_frame *frame, size_t clear)
{
    frame->distance = 0;
    frame->state = 0;
    frame->status = 0;
    frame->flags = 0;
#if ASYNCIO_DEBUG
    frame->line = 0;
#endif
    ASYNC_MEMSET_((unsigned char *)frame + sizeof *frame, 0, clear - sizeof *frame);
}

static inline async_frame *async_frame_of_(void *frame) { return (async_frame *)frame; }

int16_t async_bad_status_(int status);

#if ASYNCIO_VERIFY
/* verify.h counts the calls of a function that have begun and not ended. */
void async_verify_count_(const async_type *type, int change);
#endif

/* The function returns. */
static inline async_step async_ended_(async_stack *stack, async_frame *self, const async_type *type)
{
    int status = self->status;
    (void)stack;
    (void)type;
#if ASYNCIO_VERIFY
    async_verify_count_(type, -1);
#endif
#if !ASYNCIO_BARE
    if (ASYNC_RARE_(status < 0))
        return async_trace_(stack, self, type, status);
#endif
    return async_step_(status);
}

/* self is to run again in the next pass. What lies above it, or its not being a frame of the stack, needs the leaf. */
static inline async_step async_pass_(async_stack *stack, async_frame *self, async_frame *child, const async_type *type)
{
    if (!(self->flags & (ASYNC_SCOPED_ | ASYNC_FOREIGN_))) {
        self->flags |= ASYNC_INNERMOST_;
        return async_step_(ASYNC_PASSED_);
    }
    child->state = ASYNC_LEAF_DONE;
    return async_suspend_(stack, self, child, type, ASYNC_PASSES_);
}

static inline int16_t async_raised_(int status)
{
#if ASYNCIO_BARE
    return (int16_t)status;
#else
    return status < 0 && status >= ASYNC_STATUS_LEAST_ ? (int16_t)status : async_bad_status_(status);
#endif
}

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_FRAME_IMPLEMENTATION_
#define ASYNCIO_FRAME_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

int16_t async_bad_status_(int status)
{
    ASYNC_PANIC_("async_raise: a status is negative and not below -32768");
    return (int16_t)status;
}

#if !ASYNCIO_BARE
/* A frame is left by a failure: on from the callee that brought it, or the beginning of a new way. */
ASYNC_NOINLINE_ async_step async_trace_(async_stack *stack, async_frame *frame, const async_type *type, int status)
{
    if (stack->failed == NULL || stack->failed_in != stack->task || stack->status != status || stack->failed == frame)
        stack->traced = 0;
    if (stack->traced < ASYNC_TRACE_) {
        stack->trace[stack->traced].type = type;
        stack->trace[stack->traced].line = type->line;
#if ASYNCIO_DEBUG
        if (frame->line != 0)
            stack->trace[stack->traced].line = frame->line;
#endif
        stack->traced++;
    }
    stack->failed = frame;
    stack->failed_in = stack->task;
    stack->status = status;
    return async_step_(status);
}
#endif

#if !ASYNCIO_NO_HEAP

/* The bottom of a heap chunk: it gives the caller its old area back. */
struct async_segment_ {
    async_frame frame;
    async_frame *parent;
    unsigned char *sp, *end; /* of the caller */
    size_t size;             /* of this chunk */
#if ASYNCIO_HIGH_WATER
    uintptr_t bottom;        /* of the caller */
#endif
};

enum { ASYNC_FIRST_CHUNK_ = ASYNCIO_WINDOW > 512 ? 512 : ASYNCIO_WINDOW - 1 };

#define ASYNC_SEGMENT_SIZE_ ASYNC_ROUND_(sizeof(struct async_segment_))

static void async_segment_drop_(async_stack *stack, async_segment_ *segment)
{
    stack->sp = segment->sp;
    stack->end = segment->end;
#if ASYNCIO_HIGH_WATER
    stack->mark.bottom = segment->bottom;
#endif
    /* not freed at once: the result of the callee that just ended is still to be read there; two, as the callee's
     * wrapper may have needed a segment as well */
    if (stack->older_spare != NULL)
        ASYNCIO_FREE(stack->older_spare);
    stack->older_spare = stack->spare;
    stack->spare = segment;
}

static async_step async_segment_resume_(async_stack *stack, void *frame)
{
    async_segment_ *segment = (async_segment_ *)frame;
    if (!(segment->frame.flags & ASYNC_SCOPED_)) /* a scope record above keeps it */
        async_segment_drop_(stack, segment);
    return async_step_(stack->status);
}

static const async_type async_segment_type_ = ASYNC_TYPE_(async_segment_resume_, NULL, "segment",
    sizeof(struct async_segment_), sizeof(struct async_segment_));

void *async_grow_(async_stack *stack, size_t size)
{
    size_t need = ASYNC_SEGMENT_SIZE_ + size;
    size_t chunk = stack->grower == stack->task ? (size_t)ASYNCIO_WINDOW : (size_t)ASYNC_FIRST_CHUNK_;
    async_segment_ *segment = stack->spare;
    ASYNC_MARK_HIGH_(stack, size);
    if (chunk < need) /* a large frame: with room for what it awaits, or each call would need a chunk of its own */
        chunk = need + ASYNCIO_WINDOW / 4;
    if (segment != NULL && segment->size >= need && segment->size <= 2 * chunk) {
        stack->spare = stack->older_spare;
        stack->older_spare = NULL;
        chunk = segment->size;
    } else {
        segment = (async_segment_ *)ASYNCIO_MALLOC(chunk);
        if (segment == NULL)
            return NULL;
    }
    ASYNC_UNPOISON_(segment, chunk);
    async_fresh_(&segment->frame, sizeof(struct async_segment_));
    segment->frame.type = &async_segment_type_;
    segment->frame.flags = ASYNC_WRAPPER_ | ASYNC_SEGMENT_;
    segment->frame.distance = 0xFFFF;
    segment->sp = stack->sp;
    segment->end = stack->end;
    segment->size = chunk;
#if ASYNCIO_HIGH_WATER
    segment->bottom = stack->mark.bottom; /* the segment itself is not counted */
    stack->mark.bottom += (uintptr_t)segment + ASYNC_SEGMENT_SIZE_ - (uintptr_t)stack->sp;
#endif
    stack->sp = (unsigned char *)segment + need;
    stack->end = (unsigned char *)segment + chunk;
    stack->grower = stack->learner = stack->task;
    stack->grown = segment;
    stack->bounce = true;
    return (unsigned char *)segment + ASYNC_SEGMENT_SIZE_;
}

#else

#if defined(ASYNCIO_STACK_OVERFLOW)
static void async_overflow_(async_task *task, size_t bytes) { ASYNCIO_STACK_OVERFLOW(task, bytes); }
#else
#define async_overflow_(task, bytes) ((void)0)
#endif

void *async_grow_(async_stack *stack, size_t size)
{
    ASYNC_MARK_HIGH_(stack, size);
    async_overflow_(stack->task, (size_t)((uintptr_t)stack->sp - stack->mark.bottom) + size);
    (void)stack;
    (void)size;
    return NULL;
}

#endif

static async_frame *async_parent_(async_frame *frame)
{
    if (frame->distance == 0)
        return NULL;
#if !ASYNCIO_NO_HEAP
    if (frame->distance == 0xFFFF)
        return ((async_segment_ *)(void *)frame)->parent;
#endif
    return (async_frame *)(void *)((unsigned char *)frame - (size_t)frame->distance * ASYNCIO_FRAME_ALIGN);
}

/* What self is not the frame below of. */
#if !ASYNCIO_SMALL
ASYNC_NOINLINE_ /* so that what is usual saves no registers for it */
#endif
static async_step async_link_apart_(async_stack *stack, async_frame *self, async_frame *child)
{
    unsigned char *above = (unsigned char *)child;
#if !ASYNCIO_NO_HEAP
    async_segment_ *grown = stack->grown;
    if (grown != NULL && above == (unsigned char *)grown + ASYNC_SEGMENT_SIZE_) {
        stack->grown = NULL;
        if (self->flags & (ASYNC_FOREIGN_ | ASYNC_SCOPED_))
            self = stack->base(self, grown->sp);
        grown->parent = self;
        child->distance = (uint16_t)(ASYNC_SEGMENT_SIZE_ / ASYNCIO_FRAME_ALIGN);
        return async_step_(ASYNC_PENDING_);
    }
#endif
    if (self->flags & (ASYNC_FOREIGN_ | ASYNC_SCOPED_))
        self = stack->base(self, above);
    child->distance = (uint16_t)((size_t)(above - (unsigned char *)self) / ASYNCIO_FRAME_ALIGN);
    return async_step_(ASYNC_PENDING_);
}

static inline async_step async_link_(async_stack *stack, async_frame *self, async_frame *child)
{
#if !ASYNCIO_SMALL
    if (!(self->flags & (ASYNC_FOREIGN_ | ASYNC_SCOPED_))
#if !ASYNCIO_NO_HEAP
        && stack->grown == NULL
#endif
    ) {
        size_t distance = (size_t)((unsigned char *)child - (unsigned char *)self);
        child->distance = (uint16_t)(distance / ASYNCIO_FRAME_ALIGN);
        return async_step_(ASYNC_PENDING_);
    }
#endif
    return async_link_apart_(stack, self, child);
}

async_step async_suspend_(async_stack *stack, async_frame *self, async_frame *child, const async_type *type, int how)
{
#if ASYNCIO_NO_HEAP
    (void)how;
#else
    if (ASYNC_RARE_(how >= ASYNC_PASSES_))
        stack->passes = true;
#endif
    child->type = type;
    if (stack->top == NULL)
        stack->top = child;
    return async_link_(stack, self, child);
}

void async_link_frame_(async_stack *stack, async_frame *self, async_frame *child)
{
    (void)async_link_(stack, self, child);
}

void *async_push_(async_stack *stack, const async_type *type)
{
    size_t size = type->size;
    void *p;
    if (async_lacks_(stack, size)) {
        p = async_grow_(stack, size);
        if (p == NULL)
            return NULL;
    } else {
        p = async_bump_in_(stack, size);
    }
    ASYNC_MEMSET_(p, 0, type->clear);
    async_frame_of_(p)->type = type;
    return p;
}

/* Starts a pushed child of self: PENDING, or its status after it was popped. The state of self is the caller's work. */
ASYNC_INLINE_ int async_enter_as_(async_stack *stack, async_frame *self, async_frame *child, unsigned wrapper)
{
    int st = ASYNC_PENDING_;
    if (child == NULL) {
        stack->status = st = ASYNC_NO_MEMORY;
        return st;
    }
    if (!stack->bounce)
        st = child->type->resume(stack, child).code;
    if (st > 0) {
#if ASYNCIO_NO_HEAP /* the same without another copy of it */
        if (stack->top == NULL)
            stack->top = child;
        (void)async_link_(stack, self, child);
        return ASYNC_PENDING_;
#else
        return async_suspend_(stack, self, child, child->type, st).code;
#endif
    }
    stack->sp = (unsigned char *)child;
    if (!(child->flags & wrapper))
        stack->done = child;
    stack->status = st;
    return st;
}

int async_enter_(async_stack *stack, async_frame *self, void *child)
{
    return async_enter_as_(stack, self, async_frame_of_(child), ASYNC_WRAPPER_);
}

/* A failure goes to the finally part of a frame that did not ask for the status. */
static void async_raise_(async_frame *frame, int status)
{
    frame->status = (int16_t)status;
    frame->state = ASYNC_LEAVE_;
}

int async_call_(async_stack *stack, async_frame *self, void *child, unsigned state)
{
    int st;
    self->flags = (uint16_t)((self->flags | ASYNC_RAISES_) ^ (state & ASYNC_CATCH_) / (ASYNC_CATCH_ / ASYNC_RAISES_));
    self->state = (uint16_t)(state & ~ASYNC_CATCH_);
    st = async_enter_as_(stack, self, async_frame_of_(child), 0);
    if (st >= 0)
        return st;
    if (state & ASYNC_CATCH_)
        return 0;
    async_raise_(self, st);
    return ASYNC_AGAIN_;
}

/* A body leaves, and has scopes to exit first. */
async_step async_leave_(async_stack *stack, async_frame *self, const async_type *type)
{
    if (stack->unwind(stack, self) > 0)
        return async_step_(ASYNC_PENDING_);
    if (self->flags & ASYNC_LEAVING_)
        return async_ended_(stack, self, type);
    self->flags |= ASYNC_LEAVING_;
    self->state = ASYNC_FINALLY_;
    return type->resume(stack, self);
}

/* The end of a body in the out-of-line form: open scopes are exited, then comes the finally part, if there is one.
 * The state is LEAVE, or one that the body has no label for: FINALLY without such a part; or a label that a switch of
 * the user's has caught. */
async_step async_left_(async_stack *stack, async_frame *self, unsigned state)
{
    if (!(state & ASYNC_CATCH_)) /* an await's */
        ASYNC_PANIC_("await inside a switch");
    if (ASYNC_RARE_(self->flags & (ASYNC_SCOPED_ | ASYNC_UNWINDING_)) && stack->unwind(stack, self) > 0)
        return async_step_(ASYNC_PENDING_);
    if (self->flags & ASYNC_LEAVING_)
        return async_step_(self->status);
    self->flags |= ASYNC_LEAVING_;
    self->state = ASYNC_FINALLY_;
    return async_step_(ASYNC_AGAIN_);
}

ASYNC_EXTERN_C_END_

#endif
#endif
