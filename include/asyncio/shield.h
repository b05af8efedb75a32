/* shield.h: a call that a cancel does not cut short: for clean-up that must be finished. */
#ifndef ASYNCIO_SHIELD_H
#define ASYNCIO_SHIELD_H

#include "timeout.h"

ASYNC_EXTERN_C_BEGIN_

/* await_shielded(f, ...);               calls f. A cancel of the task is held back until f has ended; the next await after
 *                                       that gets it, or the task's end. Deadlines entered inside f still work.
 * await_shielded_into(to, f, ...);      to = what it returned.
 * await_shielded_catch(status, f, ...); status = how it ended.
 * NO_MEMORY. Up to 255 may be nested: a panic. Beyond asyncio, where it takes a task, a shield and a loop. */
#define AWAIT_SHIELDED(...) ASYNC_AWAIT_SHIELDED_(ASYNC_HERE_, ASYNC_FAIL_, __VA_ARGS__, )
#define AWAIT_SHIELDED_INTO(to, ...) \
    ASYNC_AWAIT_SHIELDED_(ASYNC_HERE_, ASYNC_FAIL_ (to) = child_->result;, __VA_ARGS__, )
#define AWAIT_SHIELDED_CATCH(status, ...) \
    ASYNC_AWAIT_SHIELDED_(ASYNC_HERE_, (status) = st_;, __VA_ARGS__, )
#define ASYNC_AWAIT_SHIELDED_(n, after, name, ...)                                                  \
    ASYNC_AWAIT_WRAPPED_(n, "await_shielded", after, async_shielded_begin_(stack, &self->frame,                       \
        &name##_type, ASYNC_STATE_OF_(n)), name, __VA_ARGS__)
#if ASYNCIO_KEYWORDS && !defined(__cplusplus)
#define await_shielded AWAIT_SHIELDED
#define await_shielded_into AWAIT_SHIELDED_INTO
#define await_shielded_catch AWAIT_SHIELDED_CATCH
#endif

void *async_shielded_begin_(async_stack *stack, async_frame *self, const async_type *type, unsigned state);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_SHIELD_IMPLEMENTATION_
#define ASYNCIO_SHIELD_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The call has ended: what was held back for it is thrown at the next await. */
static async_step async_shielded_resume_(async_stack *stack, void *frame)
{
    struct async_shielded_ *shield = (struct async_shielded_ *)frame;
    async_task *task = shield->task;
    unsigned cancelling = (unsigned)task->future.cancelling + shield->cancelling;
    async_line_remove_(&async_loop_of_(stack)->shields, &shield->node);
    task->future.status--;
    task->future.cancelling = (uint16_t)(cancelling < ASYNC_CANCELS_MOST_ ? cancelling : (unsigned)ASYNC_CANCELS_MOST_);
    if (shield->must) {
        task->future.flags |= ASYNC_MUST_;
        stack->must = async_must_;
    }
    return async_step_(stack->status);
}

static const async_type async_shielded_type_ = ASYNC_TYPE_(async_shielded_resume_, NULL, "await_shielded",
    sizeof(struct async_shielded_), sizeof(struct async_shielded_));

/* The callee's frame, to be started by the trampoline; NULL: no memory. */
void *async_shielded_begin_(async_stack *stack, async_frame *self, const async_type *type, unsigned state)
{
    struct async_shielded_ *shield;
    async_task *task = stack->task;
    ASYNC_RECORD_LIBRARY_("await_shielded", struct async_shielded_)
    if (async_shields_(task) >= 255)
        ASYNC_PANIC_("await_shielded: more than 255 nested");
    shield = (struct async_shielded_ *)(void *)async_wrap_(stack, self, &async_shielded_type_, type, state);
    if (shield == NULL)
        return NULL;
    shield->task = task;
    shield->cancelling = task->future.cancelling;
    shield->must = (task->future.flags & ASYNC_MUST_) != 0; /* the task has cancelled itself: not in here */
    task->future.cancelling = 0;
    task->future.flags &= (uint8_t)~ASYNC_MUST_;
    task->future.status++;
    async_line_append_(&async_loop_of_(stack)->shields, &shield->node);
    return stack->top;
}

ASYNC_EXTERN_C_END_

#endif
#endif
