/* calls.h: gathering straight from calls, without naming a task. Hosts only. */
#ifndef ASYNCIO_CALLS_H
#define ASYNCIO_CALLS_H

#include "gather.h"

#if !ASYNCIO_NO_HEAP

ASYNC_EXTERN_C_BEGIN_

/* await_gather(async_call(f, .a = 1), async_call_into(self->x, g, .b = 2), ...);
 *     runs up to eight calls at once, each as a task, and waits until all of them are done; then self->x is what g returned.
 *     The first failure is this one's: nothing is assigned, and the others run on, as in asyncio. A cancel cancels them.
 * await_gather_catch(status, ...);   status = how it ended.
 * NO_MEMORY when a task could not be made. `async_call` and `async_call_into` mean something in here only. Mirrors
 * asyncio.gather(f(1), g(2)). */
#define AWAIT_GATHER(...) ASYNC_AWAIT_GATHER_(ASYNC_HERE_, ASYNC_FAIL_, __VA_ARGS__)
#define AWAIT_GATHER_CATCH(status, ...) ASYNC_AWAIT_GATHER_(ASYNC_HERE_, (status) = st_;, __VA_ARGS__)
#define ASYNC_AWAIT_GATHER_(n, after, ...)                                                          \
    do {                                                                                            \
        struct async_gather_calls_ *child_; int st_;                                                \
        ASYNC_RECORD_AWAIT_("", async_gather_calls_)                                                \
        ASYNC_MARK_(n) child_ = (struct async_gather_calls_ *)async_push_(stack, &async_gather_calls_type_); \
        if (child_ != NULL) { child_->next = child_->tasks; ASYNC_CALLS_(CREATE, __VA_ARGS__) }     \
        if (async_gather_calls_begin_(stack, &self->frame, child_, ASYNC_STATE_OF_(n))) {           \
            return async_step_(ASYNC_PENDING_);                                                     \
            ASYNC_LABEL_(n);                                                                        \
        }                                                                                           \
        st_ = stack->status; child_ = (struct async_gather_calls_ *)(void *)stack->done;            \
        if (st_ >= 0) {                                                                             \
            child_->next = child_->tasks;                                                           \
            ASYNC_CALLS_(TAKE, __VA_ARGS__)                                                         \
            async_gather_calls_end_(child_);                                                        \
        }                                                                                           \
        after                                                                                       \
    } while (0)
#define ASYNC_CREATE_async_call(...) *child_->next++ = async_create_task(__VA_ARGS__);
#define ASYNC_CREATE_async_call_into(to, ...) *child_->next++ = async_create_task(__VA_ARGS__);
#define ASYNC_TAKE_async_call(...) child_->next++;
#define ASYNC_TAKE_async_call_into(to, ...) ASYNC_TAKE_INTO_(to, __VA_ARGS__, )
#define ASYNC_TAKE_INTO_(to, name, ...) (to) = async_result(*child_->next++, name);
/* each of the calls behind ASYNC_CREATE_ or ASYNC_TAKE_ */
#define ASYNC_CALLS_(what, ...) ASYNC_CALLS2_(ASYNC_COUNT_(__VA_ARGS__, ), what, __VA_ARGS__)
#define ASYNC_CALLS2_(n, what, ...) ASYNC_CALLS3_(n, what, __VA_ARGS__)
#define ASYNC_CALLS3_(n, what, ...) ASYNC_CALLS##n(what, __VA_ARGS__)
#define ASYNC_CALLS1(what, a) ASYNC_##what##_##a
#define ASYNC_CALLS2(what, a, ...) ASYNC_##what##_##a ASYNC_CALLS1(what, __VA_ARGS__)
#define ASYNC_CALLS3(what, a, ...) ASYNC_##what##_##a ASYNC_CALLS2(what, __VA_ARGS__)
#define ASYNC_CALLS4(what, a, ...) ASYNC_##what##_##a ASYNC_CALLS3(what, __VA_ARGS__)
#define ASYNC_CALLS5(what, a, ...) ASYNC_##what##_##a ASYNC_CALLS4(what, __VA_ARGS__)
#define ASYNC_CALLS6(what, a, ...) ASYNC_##what##_##a ASYNC_CALLS5(what, __VA_ARGS__)
#define ASYNC_CALLS7(what, a, ...) ASYNC_##what##_##a ASYNC_CALLS6(what, __VA_ARGS__)
#define ASYNC_CALLS8(what, a, ...) ASYNC_##what##_##a ASYNC_CALLS7(what, __VA_ARGS__)
#if ASYNCIO_KEYWORDS && !defined(__cplusplus)
#define await_gather AWAIT_GATHER
#define await_gather_catch AWAIT_GATHER_CATCH
#endif

struct async_gather_calls_ {
    struct async_gather gather;
    async_task *tasks[8], **next;
};
extern const async_type async_gather_calls_type_;
bool async_gather_calls_begin_(async_stack *stack, async_frame *self, struct async_gather_calls_ *calls, unsigned state);
void async_gather_calls_end_(struct async_gather_calls_ *calls);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_NO_HEAP
#ifndef ASYNCIO_CALLS_IMPLEMENTATION_
#define ASYNCIO_CALLS_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

void async_gather_calls_end_(struct async_gather_calls_ *calls)
{
    size_t i;
    for (i = 0; i < calls->gather.count; i++)
        async_release(calls->tasks[i]);
}

/* When it succeeds, the tasks stay until their results have been read. */
static async_step async_gather_calls_resume_(async_stack *stack, void *frame)
{
    struct async_gather_calls_ *calls = (struct async_gather_calls_ *)frame;
    async_step step = async_gather_resume(stack, &calls->gather);
    if (step.code < 0)
        async_gather_calls_end_(calls);
    return step;
}

ASYNC_RECORD_LEAF_(async_gather_calls_)
const async_type async_gather_calls_type_ = ASYNC_TYPE_(async_gather_calls_resume_, async_gather_cancel_, "await_gather",
    sizeof(struct async_gather_calls_), sizeof(struct async_gather_calls_));

/* True while it suspends; its status is in the stack otherwise, and when the state is resumed. */
bool async_gather_calls_begin_(async_stack *stack, async_frame *self, struct async_gather_calls_ *calls, unsigned state)
{
    self->state = (uint16_t)state;
    self->flags &= (uint16_t)~ASYNC_RAISES_;
    if (calls != NULL) {
        calls->gather.tasks = calls->tasks;
        calls->gather.count = (size_t)(calls->next - calls->tasks);
    }
    return async_enter_(stack, self, calls) > 0;
}

ASYNC_EXTERN_C_END_

#endif
#endif
