/* foreign.h: frames that live outside the frame stack, in the caller's frame or in static storage: await_at and
 * generators. While one runs or is suspended, a link frame stands for it in the stack. */
#ifndef ASYNCIO_FOREIGN_H
#define ASYNCIO_FOREIGN_H

#include "scope.h"

ASYNC_EXTERN_C_BEGIN_

void async_place_(async_frame *frame, const async_type *type);
bool async_call_at_(async_stack *stack, async_frame *self, async_frame *child, unsigned state);
bool async_next_(async_stack *stack, async_frame *self, async_frame *generator, unsigned state);
bool async_generator_close_(async_stack *stack, async_frame *self, async_frame *generator, unsigned state);
async_step async_yielded_(async_frame *self);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_FOREIGN_IMPLEMENTATION_
#define ASYNCIO_FOREIGN_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The frame it stands for points back at it in place of its type, which is kept here. */
struct async_link_frame {
    async_frame frame;
    async_frame *child;
    const async_type *type;
};

static async_step async_link_resume_(async_stack *stack, void *frame)
{
    struct async_link_frame *link = (struct async_link_frame *)frame;
    async_frame *child = link->child;
    int st;
    if (link->frame.status < 0) { /* thrown at a leaf */
        child->status = link->frame.status;
        link->frame.status = 0;
    }
    if (stack->status < 0 && (child->flags & ASYNC_RAISES_)) /* a callee of its failed */
        async_raise_(child, stack->status);
    st = link->type->resume(stack, child).code;
    if (st == ASYNC_PENDING_)
        return async_step_(st);
    child->type = link->type;
    child->flags &= (uint16_t)~ASYNC_FOREIGN_;
    if (st == ASYNC_YIELDED_) {
        child->flags |= ASYNC_ITEM_;
        st = 0;
    } else {
        child->flags |= ASYNC_ENDED_;
        stack->done = child;
    }
    return async_step_(st);
}

static bool async_link_cancel_(async_task *task, void *frame)
{
    struct async_link_frame *link = (struct async_link_frame *)frame;
    return link->type->cancel != NULL && link->type->cancel(task, link->child);
}

static const async_type async_link_type_ = ASYNC_TYPE_(async_link_resume_, async_link_cancel_, "link",
    sizeof(struct async_link_frame), sizeof(struct async_link_frame));

void async_place_(async_frame *frame, const async_type *type)
{
    ASYNC_MEMSET_(frame, 0, type->clear);
    frame->type = type;
}

/* True while it suspends; its status is in the stack otherwise, and when the state is resumed. */
bool async_call_at_(async_stack *stack, async_frame *self, async_frame *child, unsigned state)
{
    struct async_link_frame *link;
    ASYNC_RECORD_LIBRARY_("link", struct async_link_frame)
    self->state = (uint16_t)state;
    self->flags &= (uint16_t)~ASYNC_RAISES_;
    stack->base = async_scope_base_;
    link = (struct async_link_frame *)async_push_(stack, &async_link_type_);
    if (link != NULL) {
        link->frame.flags = ASYNC_WRAPPER_;
        link->child = child;
        link->type = child->type;
        child->flags = (uint16_t)((child->flags & ~(unsigned)ASYNC_RAISES_) | ASYNC_FOREIGN_);
        child->type = (const async_type *)(const void *)link;
    }
    return async_enter_(stack, self, link) > 0;
}

async_step async_yielded_(async_frame *self)
{
    if (!(self->flags & ASYNC_GENERATOR_))
        ASYNC_PANIC_("async_yield in a function that no async_for drives");
    if (self->flags & ASYNC_SCOPED_)
        ASYNC_PANIC_("async_yield inside an open scope");
    if (self->flags & ASYNC_LEAVING_)
        ASYNC_PANIC_("async_yield in the finally part of a generator");
    return async_step_(ASYNC_YIELDED_);
}

bool async_next_(async_stack *stack, async_frame *self, async_frame *generator, unsigned state)
{
    if (generator->type == NULL)
        ASYNC_PANIC_("async_for over a generator that was not opened");
    if (generator->flags & ASYNC_FOREIGN_)
        ASYNC_PANIC_("a generator is driven by two at once");
    generator->flags |= ASYNC_GENERATOR_;
    return async_call_at_(stack, self, generator, state);
}

bool async_generator_close_(async_stack *stack, async_frame *self, async_frame *generator, unsigned state)
{
    stack->status = 0;
    if (generator->type == NULL || (generator->flags & ASYNC_ENDED_))
        return false;
    if (generator->state == 0) {
        generator->flags |= ASYNC_ENDED_;
        return false;
    }
    generator->flags &= (uint16_t)~ASYNC_ITEM_;
    generator->state = ASYNC_LEAVE_;
    return async_next_(stack, self, generator, state);
}

ASYNC_EXTERN_C_END_

#endif
#endif
