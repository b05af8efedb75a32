/* context.h: variables that belong to a task, and that its children and callbacks inherit (contextvars). Hosts only.
 *
 * A task has a list of bindings; a new task and a callback share that of whoever makes or schedules it, and setting a
 * variable copies a list that is shared. Programs without context variables pay nothing. */
#ifndef ASYNCIO_CONTEXT_H
#define ASYNCIO_CONTEXT_H

#include "create.h"

#if !ASYNCIO_NO_HEAP

ASYNC_EXTERN_C_BEGIN_

/* async_context_var: a variable, of static storage: static async_context_var user = { "user", NULL }; its address is
 * what it is known by. The values are the program's: the library copies the pointer only. Mirrors ContextVar. */
typedef struct async_context_var {
    const char *name;
    void *value; /* where it was never set */
} async_context_var;

/* async_token: what async_context_var_set() has replaced. Mirrors Token. */
typedef struct async_token {
    const async_context_var *var;
    void *value;
    unsigned long context; /* in which it was set */
    bool was_set, used;
} async_token;

/* async_context_var_get: its value here: in the running task, in the callback, or outside of both.
 * async_context_var_set: gives it a value here, for what runs later here and for tasks that are created and callbacks
 *     that are scheduled from now on. token: NULL, or where to note the value it had. NO_MEMORY.
 * async_context_var_reset: gives it that value again. MISUSE when the token was used before, INVALID_ARGUMENT when it is
 *     another variable's or was set elsewhere; NO_MEMORY only if a task or callback made meanwhile shares the list.
 * Loop thread. Mirror ContextVar.get(), set() and reset(). */
void *async_context_var_get(const async_context_var *var);
async_status async_context_var_set(const async_context_var *var, void *value, async_token *token);
async_status async_context_var_reset(const async_context_var *var, async_token *token);

/* async_context: the bindings at some place. All zeros: none. Belongs to its owner. Mirrors Context.
 * async_copy_context: makes `context`, which must not hold any, those of here. Mirrors copy_context().
 * async_context_deinit: lets go of them. Nothing on all zeros.
 * async_context_get: a variable's value there.
 * async_context_run: calls function(data) with that context; what it sets stays there. MISUSE when it is in use already.
 *     A task created in it inherits it. Mirrors Context.run(). */
typedef struct async_context {
    struct async_bindings_ *bindings;
    unsigned long number; /* 0: nothing was set in it */
    bool entered;
} async_context;
void async_copy_context(async_context *context);
void async_context_deinit(async_context *context);
void *async_context_get(const async_context *context, const async_context_var *var);
async_status async_context_run(async_context *context, void (*function)(void *data), void *data);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_NO_HEAP
#ifndef ASYNCIO_CONTEXT_IMPLEMENTATION_
#define ASYNCIO_CONTEXT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

struct async_binding_ {
    const async_context_var *var;
    void *value;
};

/* Of more than one owner it is not changed any more. The bindings follow it. */
struct async_bindings_ {
    size_t owners, count;
};

/* What a handle holds in place of its own callback and data while it is scheduled. */
struct async_bound_ {
    async_node_ node;
    async_loop *loop;
    async_handle *handle;
    void (*callback)(async_handle *handle);
    void *data;
    struct async_bindings_ *bindings;
};

/* Of the thread, outside of a run. */
static ASYNC_THREAD_LOCAL_ struct async_context_place_ async_context_here_;
static ASYNC_THREAD_LOCAL_ unsigned long async_contexts_; /* how many have a number */

/* The contexts that are run, innermost first. One is in force where it was entered: not in a task that is stepped or a
 * loop that is run inside it. */
struct async_entered_ {
    struct async_context_place_ place;
    const async_context *context;
    const async_loop *loop;
    const async_task *task;
    struct async_entered_ *outer;
};
static ASYNC_THREAD_LOCAL_ struct async_entered_ *async_entered_;

static struct async_binding_ *async_bindings_of_(struct async_bindings_ *bindings)
{
    return (struct async_binding_ *)(void *)(bindings + 1);
}

static struct async_bindings_ *async_bindings_share_(struct async_bindings_ *bindings)
{
    if (bindings != NULL)
        bindings->owners++;
    return bindings;
}

static void async_bindings_release_(struct async_bindings_ *bindings)
{
    if (bindings != NULL && --bindings->owners == 0)
        ASYNCIO_FREE(bindings);
}

static struct async_binding_ *async_bindings_find_(struct async_bindings_ *bindings, const async_context_var *var)
{
    size_t i;
    for (i = 0; bindings != NULL && i < bindings->count; i++)
        if (async_bindings_of_(bindings)[i].var == var)
            return &async_bindings_of_(bindings)[i];
    return NULL;
}

/* Where the bindings of here are kept; NULL for a task that has no such place, unless it can be made. */
static struct async_context_place_ *async_context_find_place_(bool make)
{
    async_loop *loop = async_running_;
    async_task *task = loop == NULL ? NULL : loop->stack.task;
    struct async_extra_ *extra = NULL;
    if (async_entered_ != NULL && async_entered_->loop == loop && async_entered_->task == task)
        return &async_entered_->place;
    if (loop == NULL)
        return &async_context_here_;
    if (task == NULL)
        return &loop->callback_context;
    if (task->future.flags & ASYNC_EXTRA_)
        extra = async_extra_of_(task);
    if (extra == NULL && make) {
        extra = async_extra_make_(loop, task);
        if (extra != NULL)
            task->future.flags |= ASYNC_EXTRA_;
    }
    return extra == NULL ? NULL : &extra->context;
}

static struct async_bindings_ *async_context_now_(void)
{
    const struct async_context_place_ *place = async_context_hooks_ == NULL ? NULL : async_context_find_place_(false);
    return place == NULL ? NULL : place->bindings;
}

/* ---- what tasks and callbacks inherit ------------------------------------------------------------------------- */

static bool async_context_inherit_(async_loop *loop, async_task *task)
{
    struct async_bindings_ *bindings = async_context_now_();
    struct async_extra_ *extra;
    if (bindings == NULL)
        return true;
    extra = async_extra_make_(loop, task);
    if (extra == NULL)
        return false;
    task->future.flags |= ASYNC_EXTRA_;
    extra->context.bindings = async_bindings_share_(bindings);
    return true;
}

/* The handle is its own again; the bindings are the caller's to release. */
static struct async_bindings_ *async_bound_end_(async_handle *handle)
{
    struct async_bound_ *bound = (struct async_bound_ *)handle->data;
    struct async_bindings_ *bindings = bound->bindings;
    handle->callback = bound->callback;
    handle->data = bound->data;
    async_line_remove_(&bound->loop->bound, &bound->node);
    ASYNCIO_FREE(bound);
    return bindings;
}

/* A callback has returned: what it has set was its own. */
static void async_context_leave_(async_loop *loop)
{
    async_bindings_release_(loop->callback_context.bindings);
    loop->callback_context.bindings = NULL;
    loop->callback_context.number = 0;
}

static void async_bound_run_(async_handle *handle)
{
    async_context_leave_(async_running_); /* an exception handler may have set something */
    async_running_->callback_context.bindings = async_bound_end_(handle);
    handle->callback(handle);
}

/* Also without any bindings: what the callback sets is its own. */
static bool async_context_bind_(async_loop *loop, async_handle *handle)
{
    struct async_bound_ *bound = (struct async_bound_ *)ASYNCIO_MALLOC(sizeof *bound);
    if (bound == NULL)
        return false;
    bound->loop = loop;
    bound->handle = handle;
    bound->callback = handle->callback;
    bound->data = handle->data;
    bound->bindings = async_bindings_share_(async_context_now_());
    handle->callback = async_bound_run_;
    handle->data = bound;
    async_line_append_(&loop->bound, &bound->node);
    return true;
}

static void async_context_unbind_(async_handle *handle)
{
    if (handle->callback == async_bound_run_)
        async_bindings_release_(async_bound_end_(handle));
}

static bool async_context_calls_(const async_handle *handle, void (*callback)(async_handle *))
{
    return handle->callback == async_bound_run_ &&
        ((const struct async_bound_ *)handle->data)->callback == callback;
}

/* The callbacks of futures that are not done outlive the loop. */
static void async_context_close_(async_loop *loop)
{
    async_context_leave_(loop);
    while (loop->bound.first != NULL)
        async_context_unbind_(ASYNC_CONTAINER_(loop->bound.first, struct async_bound_, node)->handle);
}

static const struct async_context_hooks_ async_context_functions_ = { async_context_inherit_, async_context_bind_,
    async_context_unbind_, async_context_calls_, async_bindings_release_, async_context_leave_, async_context_close_ };

/* ---- variables ----------------------------------------------------------------------------------------------- */

void *async_context_var_get(const async_context_var *var)
{
    const struct async_binding_ *binding = async_bindings_find_(async_context_now_(), var);
    return binding == NULL ? var->value : binding->value;
}

/* A list of one owner, without the binding of `var`, and with room for it. NULL without memory. */
static struct async_bindings_ *async_bindings_own_(struct async_bindings_ *before, const async_context_var *var)
{
    size_t i, count = before == NULL ? 0 : before->count;
    struct async_bindings_ *bindings = (struct async_bindings_ *)ASYNCIO_MALLOC(
        sizeof *bindings + (count + 1) * sizeof(struct async_binding_));
    if (bindings == NULL)
        return NULL;
    bindings->owners = 1;
    bindings->count = 0;
    for (i = 0; i < count; i++)
        if (async_bindings_of_(before)[i].var != var)
            async_bindings_of_(bindings)[bindings->count++] = async_bindings_of_(before)[i];
    return bindings;
}

/* Gives it a value in `place`, or none. False: no memory. */
static bool async_bindings_change_(struct async_context_place_ *place, const async_context_var *var, bool set,
    void *value)
{
    struct async_bindings_ *bindings = place->bindings;
    struct async_binding_ *binding = async_bindings_find_(bindings, var);
    if (binding == NULL && !set)
        return true;
    if (binding == NULL || bindings->owners > 1) {
        bindings = async_bindings_own_(bindings, var);
        if (bindings == NULL)
            return false;
        async_bindings_release_(place->bindings);
        place->bindings = bindings;
        binding = &async_bindings_of_(bindings)[bindings->count];
        if (!set)
            return true;
        bindings->count++;
    } else if (!set) {
        *binding = async_bindings_of_(bindings)[--bindings->count];
        return true;
    }
    binding->var = var;
    binding->value = value;
    return true;
}

async_status async_context_var_set(const async_context_var *var, void *value, async_token *token)
{
    struct async_context_place_ *place = async_context_find_place_(true);
    const struct async_binding_ *before;
    async_token replaced;
    if (place == NULL)
        return ASYNC_NO_MEMORY;
    async_context_hooks_ = &async_context_functions_;
    before = async_bindings_find_(place->bindings, var);
    ASYNC_MEMSET_(&replaced, 0, sizeof replaced);
    replaced.var = var;
    replaced.was_set = before != NULL;
    if (before != NULL)
        replaced.value = before->value;
    if (!async_bindings_change_(place, var, true, value))
        return ASYNC_NO_MEMORY;
    if (place->number == 0)
        place->number = ++async_contexts_;
    replaced.context = place->number;
    if (token != NULL)
        *token = replaced;
    return ASYNC_OK;
}

async_status async_context_var_reset(const async_context_var *var, async_token *token)
{
    struct async_context_place_ *place = async_context_find_place_(false);
    if (token->used)
        return ASYNC_MISUSE;
    if (token->var != var || place == NULL || token->context != place->number)
        return ASYNC_INVALID_ARGUMENT;
    if (!async_bindings_change_(place, var, token->was_set, token->value))
        return ASYNC_NO_MEMORY;
    token->used = true;
    return ASYNC_OK;
}

/* ---- contexts ------------------------------------------------------------------------------------------------- */

void async_copy_context(async_context *context)
{
    context->bindings = async_bindings_share_(async_context_now_());
    context->number = 0;
    context->entered = false;
}

void async_context_deinit(async_context *context)
{
    async_bindings_release_(context->bindings);
    context->bindings = NULL;
}

/* A new task, which has inherited its bindings, is in this context itself. */
static void async_context_give_(const async_context *context, const async_task *task)
{
    if (task->future.flags & ASYNC_EXTRA_)
        async_extra_of_(task)->context.number = context->number;
}

/* What a task has set is now the context's. */
static void async_context_take_(async_context *context, const async_task *task)
{
    struct async_extra_ *extra = task->future.flags & ASYNC_EXTRA_ ? async_extra_of_(task) : NULL;
    if (extra == NULL)
        return;
    async_bindings_release_(context->bindings);
    context->bindings = async_bindings_share_(extra->context.bindings);
    context->number = extra->context.number;
}

void *async_context_get(const async_context *context, const async_context_var *var)
{
    const struct async_entered_ *entered = async_entered_;
    const struct async_binding_ *binding;
    while (entered != NULL && entered->context != context)
        entered = entered->outer;
    binding = async_bindings_find_(entered == NULL ? context->bindings : entered->place.bindings, var);
    return binding == NULL ? var->value : binding->value;
}

async_status async_context_run(async_context *context, void (*function)(void *data), void *data)
{
    struct async_entered_ entered;
    if (context->entered)
        return ASYNC_MISUSE;
    async_context_hooks_ = &async_context_functions_;
    context->entered = true;
    entered.place.bindings = context->bindings;
    entered.place.number = context->number;
    entered.context = context;
    entered.loop = async_running_;
    entered.task = async_current_task();
    entered.outer = async_entered_;
    async_entered_ = &entered;
    function(data);
    async_entered_ = entered.outer;
    context->bindings = entered.place.bindings;
    context->number = entered.place.number;
    context->entered = false;
    return ASYNC_OK;
}

ASYNC_EXTERN_C_END_

#endif
#endif
