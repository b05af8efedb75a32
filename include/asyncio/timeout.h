/* timeout.h: deadlines: a scope (asyncio.timeout), and await_for (asyncio.wait_for on a call). */
#ifndef ASYNCIO_TIMEOUT_H
#define ASYNCIO_TIMEOUT_H

#include "sleep.h"

ASYNC_EXTERN_C_BEGIN_

/* async_timeout: a deadline for the rest of a function, or until it is exited by name. When it passes, the task is
 * cancelled; when the function then leaves with CANCELLED, that becomes TIMED_OUT. It lives in the frame that enters
 * it, and may be entered again after it was exited. */
typedef struct async_timeout {
    async_timer_handle timer;
    async_task *task;
    async_time when;
    uint16_t cancelling; /* of the task, when it was entered */
    uint8_t shields;     /* that it was in */
    uint8_t state;
} async_timeout;

enum { /* of an async_timeout */
    ASYNC_TIMEOUT_NEW_,
    ASYNC_TIMEOUT_ACTIVE_,
    ASYNC_TIMEOUT_EXPIRING_,
    ASYNC_TIMEOUT_EXPIRED_,
    ASYNC_TIMEOUT_EXITED_
};

/* async_timeout_enter(&self->timeout, delay);     in an async function: from here on it must be done within delay.
 * async_timeout_enter_at(&self->timeout, when);   the same until a moment of async_loop_time().
 *     Leaves the function with NO_MEMORY. Mirror asyncio.timeout() and timeout_at().
 * async_timeout_exit(&self->timeout, status)      exits it now; gives the status the block ends with: TIMED_OUT in place
 *     of CANCELLED if the deadline was the reason, `status` otherwise. */
#define async_timeout_enter(timeout, delay) ASYNC_TIMEOUT_ENTER_(timeout, async_timeout_when_(delay))
#define async_timeout_enter_at(timeout, when) ASYNC_TIMEOUT_ENTER_(timeout, when)
#define ASYNC_TIMEOUT_ENTER_(timeout, when)                                                         \
    do {                                                                                            \
        int st_; ASYNC_RECORD_SCOPE_("timeout", *(timeout)) st_ = async_timeout_enter_(stack, &self->frame, (timeout), (when));                \
        if (st_ < 0) { self->frame.status = (int16_t)st_; goto async_leave_; }                      \
    } while (0)
#define async_timeout_exit(timeout, status) async_timeout_exit_(stack, &self->frame, (timeout), (status))

/* async_timeout_expired: the deadline has passed while it was entered. async_timeout_when: the deadline.
 * async_timeout_reschedule: another one; MISUSE when it is not active. Mirror Timeout.expired(), .when(),
 * .reschedule(). */
bool async_timeout_expired(const async_timeout *timeout);
async_time async_timeout_when(const async_timeout *timeout);
async_status async_timeout_reschedule(async_timeout *timeout, async_time when);

/* await_for(timeout, f, ...);   calls f, which has that long: it is cancelled then, its finally parts run, and the await
 *     fails with TIMED_OUT. With a timeout of 0 or less f does not start. ASYNC_FOREVER: no deadline.
 * await_for_into(timeout, to, f, ...);   to = what it returned.
 * await_for_catch(timeout, status, f, ...);   status = how it ended. Mirror asyncio.wait_for(). */
#define AWAIT_FOR(timeout, ...) ASYNC_AWAIT_FOR_(ASYNC_HERE_, ASYNC_FAIL_, timeout, __VA_ARGS__, )
#define AWAIT_FOR_INTO(timeout, to, ...) \
    ASYNC_AWAIT_FOR_(ASYNC_HERE_, ASYNC_FAIL_ (to) = child_->result;, timeout, __VA_ARGS__, )
#define AWAIT_FOR_CATCH(timeout, status, ...) \
    ASYNC_AWAIT_FOR_(ASYNC_HERE_, (status) = st_;, timeout, __VA_ARGS__, )
#define ASYNC_AWAIT_FOR_(n, after, timeout, name, ...)                                              \
    ASYNC_AWAIT_WRAPPED_(n, "await_for", after, async_deadline_begin_(stack, &self->frame, (timeout),            \
        &name##_type, ASYNC_STATE_OF_(n)), name, __VA_ARGS__)
#define ASYNC_AWAIT_WRAPPED_(n, wrapper, after, begun, name, ...)                                   \
    do {                                                                                            \
        struct name *child_; int st_;                                                               \
        ASYNC_RECORD_AWAIT_(wrapper, name)                                                          \
        ASYNC_MARK_(n) child_ = (struct name *)begun;                                               \
        if (child_ != NULL) {                                                                       \
            ASYNC_SET_(child_, __VA_ARGS__)                                                         \
            return async_step_(ASYNC_PENDING_);                                                     \
            ASYNC_LABEL_(n);                                                                        \
        }                                                                                           \
        st_ = stack->status; child_ = (struct name *)(void *)stack->done; (void)child_; after       \
    } while (0)
#if ASYNCIO_KEYWORDS && !defined(__cplusplus)
#define await_for AWAIT_FOR
#define await_for_into AWAIT_FOR_INTO
#define await_for_catch AWAIT_FOR_CATCH
#endif

async_time async_timeout_when_(async_time delay);
int async_timeout_enter_(async_stack *stack, async_frame *self, async_timeout *timeout, async_time when);
async_status async_timeout_exit_(async_stack *stack, async_frame *self, async_timeout *timeout, int status);
void *async_deadline_begin_(async_stack *stack, async_frame *self, async_time timeout, const async_type *type,
    unsigned state);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_TIMEOUT_IMPLEMENTATION_
#define ASYNCIO_TIMEOUT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

static void async_timeout_fire_(async_handle *handle)
{
    async_timeout *timeout = (async_timeout *)handle->data;
    timeout->state = ASYNC_TIMEOUT_EXPIRING_;
    async_cancel_inside_(timeout->task, timeout->shields);
}

/* A deadline that has passed already is a callback of the next pass, as any call_soon. */
static async_status async_timeout_arm_(async_loop *loop, async_timeout *timeout, async_time when)
{
    timeout->when = when;
    if (when == ASYNC_FOREVER)
        return ASYNC_OK;
    if (!ASYNC_BEFORE_(async_loop_time(loop), when))
        return async_loop_soon_(loop, &timeout->timer.handle, async_timeout_fire_, timeout);
    return async_loop_at_(loop, when, &timeout->timer, async_timeout_fire_, timeout);
}

static async_status async_timeout_begin_(async_loop *loop, async_timeout *timeout, async_task *task, async_time when)
{
    ASYNC_MEMSET_(timeout, 0, sizeof *timeout);
    timeout->task = task;
    timeout->cancelling = task->future.cancelling;
    timeout->shields = (uint8_t)async_shields_(task);
    timeout->state = ASYNC_TIMEOUT_ACTIVE_;
    return async_timeout_arm_(loop, timeout, when);
}

static int async_timeout_end_(async_timeout *timeout, int status)
{
    async_timer_handle_cancel(&timeout->timer);
    if (timeout->state == ASYNC_TIMEOUT_EXPIRING_) {
        timeout->state = ASYNC_TIMEOUT_EXPIRED_;
        if (async_uncancel_inside_(timeout->task) <= (int)timeout->cancelling && status == ASYNC_CANCELLED)
            return ASYNC_TIMED_OUT;
    } else if (timeout->state == ASYNC_TIMEOUT_ACTIVE_) {
        timeout->state = ASYNC_TIMEOUT_EXITED_;
    }
    return status;
}

async_time async_timeout_when_(async_time delay)
{
    if (delay == ASYNC_FOREVER)
        return ASYNC_FOREVER;
    return ASYNC_LATER_(async_loop_time(async_loop_here_()), delay);
}

static int async_timeout_leave_(async_stack *stack, async_frame *self, void *object, int status)
{
    (void)stack;
    (void)self;
    return async_timeout_end_((async_timeout *)object, status);
}

int async_timeout_enter_(async_stack *stack, async_frame *self, async_timeout *timeout, async_time when)
{
    int status;
    if (async_scope_remove_(stack, self, timeout))
        ASYNC_PANIC_("async_timeout_enter: it is entered already");
    if (!async_scope_push_(stack, self, NULL, timeout, 0))
        return ASYNC_NO_MEMORY;
    status = async_timeout_begin_(async_loop_of_(stack), timeout, stack->task, when);
    if (status < 0)
        async_scope_pop_(stack, self);
    else
        async_scope_below_(stack->sp)->exit = async_timeout_leave_;
    return status;
}

async_status async_timeout_exit_(async_stack *stack, async_frame *self, async_timeout *timeout, int status)
{
    if (!async_scope_remove_(stack, self, timeout))
        return status;
    return async_timeout_end_(timeout, status);
}

bool async_timeout_expired(const async_timeout *timeout)
{
    return timeout->state == ASYNC_TIMEOUT_EXPIRING_ || timeout->state == ASYNC_TIMEOUT_EXPIRED_;
}

async_time async_timeout_when(const async_timeout *timeout) { return timeout->when; }

async_status async_timeout_reschedule(async_timeout *timeout, async_time when)
{
    if (timeout->state != ASYNC_TIMEOUT_ACTIVE_)
        return ASYNC_MISUSE;
    async_timer_handle_cancel(&timeout->timer);
    return async_timeout_arm_(async_loop_here_(), timeout, when);
}

/* ---- a call under a frame of the library's, which has a word to say when it ends ------------------------------ */

/* Takes out a frame that was pushed last, and the segment it may have needed. */
static void async_unpush_(async_stack *stack, async_frame *frame)
{
    async_frame *below = async_parent_(frame);
    stack->sp = (unsigned char *)frame;
    stack->bounce = false;
#if !ASYNCIO_NO_HEAP
    if (below != NULL && (below->flags & ASYNC_SEGMENT_) && !(below->flags & ASYNC_SCOPED_))
        async_segment_drop_(stack, (async_segment_ *)(void *)below);
#endif
    (void)below;
}

/* Pushes such a frame and the callee's above it, stack->top, which the trampoline will start. NULL: no memory, said in
 * stack->status. */
static async_frame *async_wrap_(async_stack *stack, async_frame *self, const async_type *wrapper_type,
    const async_type *type, unsigned state)
{
    async_frame *wrapper = (async_frame *)async_push_(stack, wrapper_type), *callee;
    self->state = (uint16_t)state;
    self->flags &= (uint16_t)~ASYNC_RAISES_;
    stack->status = ASYNC_NO_MEMORY;
    if (wrapper == NULL)
        return NULL;
    wrapper->flags = ASYNC_WRAPPER_;
    async_link_frame_(stack, self, wrapper);
    callee = (async_frame *)async_push_(stack, type);
    if (callee == NULL) {
        async_unpush_(stack, wrapper);
        return NULL;
    }
    async_link_frame_(stack, wrapper, callee);
    stack->top = callee;
    stack->bounce = true;
    return wrapper;
}

/* ---- await_for ----------------------------------------------------------------------------------------------- */

struct async_deadline_ {
    async_frame frame;
    async_timeout timeout;
};

static async_step async_deadline_resume_(async_stack *stack, void *frame)
{
    return async_step_(async_timeout_end_(&((struct async_deadline_ *)frame)->timeout, stack->status));
}

static const async_type async_deadline_type_ = ASYNC_TYPE_(async_deadline_resume_, NULL, "await_for",
    sizeof(struct async_deadline_), sizeof(struct async_deadline_));

/* The callee's frame; NULL: it does not start, for the reason in stack->status. */
void *async_deadline_begin_(async_stack *stack, async_frame *self, async_time timeout, const async_type *type,
    unsigned state)
{
    async_frame *deadline, *callee;
    int status;
    ASYNC_RECORD_LIBRARY_("await_for", struct async_deadline_)
    if (timeout <= 0) {
        stack->status = ASYNC_TIMED_OUT;
        return NULL;
    }
    deadline = async_wrap_(stack, self, &async_deadline_type_, type, state);
    if (deadline == NULL)
        return NULL;
    callee = stack->top;
    status = async_timeout_begin_(async_loop_of_(stack), &((struct async_deadline_ *)(void *)deadline)->timeout,
        stack->task, async_timeout_when_(timeout));
    if (status == ASYNC_OK)
        return callee;
    async_unpush_(stack, callee);
    async_unpush_(stack, deadline);
    stack->top = NULL;
    stack->status = status;
    return NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
