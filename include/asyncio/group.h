/* group.h: a task group: nobody outlives the function that entered it (asyncio.TaskGroup). */
#ifndef ASYNCIO_GROUP_H
#define ASYNCIO_GROUP_H

#include "gather.h"

ASYNC_EXTERN_C_BEGIN_

/* ASYNCIO_GROUP_FAILURES: how many of its children's failures a group keeps to be read; more are only counted. */
#ifndef ASYNCIO_GROUP_FAILURES
#define ASYNCIO_GROUP_FAILURES 4
#endif

/* What a child that fails does to the others. Cancelling and failing in the function itself ends them all in any case. */
typedef enum async_group_policy {
    ASYNC_CANCEL_ON_FAILURE, /* it cancels them, and the function if it still runs; the group fails. As in asyncio */
    ASYNC_COLLECT_ALL,       /* nothing; when all have ended the group fails with the first failure */
    ASYNC_IGNORE_FAILURES    /* nothing; the failures can be read, and the group does not fail */
} async_group_policy;

/* async_task_group: lives in the frame that enters it. A group that fails gives the first failure; a cancelled child is
 * no failure. */
typedef struct async_task_group {
    async_group_policy policy;
    size_t limit; /* of the children that run at once; 0: none */
    async_line_ children;
    async_node_ *first_parked; /* the children from this one on wait for their turn */
    size_t running;
    async_task *parent;
    async_leaf *ending; /* waits for the children */
    size_t failed;
    async_status failures[ASYNCIO_GROUP_FAILURES];
    uint8_t shields; /* the parent's, when it entered */
    bool entered, exiting, aborting, asked;
} async_task_group;

/* async_task_group_enter(&self->group);   in an async function: it is left only when all children have ended.
 * async_task_group_enter(&self->group, .policy = ASYNC_COLLECT_ALL, .limit = 10);   with another policy; only so many
 *     children run at once, the others begin, in order, when one of these has ended. Beyond asyncio.
 * async_task_group_create_task(&self->group, f, ...)   a child that runs f; borrowed, the group releases it. NULL when the
 *     group is ending or aborting, and without memory, which makes the group fail.
 * async_task_group_create_task_on(&self->group, &storage, f, ...)   the same in static memory, which has room for what the
 *     group knows of the child as well: static ASYNC_TASK(f, async_sleep, async_task_group_child) storage.
 * await(async_task_group_join, .group = &self->group);   waits for the children now; fails with the first failure. The
 *     group may be entered again after it. Leaving the function does the same. */
#define async_task_group_enter(...) ASYNC_GROUP_ENTER_(__VA_ARGS__, )
#define ASYNC_GROUP_ENTER_(group, ...)                                                              \
    do {                                                                                            \
        async_task_group *group_; ASYNC_RECORD_SCOPE_("group", *(group)) group_ = async_task_group_enter_(stack, &self->frame, (group));   \
        if (group_ == NULL) {                                                                       \
            self->frame.status = ASYNC_NO_MEMORY;                                                   \
            goto async_leave_;                                                                      \
        }                                                                                           \
        ASYNC_SET_(group_, __VA_ARGS__)                                                             \
    } while (0)
#if !ASYNCIO_NO_HEAP
#define async_task_group_create_task(group, ...) ASYNC_GROUP_CREATE_(group, NULL, 0, "heap", __VA_ARGS__, )
#endif
#define async_task_group_create_task_on(group, storage, ...) \
    ASYNC_GROUP_CREATE_(group, (storage)->bytes, sizeof((storage)->bytes), #storage, __VA_ARGS__, )
#define ASYNC_GROUP_CREATE_(group, bytes, size, storage, name, ...)                                 \
    (ASYNC_RECORD_TASK_(name, (size) - ASYNC_ROUND_(sizeof(async_task)), "child;" storage)          \
        async_group_create_begin_((group), (bytes), (size), &name##_type ASYNC_SITE_)                  \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_group_create_end_(group)) \
            : (async_task *)NULL)

/* What a group knows of a child: at the end of the child's own memory, so that it costs no allocation. */
struct async_task_group_child {
    async_handle ended;
    async_node_ node;
    async_task *task;
    async_task_group *group;
    async_leaf *gate; /* where it waits for its turn; NULL: it has had it */
};

struct async_task_group_join {
    async_leaf leaf;
    async_task_group *group;
    int16_t body; /* how the function was leaving */
    bool cancelled;
};
ASYNC_DECLARE(async_task_group_join);

/* async_task_group_failures: how many children failed. async_task_group_failure: the status of the i-th of them, in the
 * order of failing; OK if it was not kept. */
size_t async_task_group_failures(const async_task_group *group);
async_status async_task_group_failure(const async_task_group *group, size_t i);

async_task_group *async_task_group_enter_(async_stack *stack, async_frame *self, async_task_group *group);
bool async_group_create_begin_(async_task_group *group, void *bytes, size_t size, const async_type *type
        ASYNC_SITE_PARAMETERS_);
async_task *async_group_create_end_(async_task_group *group);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_GROUP_IMPLEMENTATION_
#define ASYNCIO_GROUP_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

static struct async_task_group_child *async_node_child_(async_node_ *node)
{
    return ASYNC_CONTAINER_(node, struct async_task_group_child, node);
}

static void async_group_abort_(async_task_group *group)
{
    async_node_ *node;
    group->aborting = true;
    for (node = group->children.first; node != NULL; node = node->next)
        async_cancel(async_node_child_(node)->task);
    group->first_parked = NULL;
}

static void async_group_failed_(async_task_group *group, int status)
{
    if (group->failed < ASYNCIO_GROUP_FAILURES)
        group->failures[group->failed] = status;
    group->failed++;
}

/* A failure while the body may still run: the others, and the body, are asked to end. */
static void async_group_fail_(async_task_group *group, int status)
{
    async_group_failed_(group, status);
    if (group->policy == ASYNC_CANCEL_ON_FAILURE && !group->aborting && !group->asked) {
        async_group_abort_(group);
        group->asked = true;
        async_cancel_inside_(group->parent, group->shields);
    }
}

/* ---- a limit: a child whose turn has not come waits in a leaf above its first frame, which then is started ---- */

static async_step async_gate_resume_(async_stack *stack, void *frame)
{
    async_leaf *gate = (async_leaf *)frame;
    (void)stack;
    if (async_leaf_outcome(gate) < 0)
        gate->frame.distance = 0; /* it ends without having begun */
    return async_step_(async_leaf_outcome(gate));
}

static const async_type async_gate_type_ = ASYNC_TYPE_(async_gate_resume_, async_leaf_cancel, "async_task_group",
    sizeof(async_leaf), sizeof(async_leaf));

/* The new task has room for the leaf. */
static void async_child_park_(struct async_task_group_child *child)
{
    async_task *task = child->task;
    async_frame *root = async_root_(task);
    async_leaf *gate = (async_leaf *)(void *)((unsigned char *)root + root->type->size);
    ASYNC_UNPOISON_(gate, async_gate_type_.size);
    ASYNC_MEMSET_(gate, 0, sizeof *gate);
    gate->frame.type = &async_gate_type_;
    gate->frame.distance = (uint16_t)(root->type->size / ASYNCIO_FRAME_ALIGN);
    gate->frame.state = ASYNC_LEAF_WAITING;
    gate->task = task;
    task->future.value = &gate->frame;
    task->future.flags |= ASYNC_WAITS_;
    child->gate = gate;
    if (child->group->first_parked == NULL)
        child->group->first_parked = &child->node;
}

static bool async_group_is_full_(const async_task_group *group)
{
    return group->limit != 0 && group->running >= group->limit;
}

/* As many as may run now begin. */
static void async_group_admit_(async_task_group *group)
{
    while (group->first_parked != NULL && group->running < group->limit) {
        struct async_task_group_child *child = async_node_child_(group->first_parked);
        async_leaf *gate = child->gate;
        group->first_parked = child->node.next;
        if (gate != NULL && async_leaf_complete(gate)) {
            child->gate = NULL;
            group->running++;
        }
    }
}

/* ---- children ------------------------------------------------------------------------------------------------ */

#if !ASYNCIO_NO_HEAP
/* The loop was closed before the child's end could be told. */
static void async_child_drop_(async_handle *handle)
{
    struct async_task_group_child *child = (struct async_task_group_child *)handle->data;
    if (child->group != NULL)
        async_line_remove_(&child->group->children, &child->node);
    async_release(child->task);
}
#endif

static void async_child_over_(struct async_task_group_child *child)
{
    async_task_group *group = child->group;
    async_task *task = child->task;
    if (group->first_parked == &child->node)
        group->first_parked = child->node.next;
    async_line_remove_(&group->children, &child->node);
    if (child->gate == NULL)
        group->running--;
    if (group->children.first == NULL && group->ending != NULL)
        async_leaf_complete(group->ending);
    if (!async_task_cancelled(task)) {
        int status = async_task_exception(task);
        if (status < 0)
            async_group_fail_(group, status);
    }
    if (group->limit != 0)
        async_group_admit_(group);
    child->group = NULL;
}

static void async_child_ended_(async_handle *handle)
{
    struct async_task_group_child *child = (struct async_task_group_child *)handle->data;
    if (child->group != NULL)
        async_child_over_(child);
    async_release(child->task);
}

bool async_group_create_begin_(async_task_group *group, void *bytes, size_t size, const async_type *type
        ASYNC_SITE_PARAMETERS_)
{
    const size_t reserve = ASYNC_ROUND_(sizeof(struct async_task_group_child));
    bool created = false;
    ASYNC_RECORD_LIBRARY_("child", struct async_task_group_child)
    ASYNC_RECORD_LIBRARY_("gate", async_leaf)
    if (!group->entered || group->aborting || (group->exiting && group->children.first == NULL))
        return false;
    if (bytes != NULL) {
        size_t need = ASYNC_ROUND_(sizeof(async_task)) + type->size + reserve;
        if (group->limit != 0) /* it may have to wait: the arguments may fill the group before it begins */
            need += async_gate_type_.size;
        created = size >= need && async_create_on_begin_(bytes, size - reserve, type ASYNC_SITE_ARGUMENTS_);
    }
#if !ASYNCIO_NO_HEAP
    else {
        async_running_->reserve = reserve;
        created = async_create_begin_(async_running_, type ASYNC_SITE_ARGUMENTS_);
        async_running_->reserve = 0;
    }
#endif
    if (!created)
        async_group_fail_(group, ASYNC_NO_MEMORY);
    return created;
}

async_task *async_group_create_end_(async_task_group *group)
{
    async_loop *loop;
    async_task *task = async_created_task_(&loop);
    struct async_task_group_child *child = (struct async_task_group_child *)(void *)task->end;
    ASYNC_MEMSET_(child, 0, sizeof *child);
    child->task = task;
    child->group = group;
    async_line_append_(&group->children, &child->node);
#if !ASYNCIO_NO_HEAP
    loop->child_ended = async_child_ended_;
    loop->child_drop = async_child_drop_;
#endif
    if (async_group_is_full_(group)) {
        async_child_park_(child);
    } else {
        group->running++;
        async_created_start_(loop, task);
    }
    if (async_future_done(&task->future)) /* it was eager: over, but not yet released */
        async_child_over_(child);
    async_future_on_done_(&task->future, &child->ended, async_child_ended_, child);
    return task;
}

/* The function leaves: the same leaf as for a join by name, pushed on its behalf. */
static int async_group_exit_(async_stack *stack, async_frame *self, void *object, int status)
{
    async_task_group *group = (async_task_group *)object;
    struct async_task_group_join *join;
    if (!group->entered)
        return status;
    join = (struct async_task_group_join *)async_push_(stack, &async_task_group_join_type);
    if (join == NULL)
        ASYNC_PANIC_("a task group cannot end"); /* its record kept room for this */
    join->group = group;
    join->body = (int16_t)status;
    return async_enter_(stack, self, join);
}

async_task_group *async_task_group_enter_(async_stack *stack, async_frame *self, async_task_group *group)
{
    if (async_scope_remove_(stack, self, group) && group->entered) /* not joined by name since */
        ASYNC_PANIC_("async_task_group_enter: it is entered already");
    ASYNC_MEMSET_(group, 0, sizeof *group);
    ASYNC_RECORD_LIBRARY_("group", struct async_task_group_join)
    group->parent = stack->task;
    group->shields = (uint8_t)async_shields_(stack->task);
    group->entered = async_scope_push_(stack, self, async_group_exit_, group,
        ASYNC_ROUND_(sizeof(struct async_task_group_join)));
    return group->entered ? group : NULL;
}

async_step async_task_group_join_resume(async_stack *stack, void *frame)
{
    struct async_task_group_join *join = (struct async_task_group_join *)frame;
    async_task_group *group = join->group;
    async_task *parent = group->parent;
    int status;
    if (!group->entered)
        return async_step_(ASYNC_MISUSE);
    group->ending = NULL;
    if (join->leaf.frame.state == ASYNC_LEAF_NEW) {
        group->exiting = true;
        join->cancelled = join->body == ASYNC_CANCELLED;
        if (join->body < 0 && !group->aborting)
            async_group_abort_(group);
    } else if (async_leaf_outcome(&join->leaf) < 0 && !group->aborting) {
        join->cancelled = true;
        async_group_abort_(group);
    }
    if (group->children.first != NULL) {
        join->leaf.frame.status = 0;
        group->ending = &join->leaf;
        return async_leaf_wait(stack, &join->leaf);
    }
    group->entered = false;
    if (group->asked && async_uncancel_inside_(parent) == 0)
        join->cancelled = false;
    if (join->cancelled && (group->failed == 0 || group->policy == ASYNC_IGNORE_FAILURES))
        return async_step_(ASYNC_CANCELLED);
    status = join->body;
    if (group->policy != ASYNC_IGNORE_FAILURES) {
        if (status < 0 && status != ASYNC_CANCELLED)
            async_group_failed_(group, status);
        status = group->failed == 0 ? (int)ASYNC_OK : group->failures[0];
    }
    if (status < 0 && parent->future.cancelling > 0) { /* a request from outside is still to be delivered */
        (void)async_uncancel_inside_(parent);
        async_cancel_inside_(parent, group->shields);
    }
    return async_step_(status);
}

ASYNC_LEAF_DEFINE(async_task_group_join, async_leaf_cancel);

size_t async_task_group_failures(const async_task_group *group) { return group->failed; }

async_status async_task_group_failure(const async_task_group *group, size_t i)
{
    return i < group->failed && i < ASYNCIO_GROUP_FAILURES ? group->failures[i] : (async_status)ASYNC_OK;
}

ASYNC_EXTERN_C_END_

#endif
#endif
