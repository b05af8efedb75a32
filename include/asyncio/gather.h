/* gather.h: waiting for several at once, and for one with a timeout (asyncio.gather, wait_for on a task). */
#ifndef ASYNCIO_GATHER_H
#define ASYNCIO_GATHER_H

#include "timeout.h"

ASYNC_EXTERN_C_BEGIN_

/* async_gathering: a gather that can be kept: a future that is done when all of them are, or when the first of them
 * fails. Await &gathering.future with async_future_wait; cancelling that cancels them all. */
typedef struct async_gathering {
    async_future future;
    bool (*cancel)(async_future *future);
    async_task *const *tasks;
    async_future *const *futures;
    size_t count, pending;
    async_handle *nodes;
    bool return_exceptions, cancel_requested, owns_nodes;
} async_gathering;

/* async_gathering_start: begins to gather `count` tasks, or, if tasks is NULL, futures; the array stays in place.
 * return_exceptions: waits for all of them, whatever becomes of them; read each with async_task_exception().
 * nodes: an array of count handles for it to use, or NULL to allocate one: NO_MEMORY then.
 * async_gathering_deinit: lets go of them; the tasks run on. Nothing on all zeros. */
async_status async_gathering_start(async_gathering *gathering, async_task *const *tasks, async_future *const *futures,
    size_t count, bool return_exceptions, async_handle *nodes);
void async_gathering_deinit(async_gathering *gathering);

/* await(async_gather, .tasks = array, .count = n): waits until all of them are done, and fails with the first failure
 * among them, the others going on. Their results are read with async_result(). The same task may be there twice; none
 * at all is done at once. With .return_exceptions the await succeeds, and .statuses, if given, gets each one's status:
 * INVALID_STATE of one that is not done. Cancelling it cancels them. .futures instead of .tasks; .nodes as above.
 * Mirrors asyncio.gather(). */
struct async_gather {
    async_leaf leaf;
    async_task *const *tasks;
    async_future *const *futures;
    size_t count;
    bool return_exceptions;
    async_status *statuses;
    async_handle *nodes;
    async_gathering gathering;
};
ASYNC_DECLARE(async_gather);

/* await_into(status, async_cancel_and_wait, .task = t): cancels a task, or a .future, and waits for its end, whatever
 * that is: its status is the result. A cancel of this await ends the wait only. */
struct async_cancel_and_wait {
    async_leaf leaf;
    async_task *task;
    async_future *future;
    async_status result;
    async_handle ended;
};
ASYNC_DECLARE(async_cancel_and_wait);

/* await(async_wait_for, .task = t, .timeout = d): waits for a task that runs already, or for .future; when the time is
 * over it is cancelled, its end is waited for, and the await fails with TIMED_OUT, unless it ended otherwise. A timeout
 * of 0 or less gives what is done, and cancels at once. ASYNC_FOREVER: no deadline. Mirrors asyncio.wait_for(). */
struct async_wait_for {
    async_frame frame;
    async_task *task;
    async_future *future;
    async_time timeout;
    async_status outcome;
    void *result; /* a future's value */
};
ASYNC_DECLARE(async_wait_for);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_GATHER_IMPLEMENTATION_
#define ASYNCIO_GATHER_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The array of handles with which something waits for several: the caller's, or one from the heap. */
static async_handle *async_nodes_(async_handle *nodes, size_t count, bool *owned)
{
    *owned = false;
#ifdef ASYNCIO_MALLOC
    if (nodes == NULL && count <= SIZE_MAX / sizeof *nodes) {
        nodes = (async_handle *)ASYNCIO_MALLOC(count * sizeof *nodes);
        *owned = nodes != NULL;
    }
#endif
    if (nodes != NULL)
        ASYNC_MEMSET_(nodes, 0, count * sizeof *nodes);
    return nodes;
}

static void async_nodes_free_(async_handle *nodes, bool owned)
{
#ifdef ASYNCIO_MALLOC
    if (owned)
        ASYNCIO_FREE(nodes);
#else
    (void)nodes;
    (void)owned;
#endif
}

/* One of several that are tasks or, without those, futures; NULL: a task that was never created. */
static async_future *async_member_(async_task *const *tasks, async_future *const *futures, size_t i)
{
    if (tasks == NULL)
        return futures[i];
    return tasks[i] == NULL ? NULL : &tasks[i]->future;
}

static async_future *async_gathered_(const async_gathering *g, size_t i)
{
    return async_member_(g->tasks, g->futures, i);
}

/* One of them is done. */
static void async_gathering_count_(async_gathering *g, async_future *future)
{
    int status = future == NULL ? (int)ASYNC_NO_MEMORY : future->status;
    g->pending--;
    if (future != NULL && !g->return_exceptions)
        future->flags |= ASYNC_RETRIEVED_;
    if (g->future.state != ASYNC_FUTURE_PENDING_)
        return;
    if (!g->return_exceptions && status < 0)
        async_future_complete_(async_loop_here_(), &g->future, ASYNC_FUTURE_DONE_, status);
    else if (g->pending == 0)
        async_future_complete_(async_loop_here_(), &g->future, ASYNC_FUTURE_DONE_,
            g->cancel_requested ? ASYNC_CANCELLED : ASYNC_OK);
}

static void async_gathering_node_(async_handle *node)
{
    async_gathering *g = (async_gathering *)node->data;
    async_gathering_count_(g, async_gathered_(g, (size_t)(node - g->nodes)));
}

static bool async_gathering_cancel_(async_future *future)
{
    async_gathering *g = (async_gathering *)(void *)future;
    bool accepted = false;
    size_t i;
    if (future->state != ASYNC_FUTURE_PENDING_)
        return false;
    for (i = 0; i < g->count; i++) {
        async_future *f = async_gathered_(g, i);
        if (f == NULL)
            continue;
        if (f->flags & ASYNC_IS_TASK_ ? async_cancel((async_task *)(void *)f) : async_future_cancel(f))
            accepted = true;
    }
    if (accepted)
        g->cancel_requested = true;
    return accepted;
}

async_status async_gathering_start(async_gathering *g, async_task *const *tasks, async_future *const *futures,
    size_t count, bool return_exceptions, async_handle *nodes)
{
    size_t i;
    ASYNC_MEMSET_(g, 0, sizeof *g);
    g->cancel = async_gathering_cancel_;
    g->tasks = tasks;
    g->futures = futures;
    g->count = g->pending = count;
    g->return_exceptions = return_exceptions;
    if (count == 0) {
        g->future.state = ASYNC_FUTURE_DONE_;
        return ASYNC_OK;
    }
    nodes = async_nodes_(nodes, count, &g->owns_nodes);
    if (nodes == NULL) {
        g->future.state = ASYNC_FUTURE_DONE_;
        g->future.status = ASYNC_NO_MEMORY;
        g->count = 0;
        return ASYNC_NO_MEMORY;
    }
    g->nodes = nodes;
    g->future.flags |= ASYNC_COMPOUND_;
    for (i = 0; i < count; i++) {
        async_future *f = async_gathered_(g, i);
        async_retain_future_(f);
        if (f != NULL && f->state == ASYNC_FUTURE_PENDING_)
            async_future_on_done_(f, &nodes[i], async_gathering_node_, g);
    }
    for (i = 0; i < count; i++) {
        async_future *f = async_gathered_(g, i);
        if (f == NULL || f->state != ASYNC_FUTURE_PENDING_)
            async_gathering_count_(g, f);
    }
    return ASYNC_OK;
}

void async_gathering_deinit(async_gathering *g)
{
    size_t i;
    for (i = 0; i < g->count; i++) {
        async_future *f = async_gathered_(g, i);
        if (f != NULL) {
            if (async_future_done(&g->future))
                f->flags |= ASYNC_RETRIEVED_; /* a failure that comes later is nobody's surprise */
            async_future_unlink_(async_loop_here_(), f, &g->nodes[i]);
            async_release_future_(f);
        }
    }
    async_nodes_free_(g->nodes, g->owns_nodes);
    g->nodes = NULL;
    g->count = 0;
    g->owns_nodes = false;
}

async_step async_gather_resume(async_stack *stack, void *frame)
{
    struct async_gather *gather = (struct async_gather *)frame;
    async_gathering *g = &gather->gathering;
    async_step step;
    size_t i;
    if (gather->leaf.frame.state == ASYNC_LEAF_NEW)
        (void)async_gathering_start(g, gather->tasks, gather->futures, gather->count, gather->return_exceptions,
            gather->nodes);
    step = async_future_join_(stack, &gather->leaf, &g->future);
    if (step.code == ASYNC_PENDING_)
        return step;
    for (i = 0; gather->statuses != NULL && i < g->count; i++) {
        async_future *f = async_gathered_(g, i);
        gather->statuses[i] = f == NULL ? (int)ASYNC_NO_MEMORY
            : async_future_done(f)      ? (int)f->status
                                        : (int)ASYNC_INVALID_STATE;
    }
    async_gathering_deinit(g);
    return step;
}

static bool async_gather_cancel_(async_task *task, void *frame)
{
    struct async_gather *gather = (struct async_gather *)frame;
    (void)task;
    return gather->leaf.frame.state == ASYNC_LEAF_WAITING && async_gathering_cancel_(&gather->gathering.future);
}

ASYNC_LEAF_DEFINE(async_gather, async_gather_cancel_);

static void async_cancel_and_wait_ended_(async_handle *handle) { async_leaf_complete((async_leaf *)handle->data); }

async_step async_cancel_and_wait_resume(async_stack *stack, void *frame)
{
    struct async_cancel_and_wait *wait = (struct async_cancel_and_wait *)frame;
    async_future *future = wait->task != NULL ? &wait->task->future : wait->future;
    bool is_task = future != NULL && (future->flags & ASYNC_IS_TASK_) != 0;
    async_status status;
    if (wait->leaf.frame.state == ASYNC_LEAF_NEW) {
        wait->result = ASYNC_NO_MEMORY;
        if (future == NULL)
            return async_step_(ASYNC_OK);
        wait->result = async_future_exception(future);
        if (wait->result != ASYNC_INVALID_STATE)
            return async_step_(ASYNC_OK);
        (void)async_leaf_wait(stack, &wait->leaf);
        async_future_on_done_(future, &wait->ended, async_cancel_and_wait_ended_, wait);
        if (is_task)
            async_cancel(async_retain((async_task *)(void *)future));
        else
            async_future_cancel(future);
        return async_step_(ASYNC_PENDING_);
    }
    async_future_unlink_(async_loop_of_(stack), future, &wait->ended);
    status = async_leaf_outcome(&wait->leaf);
    if (status == ASYNC_OK)
        wait->result = async_future_exception(future);
    if (is_task)
        async_release((async_task *)(void *)future);
    return async_step_(status);
}

ASYNC_LEAF_DEFINE(async_cancel_and_wait, async_leaf_cancel);

ASYNC_DEFINE(async_wait_for)
{
    async_future *future = self->task != NULL ? &self->task->future : self->future;
    ASYNC_BEGIN;
    if (self->timeout > 0) {
        AWAIT_FOR_INTO(self->timeout, self->result, async_future_wait, .future = future);
        ASYNC_RETURN();
    }
    if (future == NULL || async_future_done(future)) {
        AWAIT_INTO(self->result, async_future_wait, .future = future);
        ASYNC_RETURN();
    }
    AWAIT_INTO(self->outcome, async_cancel_and_wait, .future = future);
    if (self->outcome < 0)
        ASYNC_RAISE(self->outcome == ASYNC_CANCELLED ? (int)ASYNC_TIMED_OUT : self->outcome);
    if (self->task == NULL)
        self->result = future->value;
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
