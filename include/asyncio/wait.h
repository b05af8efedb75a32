/* wait.h: waiting for some of several, for each in turn, and without passing a cancel on (asyncio.wait, as_completed,
 * shield), and a race, whose losers are cancelled. */
#ifndef ASYNCIO_WAIT_H
#define ASYNCIO_WAIT_H

#include "gather.h"
#include "queue.h"

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_ALL_COMPLETED, ASYNC_FIRST_COMPLETED, ASYNC_FIRST_EXCEPTION };

/* await_into(n, async_wait, .tasks = array, .count = n, .return_when = ASYNC_FIRST_COMPLETED, .timeout = d): waits until
 * one, or all, are done, or one has failed (a cancelled one has not), or the time is over (.timeout not given,
 * or 0: for ever; negative: at once). It fails with none of theirs and leaves them alone; ask each with async_task_done(). The result is how many
 * are done. .futures instead of .tasks; .nodes: an array of count handles to use, otherwise one is allocated: NO_MEMORY.
 * INVALID_ARGUMENT for none at all. Always suspends. Mirrors asyncio.wait(). */
struct async_wait {
    async_leaf leaf;
    async_task *const *tasks;
    async_future *const *futures;
    size_t count;
    int return_when;
    async_time timeout;
    async_handle *nodes;
    size_t result;
    size_t pending;
    async_timer_handle timer;
    bool owns_nodes;
};
ASYNC_DECLARE(async_wait);

/* await(async_shield, .task = t): waits for a task, or a .future, as async_join does; but a cancel ends the wait only,
 * and the task goes on. The result is a future's value. Mirrors asyncio.shield(). */
struct async_shield {
    async_leaf leaf;
    async_task *task;
    async_future *future;
    void *result;
    async_handle node;
};
ASYNC_DECLARE(async_shield);

/* await_into(i, async_race, .tasks = array, .count = n): waits until the first of them is done, cancels the others and
 * waits for their end. The result is which won. A cancel cancels all of
 * them, and it ends when they have ended. .nodes as above: NO_MEMORY; INVALID_ARGUMENT for none. Beyond asyncio. */
struct async_race {
    async_leaf leaf;
    async_task *const *tasks;
    size_t count;
    async_handle *nodes;
    size_t result;
    size_t pending;
    int16_t error;
    bool owns_nodes, decided, asked;
};
ASYNC_DECLARE(async_race);

#if !ASYNCIO_NO_HEAP
/* async_as_completed: gives tasks in the order in which they end. Belongs to its owner; not to be moved. */
typedef struct async_as_completed {
    async_task *const *tasks;
    size_t count, running, left;
    async_handle *nodes;
    async_timer_handle timer;
    async_queue done; /* of async_task *; the iterator's own address: the time was over */
} async_as_completed;

/* async_as_completed_init: for count tasks, each once; timeout: for all of them together, ASYNC_FOREVER for none.
 * NO_MEMORY. async_as_completed_deinit: lets go of the tasks, which run on. Nothing on all zeros. */
async_status async_as_completed_init(async_as_completed *iterator, async_task *const *tasks, size_t count,
    async_time timeout);
void async_as_completed_deinit(async_as_completed *iterator);

/* await_into(task, async_as_completed_next, .iterator = &it): the next that has ended; NULL when there were all (ask
 * async_as_completed_left() where a task may be NULL itself). TIMED_OUT for each that had not ended in time.
 * async_as_completed_left: how many are still to come. */
size_t async_as_completed_left(const async_as_completed *iterator);
struct async_as_completed_next {
    struct async_queue_get get;
    async_as_completed *iterator;
    async_task *result;
};
ASYNC_DECLARE(async_as_completed_next);
#endif

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_WAIT_IMPLEMENTATION_
#define ASYNCIO_WAIT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* ---- wait ---------------------------------------------------------------------------------------------------- */

static async_future *async_awaited_member_(const struct async_wait *wait, size_t i)
{
    return async_member_(wait->tasks, wait->futures, i);
}

static void async_wait_count_(struct async_wait *wait, const async_future *future)
{
    wait->pending--;
    if (wait->pending == 0 || wait->return_when == ASYNC_FIRST_COMPLETED ||
        (wait->return_when == ASYNC_FIRST_EXCEPTION && future->state == ASYNC_FUTURE_DONE_ && future->status < 0)) {
        async_timer_handle_cancel(&wait->timer);
        async_leaf_complete(&wait->leaf);
    }
}

static void async_wait_node_(async_handle *node)
{
    static const async_future never_created = { 0, NULL, (int16_t)ASYNC_NO_MEMORY, ASYNC_FUTURE_DONE_, 0, 0, 0 ASYNC_NOBODY_ };
    struct async_wait *wait = (struct async_wait *)node->data;
    const async_future *future = async_awaited_member_(wait, (size_t)(node - wait->nodes));
    async_wait_count_(wait, future != NULL ? future : &never_created);
}

static void async_wait_timeout_(async_handle *handle) { async_leaf_complete((async_leaf *)handle->data); }

async_step async_wait_resume(async_stack *stack, void *frame)
{
    struct async_wait *wait = (struct async_wait *)frame;
    async_loop *loop = async_loop_of_(stack);
    size_t i;
    if (wait->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (wait->count == 0)
            return async_step_(ASYNC_INVALID_ARGUMENT);
        wait->nodes = async_nodes_(wait->nodes, wait->count, &wait->owns_nodes);
        if (wait->nodes == NULL)
            return async_step_(ASYNC_NO_MEMORY);
        if (wait->timeout != 0 && wait->timeout != ASYNC_FOREVER &&
            async_loop_later_(loop, wait->timeout, &wait->timer, async_wait_timeout_, wait) < 0) {
            async_nodes_free_(wait->nodes, wait->owns_nodes);
            return async_step_(ASYNC_NO_MEMORY);
        }
        wait->pending = wait->count;
        for (i = 0; i < wait->count; i++) {
            async_future *future = async_awaited_member_(wait, i);
            async_retain_future_(future);
            if (future == NULL)
                async_loop_soon_(loop, &wait->nodes[i], async_wait_node_, wait);
            else
                async_future_on_done_(future, &wait->nodes[i], async_wait_node_, wait);
        }
        return async_leaf_wait(stack, &wait->leaf);
    }
    async_timer_handle_cancel(&wait->timer);
    wait->result = 0;
    for (i = 0; i < wait->count; i++) {
        async_future *future = async_awaited_member_(wait, i);
        if (future == NULL)
            async_handle_cancel(&wait->nodes[i]);
        else
            async_future_unlink_(loop, future, &wait->nodes[i]);
        if (future == NULL || async_future_done(future))
            wait->result++;
        async_release_future_(future);
    }
    async_nodes_free_(wait->nodes, wait->owns_nodes);
    return async_step_(async_leaf_outcome(&wait->leaf));
}

ASYNC_LEAF_DEFINE(async_wait, async_leaf_cancel);

/* ---- shield -------------------------------------------------------------------------------------------------- */

static void async_shield_node_(async_handle *node)
{
    struct async_shield *shield = (struct async_shield *)node->data;
    if (async_future_cancelled(shield->future))
        async_leaf_cancel(NULL, &shield->leaf);
    else
        async_leaf_complete(&shield->leaf);
}

async_step async_shield_resume(async_stack *stack, void *frame)
{
    struct async_shield *shield = (struct async_shield *)frame;
    async_future *future;
    async_status status;
    if (shield->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (shield->task != NULL)
            shield->future = &shield->task->future;
        if (shield->future == NULL)
            return async_step_(ASYNC_NO_MEMORY);
        if (!async_future_done(shield->future)) {
            async_retain(shield->task);
            async_future_on_done_(shield->future, &shield->node, async_shield_node_, shield);
            return async_leaf_wait(stack, &shield->leaf);
        }
    }
    future = shield->future;
    status = async_leaf_outcome(&shield->leaf);
    if (shield->leaf.frame.state != ASYNC_LEAF_NEW)
        async_future_unlink_(async_loop_of_(stack), future, &shield->node);
    if (status == ASYNC_OK) {
        status = async_future_exception(future);
        if (shield->task == NULL)
            shield->result = future->value;
    }
    if (shield->leaf.frame.state != ASYNC_LEAF_NEW)
        async_release(shield->task);
    return async_step_(status);
}

ASYNC_LEAF_DEFINE(async_shield, async_leaf_cancel);

/* ---- race ---------------------------------------------------------------------------------------------------- */

static void async_race_node_(async_handle *node)
{
    struct async_race *race = (struct async_race *)node->data;
    if (!race->decided)
        race->result = (size_t)(node - race->nodes);
    if (--race->pending == 0 || !race->decided) {
        race->decided = true;
        async_leaf_complete(&race->leaf);
    }
}

async_step async_race_resume(async_stack *stack, void *frame)
{
    struct async_race *race = (struct async_race *)frame;
    async_loop *loop = async_loop_of_(stack);
    size_t i;
    if (race->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (race->count == 0)
            return async_step_(ASYNC_INVALID_ARGUMENT);
        race->nodes = async_nodes_(race->nodes, race->count, &race->owns_nodes);
        if (race->nodes == NULL)
            return async_step_(ASYNC_NO_MEMORY);
        race->pending = race->count;
        for (i = 0; i < race->count; i++)
            async_task_on_done_(async_retain(race->tasks[i]), &race->nodes[i], async_race_node_, race);
        return async_leaf_wait(stack, &race->leaf);
    }
    if (async_leaf_outcome(&race->leaf) < 0)
        race->error = ASYNC_CANCELLED;
    if (!race->asked && stack->running) { /* the first end, or a cancel: what is not done yet is asked to end */
        race->asked = race->decided = true;
        for (i = 0; i < race->count; i++)
            async_cancel(race->tasks[i]);
    }
    if (race->pending > 0 && stack->running) {
        race->leaf.frame.status = 0;
        return async_leaf_wait(stack, &race->leaf);
    }
    for (i = 0; i < race->count; i++) {
        if (race->tasks[i] == NULL)
            async_handle_cancel(&race->nodes[i]);
        else
            async_future_unlink_(loop, &race->tasks[i]->future, &race->nodes[i]);
        async_release(race->tasks[i]);
    }
    async_nodes_free_(race->nodes, race->owns_nodes);
    return async_step_(race->error);
}

ASYNC_LEAF_DEFINE(async_race, async_leaf_cancel);

/* ---- as_completed -------------------------------------------------------------------------------------------- */

#if !ASYNCIO_NO_HEAP

static void async_as_completed_node_(async_handle *node)
{
    async_as_completed *iterator = (async_as_completed *)node->data;
    async_task *task = iterator->tasks[node - iterator->nodes];
    (void)async_queue_put_nowait(&iterator->done, &task);
    if (--iterator->running == 0)
        async_timer_handle_cancel(&iterator->timer);
}

static void async_as_completed_unlink_(async_as_completed *iterator)
{
    size_t i;
    for (i = 0; i < iterator->count; i++)
        if (iterator->tasks[i] == NULL)
            async_handle_cancel(&iterator->nodes[i]);
        else
            async_future_unlink_(async_loop_here_(), &iterator->tasks[i]->future, &iterator->nodes[i]);
}

static void async_as_completed_release_(async_as_completed *iterator)
{
    size_t i;
    for (i = 0; i < iterator->count; i++)
        async_release(iterator->tasks[i]);
}

static void async_as_completed_timeout_(async_handle *handle)
{
    async_as_completed *iterator = (async_as_completed *)handle->data;
    void *late = iterator;
    async_as_completed_unlink_(iterator);
    for (; iterator->running > 0; iterator->running--)
        (void)async_queue_put_nowait(&iterator->done, &late);
}

async_status async_as_completed_init(async_as_completed *iterator, async_task *const *tasks, size_t count,
    async_time timeout)
{
    size_t i, each = sizeof *iterator->nodes + sizeof *tasks;
    ASYNC_MEMSET_(iterator, 0, sizeof *iterator);
    if (count == 0)
        return ASYNC_OK;
    if (count > SIZE_MAX / each)
        return ASYNC_NO_MEMORY;
    iterator->nodes = (async_handle *)ASYNCIO_MALLOC(count * each);
    if (iterator->nodes == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(iterator->nodes, 0, count * each);
    async_queue_init_with(&iterator->done, sizeof *tasks, count, iterator->nodes + count);
    if (timeout != ASYNC_FOREVER && async_loop_later_(async_loop_here_(), timeout, &iterator->timer,
            async_as_completed_timeout_, iterator) < 0) {
        ASYNCIO_FREE(iterator->nodes);
        iterator->nodes = NULL;
        return ASYNC_NO_MEMORY;
    }
    iterator->tasks = tasks;
    iterator->count = iterator->running = iterator->left = count;
    for (i = 0; i < count; i++)
        async_task_on_done_(async_retain(tasks[i]), &iterator->nodes[i], async_as_completed_node_, iterator);
    return ASYNC_OK;
}

void async_as_completed_deinit(async_as_completed *iterator)
{
    if (iterator->nodes == NULL)
        return;
    async_timer_handle_cancel(&iterator->timer);
    async_as_completed_unlink_(iterator);
    async_as_completed_release_(iterator);
    async_queue_deinit(&iterator->done);
    ASYNCIO_FREE(iterator->nodes);
    ASYNC_MEMSET_(iterator, 0, sizeof *iterator);
}

size_t async_as_completed_left(const async_as_completed *iterator) { return iterator->left; }

async_step async_as_completed_next_resume(async_stack *stack, void *frame)
{
    struct async_as_completed_next *next = (struct async_as_completed_next *)frame;
    async_step step;
    if (next->get.leaf.frame.state == ASYNC_LEAF_NEW) {
        if (next->iterator->left == 0)
            return async_step_(ASYNC_OK);
        next->iterator->left--;
        next->get.queue = &next->iterator->done;
        next->get.item = &next->result;
    }
    step = async_queue_get_resume(stack, &next->get);
    if (step.code < 0) /* cancelled: its turn is still to come */
        next->iterator->left++;
    if (step.code == ASYNC_OK && next->result == (async_task *)(void *)next->iterator)
        step.code = ASYNC_TIMED_OUT;
    return step;
}

ASYNC_LEAF_DEFINE(async_as_completed_next, async_leaf_cancel);

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
