/* syntax.h: the words an async function is written with. Macros only; the work is done in frame.h and scope.h.
 *
 * Every word has an upper-case twin; C++ has only those, and ASYNCIO_KEYWORDS 0 leaves only those in C. */
#ifndef ASYNCIO_SYNTAX_H
#define ASYNCIO_SYNTAX_H

#include "scope.h"

/* ---- preprocessor help: one assignment per argument ---------------------------------------------------------- */

#define ASYNC_17TH_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, ...) q
#define ASYNC_COUNT_(...) ASYNC_17TH_(__VA_ARGS__, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, ~)

/* The arguments of a call arrive with one empty one behind them, so that `await(f)` needs no empty `...`. As
 * statements, behind a frame: `(*frame) .delay = 20;` */
#define ASYNC_SET_(to, ...) ASYNC_CAT_(ASYNC_SET, ASYNC_COUNT_(__VA_ARGS__))(to, __VA_ARGS__)
#define ASYNC_SET0(to, z)
#define ASYNC_SET1(to, a, z) (*(to)) a;
#define ASYNC_SET2(to, a, ...) (*(to)) a; ASYNC_SET1(to, __VA_ARGS__)
#define ASYNC_SET3(to, a, ...) (*(to)) a; ASYNC_SET2(to, __VA_ARGS__)
#define ASYNC_SET4(to, a, ...) (*(to)) a; ASYNC_SET3(to, __VA_ARGS__)
#define ASYNC_SET5(to, a, ...) (*(to)) a; ASYNC_SET4(to, __VA_ARGS__)
#define ASYNC_SET6(to, a, ...) (*(to)) a; ASYNC_SET5(to, __VA_ARGS__)
#define ASYNC_SET7(to, a, ...) (*(to)) a; ASYNC_SET6(to, __VA_ARGS__)
#define ASYNC_SET8(to, a, ...) (*(to)) a; ASYNC_SET7(to, __VA_ARGS__)
#define ASYNC_SET9(to, a, ...) (*(to)) a; ASYNC_SET8(to, __VA_ARGS__)
#define ASYNC_SET10(to, a, ...) (*(to)) a; ASYNC_SET9(to, __VA_ARGS__)
#define ASYNC_SET11(to, a, ...) (*(to)) a; ASYNC_SET10(to, __VA_ARGS__)
#define ASYNC_SET12(to, a, ...) (*(to)) a; ASYNC_SET11(to, __VA_ARGS__)

/* The same joined by commas, inside an expression. */
#define ASYNC_PUT_(to, ...) ASYNC_CAT_(ASYNC_PUT, ASYNC_COUNT_(__VA_ARGS__))(to, __VA_ARGS__)
#define ASYNC_PUT0(to, z)
#define ASYNC_PUT1(to, a, z) (*(to)) a,
#define ASYNC_PUT2(to, a, ...) (*(to)) a, ASYNC_PUT1(to, __VA_ARGS__)
#define ASYNC_PUT3(to, a, ...) (*(to)) a, ASYNC_PUT2(to, __VA_ARGS__)
#define ASYNC_PUT4(to, a, ...) (*(to)) a, ASYNC_PUT3(to, __VA_ARGS__)
#define ASYNC_PUT5(to, a, ...) (*(to)) a, ASYNC_PUT4(to, __VA_ARGS__)
#define ASYNC_PUT6(to, a, ...) (*(to)) a, ASYNC_PUT5(to, __VA_ARGS__)
#define ASYNC_PUT7(to, a, ...) (*(to)) a, ASYNC_PUT6(to, __VA_ARGS__)
#define ASYNC_PUT8(to, a, ...) (*(to)) a, ASYNC_PUT7(to, __VA_ARGS__)
#define ASYNC_PUT9(to, a, ...) (*(to)) a, ASYNC_PUT8(to, __VA_ARGS__)
#define ASYNC_PUT10(to, a, ...) (*(to)) a, ASYNC_PUT9(to, __VA_ARGS__)
#define ASYNC_PUT11(to, a, ...) (*(to)) a, ASYNC_PUT10(to, __VA_ARGS__)
#define ASYNC_PUT12(to, a, ...) (*(to)) a, ASYNC_PUT11(to, __VA_ARGS__)

/* ---- compile-time checks, between ASYNC() and ASYNC_END ------------------------------------------------------ */

#define ASYNC_PRAGMA_(x) _Pragma(#x)
#if defined(__clang__)
#define ASYNC_CHECK_                                                                                       \
    ASYNC_PRAGMA_(clang diagnostic push) ASYNC_PRAGMA_(clang diagnostic error "-Wconditional-uninitialized") \
    ASYNC_PRAGMA_(clang diagnostic error "-Wsometimes-uninitialized")                                      \
    ASYNC_PRAGMA_(clang diagnostic error "-Wreturn-type") ASYNC_PRAGMA_(clang diagnostic error "-Wswitch") \
    ASYNC_PRAGMA_(clang diagnostic error "-Wint-conversion")                                               \
    ASYNC_PRAGMA_(clang diagnostic error "-Wincompatible-pointer-types")
#define ASYNC_UNCHECK_ ASYNC_PRAGMA_(clang diagnostic pop)
#elif defined(__GNUC__) && !defined(__cplusplus)
#if ASYNCIO_STRICT_LOCALS
#define ASYNC_CHECK_JUMP_ ASYNC_PRAGMA_(GCC diagnostic error "-Wjump-misses-init")
#else
#define ASYNC_CHECK_JUMP_
#endif
#define ASYNC_CHECK_                                                                              \
    ASYNC_PRAGMA_(GCC diagnostic push) ASYNC_PRAGMA_(GCC diagnostic error "-Wmaybe-uninitialized") \
    ASYNC_PRAGMA_(GCC diagnostic error "-Wreturn-type") ASYNC_PRAGMA_(GCC diagnostic error "-Woverflow") \
    ASYNC_PRAGMA_(GCC diagnostic error "-Wint-conversion")                                        \
    ASYNC_PRAGMA_(GCC diagnostic error "-Wincompatible-pointer-types")                            \
    ASYNC_CHECK_JUMP_
#define ASYNC_UNCHECK_ ASYNC_PRAGMA_(GCC diagnostic pop)
#else
#define ASYNC_CHECK_
#define ASYNC_UNCHECK_
#endif

/* ---- the label of an await ----------------------------------------------------------------------------------- */

#if ASYNCIO_COUNTER
#define ASYNC_HERE_ __COUNTER__
#define ASYNC_BASE_ enum { async_base_ = __COUNTER__ };
#else
#define ASYNC_HERE_ __LINE__
#define ASYNC_BASE_ enum { async_base_ = __LINE__ - 1 };
#endif
#define ASYNC_STATE_(n) ((unsigned)((n) - async_base_))

#if ASYNCIO_DEBUG
#define ASYNC_LINE_ self->frame.line = __LINE__;
#else
#define ASYNC_LINE_
#endif

#if ASYNCIO_COMPUTED_GOTO
#define ASYNC_ADDRESS_ (void)ASYNC_EXTENSION_ (&&async_leave_); /* clang wants one in every function that jumps */
#define ASYNC_CASE_BASE_ 0u
#define ASYNC_CASE_(k) case ASYNC_CASE_BASE_ + (k):
#define ASYNC_LABEL_NAME_(n) ASYNC_CAT_(async_label_, n)
#define ASYNC_LABEL_(n) ASYNC_LABEL_NAME_(n):
#define ASYNC_MARK_(n) ASYNC_LINE_ self->frame.label = ASYNC_EXTENSION_ (&&ASYNC_LABEL_NAME_(n));
#define ASYNC_STATE_OF_(n) (unsigned)ASYNC_LABELLED_CODE_
#define ASYNC_LABELLED_CODE_ 1u
#if defined(__clang__)
#define ASYNC_JUMP_                                                                                             \
    case ASYNC_LABELLED_CODE_: ASYNC_PRAGMA_(clang diagnostic push)                                             \
    ASYNC_PRAGMA_(clang diagnostic ignored "-Wpedantic") goto *self->frame.label; ASYNC_PRAGMA_(clang diagnostic pop)
#else
#define ASYNC_JUMP_                                                                                             \
    case ASYNC_LABELLED_CODE_: ASYNC_PRAGMA_(GCC diagnostic push)                                               \
    ASYNC_PRAGMA_(GCC diagnostic ignored "-Wpedantic") goto *self->frame.label; ASYNC_PRAGMA_(GCC diagnostic pop)
#endif
#else
#define ASYNC_ADDRESS_
/* Beyond any int, so that a switch of the user's around an await refuses the label. On boards by a smaller number and
 * a check on the label alone: 64-bit labels would cost a third of the code there. */
#ifndef ASYNCIO_CASE_BASE
#if SIZE_MAX > 0xFFFFFFFFu && defined(__GNUC__) && !defined(__clang__)
#define ASYNCIO_CASE_BASE 0xFFFFFFFF80000000u /* fits into an instruction; clang would take it for a negative int */
#elif SIZE_MAX > 0xFFFFFFFFu
#define ASYNCIO_CASE_BASE 0x100000000u
#else
#define ASYNCIO_CASE_BASE (INT_MAX + 1u)
#define ASYNC_LABEL_CHECK_
#endif
#endif
#define ASYNC_CASE_BASE_ ASYNCIO_CASE_BASE
#if defined(ASYNC_LABEL_CHECK_) && defined(__GNUC__) && !defined(__clang__) && !defined(__cplusplus)
#define ASYNC_CASE_(k)                                                                                  \
    ASYNC_PRAGMA_(GCC diagnostic push) ASYNC_PRAGMA_(GCC diagnostic error "-Wsign-conversion")          \
    case ASYNC_CASE_BASE_ + (k): ASYNC_PRAGMA_(GCC diagnostic pop)
#else
#define ASYNC_CASE_(k) case ASYNC_CASE_BASE_ + (k):
#endif
#define ASYNC_LABEL_(n) ASYNC_CASE_((n) - async_base_)
#define ASYNC_MARK_(n) ASYNC_LINE_
#define ASYNC_STATE_OF_(n) ASYNC_STATE_(n)
#define ASYNC_JUMP_
#endif

/* ---- defining an async function ------------------------------------------------------------------------------ */

/* async(name) { body }            a function of this file; struct name is its frame, `async_frame frame` first.
 * async(name, member) { body }    the frame is not zeroed from member on: for big buffers.
 * async_declare(name);            in a header, behind the struct: the function is defined in another file.
 * async_declare(name, member);
 * async_define(name) { body }     in that file.
 * Mirrors `async def`. */
#define ASYNC(...) ASYNC_DEFINE_STATIC_(__VA_ARGS__, ASYNC_TAIL_, ASYNC_WHOLE_, ~)
#define ASYNC_DECLARE(...) ASYNC_DECLARE_(__VA_ARGS__, ASYNC_TAIL_, ASYNC_WHOLE_, ~)
#define ASYNC_DEFINE(name)                                                                           \
    ASYNC_EXTERN_ const async_type name##_type =                                                     \
        ASYNC_TYPE_(name##_resume, NULL, #name, sizeof(struct name), name##_clear_);                 \
    ASYNC_CHECK_ ASYNC_BODY_(ASYNC_EXTERN_, name)

#ifdef __cplusplus
#define ASYNC_EXTERN_ extern "C"
#else
#define ASYNC_EXTERN_
#endif
#define ASYNC_WHOLE_(name, unused) sizeof(struct name)
#define ASYNC_TAIL_(name, member) offsetof(struct name, member)
#define ASYNC_DEFINE_STATIC_(name, member, clear, ...)                                               \
    ASYNC_SIZES_(name, member, clear, 0)                                                             \
    static async_step name##_resume(async_stack *, void *);                                          \
    static const async_type name##_type =                                                            \
        ASYNC_TYPE_(name##_resume, NULL, #name, sizeof(struct name), name##_clear_);                 \
    ASYNC_CHECK_ ASYNC_BODY_(static, name)
/* for who defines name_resume() as an inline function, which starts it */
#define ASYNC_DECLARE_INLINE_(name)                                                                  \
    ASYNC_SIZES_(name, ~, ASYNC_WHOLE_, 1)                                                           \
    ASYNC_EXTERN_C_BEGIN_ extern const async_type name##_type; ASYNC_EXTERN_C_END_ enum { name##_declared_ }
#define ASYNC_DECLARE_(name, member, clear, ...)                                                     \
    ASYNC_SIZES_(name, member, clear, 0)                                                             \
    ASYNC_EXTERN_C_BEGIN_ async_step name##_resume(async_stack *, void *);                           \
    extern const async_type name##_type; ASYNC_EXTERN_C_END_ enum { name##_declared_ }
/* a frame is refused that needs more alignment than the stack has, or is too long for a distance */
#define ASYNC_SIZES_(name, member, clear, passes)                                                    \
    struct name##_probe_ { char c; struct name frame; };                                             \
    typedef char name##_aligned_[offsetof(struct name##_probe_, frame) <= ASYNCIO_FRAME_ALIGN ? 1 : -1]; \
    typedef char name##_short_enough_[sizeof(struct name) <= 0x7FFFu * ASYNCIO_FRAME_ALIGN ? 1 : -1]; \
    enum { name##_clear_ = clear(name, member), name##_passes_ = passes };
#define ASYNC_BODY_(linkage, name)                                                                   \
    typedef char name##_frame_is_first_[offsetof(struct name, frame) == 0 ? 1 : -1];                 \
    static inline async_step name##_body_(async_stack *, struct name *, const async_type *);         \
    linkage async_step name##_resume(async_stack *stack, void *self)                                 \
    {                                                                                                \
        ASYNC_RECORD_FUNCTION_(name) ASYNC_VERIFY_BEGINS_(self, name)                                \
        ASYNC_REPEAT_(name##_body_(stack, (struct name *)self, &name##_type), name)                  \
    }                                                                                                \
    static inline async_step name##_body_(async_stack *stack, struct name *self, const async_type *type_)
#if ASYNCIO_SMALL
#define ASYNC_REPEAT_(call, name)                                                                    \
    async_step step;                                                                                 \
    do step = call; while (step.code == ASYNC_AGAIN_);                                               \
    ASYNC_SMALL_ENDS_(name) return step;
#if ASYNCIO_BARE
#define ASYNC_SMALL_ENDS_(name)
#else
#define ASYNC_SMALL_ENDS_(name) if (step.code <= 0) return async_ended_(stack, (async_frame *)self, &name##_type);
#endif
#else
#define ASYNC_REPEAT_(call, name) return call;
#endif
#if ASYNCIO_VERIFY
#define ASYNC_VERIFY_BEGINS_(self, name) \
    if (((async_frame *)(self))->state == 0) async_verify_count_(&name##_type, 1);
#else
#define ASYNC_VERIFY_BEGINS_(self, name)
#endif

/* ---- the body ------------------------------------------------------------------------------------------------ */

/* async_begin; ... async_end;     everything between them may await. Locals declared before async_begin are computed
 *                                 anew at every resume; others live in a block without an await.
 * async_finally;                  what follows runs on return, failure and cancellation alike, and may await.
 * async_error                     in the finally part: the status the function is leaving with.
 * async_return(); async_return(value);   leaves; value goes to self->result. `break` at body level does the same.
 * async_raise(status);            leaves with a negative status. */
#define ASYNC_BEGIN                                                                                  \
    ASYNC_BASE_ unsigned at_ = self->frame.state; (void)stack; (void)type_; ASYNC_ADDRESS_          \
    ASYNC_AGAIN_LABEL_ switch (ASYNC_CASE_BASE_ + at_) {                                             \
    ASYNC_DEFAULT_                                                                                   \
    ASYNC_JUMP_ case ASYNC_CASE_BASE_:
#define ASYNC_FINALLY                                                                                \
    break;                                                                                           \
    ASYNC_CASE_(ASYNC_FINALLY_) ASYNC_LEAVING_BEGINS_
#define ASYNC_END                                                                                    \
    }                                                                                                \
    async_leave_: ASYNC_LEAVE_NOW_
#if ASYNCIO_SMALL
/* one shared function does what every body does at its end */
#define ASYNC_AGAIN_LABEL_
#if !ASYNCIO_BARE
#define ASYNC_DEFAULT_                                                                               \
    default: if (at_ < ASYNC_LABELLED_) ASYNC_PANIC_("await inside a switch");                       \
        if (0) goto async_leave_;                                                                    \
        return async_left_(stack, &self->frame, at_);
#else
#define ASYNC_DEFAULT_ default: if (0) goto async_leave_; return async_left_(stack, &self->frame, at_);
#endif
#define ASYNC_LEAVING_BEGINS_ ((void)0)
#define ASYNC_LEAVE_NOW_ ASYNC_UNCHECK_ return async_left_(stack, &self->frame, ASYNC_LEAVE_)
#else
/* where it does not just end, another function goes on, so that a body that does saves no registers */
#define ASYNC_AGAIN_LABEL_ async_again_:
#define ASYNC_DEFAULT_                                                                               \
    default: if (at_ < ASYNC_LABELLED_) ASYNC_PANIC_("await inside a switch");                       \
        if (at_ == ASYNC_FINALLY_) goto async_ended_;                                                \
        goto async_leave_;
#define ASYNC_LEAVING_BEGINS_ self->frame.flags |= ASYNC_LEAVING_
#define ASYNC_LEAVE_NOW_                                                                             \
    if (ASYNC_RARE_(self->frame.flags & (ASYNC_SCOPED_ | ASYNC_UNWINDING_)))                         \
        return async_leave_(stack, &self->frame, type_);                                             \
    if (!(self->frame.flags & ASYNC_LEAVING_)) {                                                     \
        at_ = ASYNC_FINALLY_;                                                                        \
        goto async_again_;                                                                           \
    }                                                                                                \
    async_ended_: ASYNC_UNCHECK_ return async_ended_(stack, &self->frame, type_)
#endif
#define ASYNC_ERROR ((async_status)(self->frame.status > 0 ? -self->frame.status : self->frame.status))
#define ASYNC_RAISE(error)                                                                           \
    do { ASYNC_TRACE_RESET_(stack) self->frame.status = async_raised_(error); goto async_leave_; } while (0)
#define ASYNC_RETURN(...)                                                                            \
    do { ASYNC_CAT_(ASYNC_RETURN, ASYNC_EMPTY_(__VA_ARGS__))(__VA_ARGS__) goto async_leave_; } while (0)
#define ASYNC_RETURN0(...) self->result = (__VA_ARGS__);
#define ASYNC_RETURN1(...)
/* 1 for no argument: only an empty one makes a comma appear when (ASYNC_COMMA_ arg ()) is expanded, and not without */
#define ASYNC_COMMA_(...) ,
#define ASYNC_EMPTY_(...)                                                                            \
    ASYNC_CAT_(ASYNC_EMPTY_, ASYNC_CAT_(ASYNC_ONE_(ASYNC_COMMA_ __VA_ARGS__ ()), ASYNC_ONE_(ASYNC_COMMA_ __VA_ARGS__)))
#define ASYNC_ONE_(...) ASYNC_17TH_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, ~)
#define ASYNC_EMPTY_00 0
#define ASYNC_EMPTY_10 1
#define ASYNC_EMPTY_11 0

/* ---- await --------------------------------------------------------------------------------------------------- */

/* await(f, .a = 1, .b = 2);                   calls f and waits for its end; a failure leaves this function.
 * await_into(to, f, ...);                     to = what f returned (its member `result`).
 * await_catch(status, f, ...);                status = how f ended; a failure does not leave this function.
 * await_at(&self->child, f, ...);             the frame of f lives where the caller says and keeps its result;
 * await_at_into(&self->child, to, f, ...);    the first argument is evaluated twice.
 * await_at_catch(&self->child, status, f, ...);
 * Arguments are named, evaluated once, and zero where not given. A value with a comma in braces needs parentheses. */
#define AWAIT(...) ASYNC_AWAIT_(ASYNC_HERE_, 0u, ASYNC_DROP_, ~, __VA_ARGS__, )
#define AWAIT_INTO(to, ...) ASYNC_AWAIT_(ASYNC_HERE_, 0u, ASYNC_KEEP_, to, __VA_ARGS__, )
#define AWAIT_CATCH(status, ...) ASYNC_AWAIT_(ASYNC_HERE_, ASYNC_CATCH_, ASYNC_TELL_, status, __VA_ARGS__, )
#define AWAIT_AT(storage, ...) ASYNC_AWAIT_AT_(ASYNC_HERE_, ASYNC_FAIL_, storage, __VA_ARGS__, )
#define AWAIT_AT_INTO(storage, to, ...) \
    ASYNC_AWAIT_AT_(ASYNC_HERE_, ASYNC_FAIL_ (to) = child_->result;, storage, __VA_ARGS__, )
#define AWAIT_AT_CATCH(storage, status, ...) \
    ASYNC_AWAIT_AT_(ASYNC_HERE_, (status) = st_;, storage, __VA_ARGS__, )

#define ASYNC_FRAME_(child) async_frame_of_((void *)(child))
#define ASYNC_FAIL_ if (ASYNC_RARE_(st_ < 0)) { self->frame.status = (int16_t)st_; goto async_leave_; }
#if ASYNCIO_SMALL
/* one shared function does it all, the test for failure included */
#define ASYNC_INVOKE_(n, mode, name, ...)                                                            \
    ASYNC_MARK_(n) child_ = (struct name *)async_push_(stack, &name##_type);                         \
    if (child_ != NULL) { ASYNC_SET_(child_, __VA_ARGS__) }                                          \
    st_ = async_call_(stack, &self->frame, child_, (mode) + ASYNC_STATE_OF_(n));                     \
    if (st_ != 0) { return async_step_(st_); ASYNC_LABEL_(n); }
#define ASYNC_STATUS_ stack->status
#define ASYNC_CHILD_(name) ((struct name *)(void *)stack->done)
#define ASYNC_PROPAGATE_
#else
#define ASYNC_INVOKE_(n, mode, name, ...)                                                            \
    int deep_; deep_ = 0;                                                                            \
    ASYNC_MARK_(n) child_ = (struct name *)async_bump_(stack, ASYNC_ROUND_(sizeof(struct name)));    \
    if (ASYNC_RARE_(child_ == NULL)) {                                                               \
        deep_ = 1;                                                                                   \
        child_ = (struct name *)async_grow_(stack, ASYNC_ROUND_(sizeof(struct name)));               \
    }                                                                                                \
    if (ASYNC_RARE_(child_ == NULL)) st_ = ASYNC_NO_MEMORY;                                          \
    else {                                                                                           \
        async_fresh_(ASYNC_FRAME_(child_), name##_clear_);                                           \
        ASYNC_SET_(child_, __VA_ARGS__)                                                              \
        st_ = ASYNC_RARE_(deep_) ? ASYNC_PENDING_ : name##_resume(stack, child_).code;               \
        if (ASYNC_RARE_(st_ > 0)) {                                                                  \
            self->frame.state = (uint16_t)ASYNC_STATE_OF_(n);                                        \
            if (name##_passes_ && st_ == ASYNC_PASSES_)                                              \
                return async_pass_(stack, &self->frame, ASYNC_FRAME_(child_), &name##_type);         \
            return async_suspend_(stack, &self->frame, ASYNC_FRAME_(child_), &name##_type, st_);     \
            ASYNC_LABEL_(n) st_ = stack->status; child_ = (struct name *)(void *)stack->done;        \
        } else stack->sp = (unsigned char *)child_;                                                  \
    }
#define ASYNC_STATUS_ st_
#define ASYNC_CHILD_(name) child_
#define ASYNC_PROPAGATE_ ASYNC_FAIL_
#endif
#define ASYNC_AWAIT_(n, mode, after, to, name, ...)                                                  \
    do {                                                                                             \
        struct name *child_; int st_;                                                                \
        ASYNC_RECORD_AWAIT_("", name)                                                                \
        ASYNC_INVOKE_(n, mode, name, __VA_ARGS__) after(name, to)                                    \
        ASYNC_POISON_(stack->sp, (size_t)(stack->end - stack->sp));                                  \
    } while (0)
#define ASYNC_DROP_(name, to) ASYNC_PROPAGATE_
#define ASYNC_KEEP_(name, to) ASYNC_PROPAGATE_ (to) = ASYNC_CHILD_(name)->result;
#define ASYNC_TELL_(name, to) (to) = ASYNC_STATUS_;
#define ASYNC_AWAIT_AT_(n, after, storage, name, ...)                                                \
    do {                                                                                             \
        struct name *child_; int st_;                                                                \
        ASYNC_RECORD_AWAIT_("link", name)                                                            \
        ASYNC_MARK_(n) child_ = (storage);                                                           \
        async_place_(ASYNC_FRAME_(child_), &name##_type);                                            \
        ASYNC_SET_(child_, __VA_ARGS__)                                                              \
        if (async_call_at_(stack, &self->frame, ASYNC_FRAME_(child_), ASYNC_STATE_OF_(n))) {         \
            return async_step_(ASYNC_PENDING_);                                                      \
            ASYNC_LABEL_(n);                                                                         \
        }                                                                                            \
        st_ = stack->status; child_ = (storage); (void)child_; after                                 \
    } while (0)

/* await_enter(&lock);             async with lock: it is given back when this function leaves, in whatever way, before
 *                                 its finally part runs. The argument is evaluated once.
 * async_exit(&lock);              gives it back now. */
#define AWAIT_ENTER(object) ASYNC_AWAIT_ENTER_(ASYNC_HERE_, object)
#define ASYNC_AWAIT_ENTER_(n, object)                                                                \
    do {                                                                                             \
        ASYNC_RECORD_SCOPE_("enter", *(object))                                                      \
        ASYNC_MARK_(n)                                                                               \
        if (async_acquire_begin_(stack, &self->frame, &(object)->enterable, ASYNC_STATE_OF_(n))) {   \
            return async_step_(ASYNC_PENDING_);                                                      \
            ASYNC_LABEL_(n);                                                                         \
        }                                                                                            \
        if (async_acquire_end_(stack, &self->frame)) goto async_leave_;                              \
    } while (0)
#define ASYNC_EXIT(object) async_scope_exit_now_(stack, &self->frame, &(object)->enterable)

/* ---- generators ---------------------------------------------------------------------------------------------- */

/* async_yield(value);                         in the generator: hands out an item, self->result.
 * async_generator_open(&self->g, f, ...);     in the consumer, whose frame holds the generator's: struct f g;
 * async_for (&self->g) { ... self->g.result ... }   may await, break and continue.
 * await_close(&self->g);                      in the consumer's finally: runs the generator's finally, which may await;
 *                                             nothing if it ended or was never opened.
 * An async_yield inside an open scope is a panic: the scope would belong to whoever happens to run. */
#define ASYNC_YIELD(value) ASYNC_YIELD_(ASYNC_HERE_, value)
#define ASYNC_YIELD_(n, value)                                                                       \
    do {                                                                                             \
        ASYNC_MARK_(n) self->result = (value);                                                       \
        self->frame.state = (uint16_t)ASYNC_STATE_OF_(n);                                            \
        return async_yielded_(&self->frame);                                                         \
        ASYNC_LABEL_(n);                                                                             \
    } while (0)
#define ASYNC_GENERATOR_OPEN(generator, ...) ASYNC_GENERATOR_OPEN_(generator, __VA_ARGS__, )
#define ASYNC_GENERATOR_OPEN_(generator, name, ...)                                                  \
    do {                                                                                             \
        struct name *child_; child_ = (generator);                                                   \
        ASYNC_RECORD_AWAIT_("link", name)                                                            \
        async_place_(ASYNC_FRAME_(child_), &name##_type);                                            \
        ASYNC_SET_(child_, __VA_ARGS__)                                                              \
    } while (0)
#define ASYNC_FOR(generator) ASYNC_FOR_(ASYNC_HERE_, generator)
#define ASYNC_FOR_(n, generator)                                                                     \
    while (!((generator)->frame.flags & ASYNC_ENDED_))                                               \
    if (!((generator)->frame.flags & ASYNC_ITEM_)) {                                                 \
        ASYNC_RECORD_NEXT_(generator)                                                                \
        ASYNC_MARK_(n)                                                                               \
        if (async_next_(stack, &self->frame, &(generator)->frame, ASYNC_STATE_OF_(n))) {             \
            return async_step_(ASYNC_PENDING_);                                                      \
            ASYNC_LABEL_(n);                                                                         \
        }                                                                                            \
        if (stack->status < 0) { self->frame.status = (int16_t)stack->status; goto async_leave_; }   \
    } else if ((generator)->frame.flags &= (uint16_t)~ASYNC_ITEM_, 0) { } else
#define AWAIT_CLOSE(generator) ASYNC_AWAIT_CLOSE_(ASYNC_HERE_, generator)
#define ASYNC_AWAIT_CLOSE_(n, generator)                                                             \
    do {                                                                                             \
        ASYNC_RECORD_NEXT_(generator)                                                                \
        ASYNC_MARK_(n)                                                                               \
        if (async_generator_close_(stack, &self->frame, &(generator)->frame, ASYNC_STATE_OF_(n))) {  \
            return async_step_(ASYNC_PENDING_);                                                      \
            ASYNC_LABEL_(n);                                                                         \
        }                                                                                            \
        if (stack->status < 0) { self->frame.status = (int16_t)stack->status; goto async_leave_; }   \
    } while (0)

/* ---- the same in lower case ---------------------------------------------------------------------------------- */

#define async_generator_open ASYNC_GENERATOR_OPEN
#define async_begin ASYNC_BEGIN
#define async_end ASYNC_END
#define async_finally ASYNC_FINALLY
#define async_error ASYNC_ERROR
#define async_raise ASYNC_RAISE
#define async_return ASYNC_RETURN
#define async_declare ASYNC_DECLARE
#define async_define ASYNC_DEFINE
#define async_yield ASYNC_YIELD
#define async_exit ASYNC_EXIT
#if ASYNCIO_KEYWORDS && !defined(__cplusplus)
#define async ASYNC
#define await AWAIT
#define await_into AWAIT_INTO
#define await_catch AWAIT_CATCH
#define await_at AWAIT_AT
#define await_at_into AWAIT_AT_INTO
#define await_at_catch AWAIT_AT_CATCH
#define await_enter AWAIT_ENTER
#define await_close AWAIT_CLOSE
#define async_for ASYNC_FOR
#endif

#endif
