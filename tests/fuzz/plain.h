/* What the programs work on, their log, and the operations that do not await. */
#ifndef FUZZ_PLAIN_H
#define FUZZ_PLAIN_H

#include "tree.h"

#include <stdarg.h>

enum { MOST_NUMBERS = 128, LOCKS = 5, EVENTS = 2, FUTURES = 4, CONDITIONS = 5, CALLBACK = -1, FUTURE_0 = 1000 };

/* A callback of the program; its number is its place in the world's arrays. */
struct callback {
    async_timer_handle timer; /* its handle serves call_soon and futures, too */
    int target;               /* what it was added to: a task's number, or FUTURE_0 + a future's */
    struct node *node;
    bool scheduled;
};

/* What a gather or its like is about: tasks, or futures and tasks. */
struct members {
    async_task *task_array[MOST_ARGUMENTS], **tasks; /* tasks: NULL when a future is among them */
    async_future *futures[MOST_ARGUMENTS];
    size_t count;
};

/* A gather object that is kept. */
struct kept {
    async_gathering gathering;
    struct members members;
    const struct node *node; /* its third and later arguments are the members */
};

/* An as_completed that was begun. */
struct iterated {
    struct iterated *next;
    struct members members;
    async_as_completed iterator;
};

static struct world {
    struct program program;
    async_loop *loop;
    long passes;
    async_handle mark;
    bool marked, ending;
    int dying_future; /* -1: none */

    async_task *tasks[MOST_TASKS];   /* handles, NULL when released */
    async_task *started[MOST_TASKS]; /* only to recognise them in reports */
    bool taken[MOST_TASKS], unseen[MOST_TASKS], unseen_futures[FUTURES];
    async_timeout *scopes[MOST_TASKS]; /* the innermost open timeout block of each */

    async_runner runner; /* of several runs */
    async_context contexts[MOST_NUMBERS];
    async_token tokens[MOST_NUMBERS];
    bool copied[MOST_NUMBERS];

    async_task_group *groups[MOST_NUMBERS];
    struct callback handles[MOST_NUMBERS], callbacks[MOST_NUMBERS];
    struct kept *gathers[MOST_NUMBERS];
    struct iterated *iterated;

    async_lock locks[LOCKS];
    async_event events[EVENTS];
    async_queue queues[MOST_OBJECTS];
    async_future futures[FUTURES];
    async_semaphore semaphores[MOST_OBJECTS];
    async_condition conditions[CONDITIONS];
    int counters[CONDITIONS];
    async_barrier barriers[MOST_OBJECTS];
} world;

/* What the operation under way wants in the log behind its "ok". */
static char value[256];

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
}

/* ---- the log ------------------------------------------------------------------------------------------------- */

static const char *outcome(async_status status)
{
    static char text[32];
    switch (status) {
    case ASYNC_OK: return "ok";
    case ASYNC_CANCELLED: return "cancelled";
    case ASYNC_TIMED_OUT: return "timeout";
    case ASYNC_QUEUE_FULL: return "full";
    case ASYNC_QUEUE_EMPTY: return "empty";
    case ASYNC_QUEUE_SHUT_DOWN: return "shutdown";
    case ASYNC_INVALID_STATE: return "invalid";
    case ASYNC_BROKEN_BARRIER: return "broken";
    case ASYNC_MISUSE:
    case ASYNC_INVALID_ARGUMENT: return "misuse";
    case ASYNC_DEADLOCK: return "deadlock";
    default: break;
    }
    if (status <= ASYNC_USER_ERROR(0))
        snprintf(text, sizeof text, "E%d", ASYNC_USER_ERROR(0) - status);
    else
        snprintf(text, sizeof text, "status %d", status);
    return text;
}

static void mark(async_handle *handle)
{
    (void)handle;
    world.marked = false;
    world.passes++;
}

/* One line: passes, time, who, what, outcome. A callback behind the first line of a pass counts the passes. */
static void write_line(int who, const struct node *node, const char *text)
{
    if (world.program.marks && !world.marked) {
        world.marked = true;
        async_call_soon(&world.mark, mark, NULL);
    }
    printf("%ld %ld ", world.passes, (long)(async_loop_time(world.loop) / async_seconds(1)));
    if (who == CALLBACK)
        printf("c ");
    else
        printf("%d ", who);
    if (node == NULL)
        printf("end %s\n", text);
    else
        printf("%s.%d %s\n", operation_name(node->operation), node->index, text);
}

/* How an operation ended; value[] is used up. */
static void write_outcome(int who, const struct node *node, async_status status)
{
    char line[300];
    snprintf(line, sizeof line, "%s%s%s", outcome(status), status == ASYNC_OK && value[0] ? " " : "",
        status == ASYNC_OK ? value : "");
    value[0] = '\0';
    write_line(who, node, line);
}

#define UNUSED __attribute__((unused))

/* ---- operations: each returns its status, and says what else is to be seen ------------------------------------ */

#define PLAIN(name) static async_status plain_##name(UNUSED int who, UNUSED const struct node *node)
#define ARGUMENT(n) (node->arguments[n])

static async_status none(void)
{
    say("none");
    return ASYNC_OK;
}

/* State of a task or future; looking at an error marks it as seen. */
static const char *peek(async_future *future, long result)
{
    static char text[32];
    async_status status;
    if (!async_future_done(future))
        return "pending";
    status = async_future_exception(future);
    if (status < 0)
        return outcome(status);
    snprintf(text, sizeof text, "%ld", result);
    return text;
}

PLAIN(raise)
{
    return ASYNC_USER_ERROR(ARGUMENT(0));
}

/* Whether the task with that number is made here and now: there is one of each. */
static bool take(int number)
{
    if (world.taken[number]) {
        say("taken");
        return false;
    }
    world.taken[number] = true;
    return true;
}

static async_task *start(int number);
static async_task *start_eagerly(int number);

PLAIN(create)
{
    if (take(ARGUMENT(0)))
        world.tasks[ARGUMENT(0)] = start(ARGUMENT(0));
    return ASYNC_OK;
}

PLAIN(go)
{
    if (take(ARGUMENT(0)))
        async_release(start(ARGUMENT(0)));
    return ASYNC_OK;
}

PLAIN(eager)
{
    if (take(ARGUMENT(0)))
        world.tasks[ARGUMENT(0)] = start_eagerly(ARGUMENT(0));
    return ASYNC_OK;
}

PLAIN(set_eager)
{
    async_loop_set_eager(world.loop, ARGUMENT(0) != 0);
    return ASYNC_OK;
}

PLAIN(release)
{
    async_task *task = world.tasks[ARGUMENT(0)];
    world.tasks[ARGUMENT(0)] = NULL;
    async_release(task);
    return ASYNC_OK;
}

#define ON_TASK(name, statement)                                \
    PLAIN(name)                                                 \
    {                                                           \
        async_task *task = world.tasks[ARGUMENT(0)];            \
        if (task == NULL)                                       \
            return none();                                      \
        statement;                                              \
        return ASYNC_OK;                                        \
    }
ON_TASK(cancel, say("%d", async_cancel(task)))
ON_TASK(uncancel, say("%d", (int)async_task_uncancel(task)))
ON_TASK(cancelling, say("%d", (int)async_task_cancelling(task)))
ON_TASK(look, say("%s", peek(&task->future, 100 + ARGUMENT(0))))

PLAIN(reschedule)
{
    async_time delay = async_seconds(ARGUMENT(0));
    if (world.scopes[who] == NULL)
        return none();
    return async_timeout_reschedule(world.scopes[who], delay < 0 ? ASYNC_FOREVER : async_loop_time(world.loop) + delay);
}

static async_status spawn(async_task_group *group, int number);

PLAIN(spawn)
{
    async_task_group *group = world.groups[ARGUMENT(0)];
    if (group == NULL)
        return none();
    return take(ARGUMENT(1)) ? spawn(group, ARGUMENT(1)) : ASYNC_OK;
}

/* How many children failed, and the first of them. */
static const char *failed(const async_task_group *group)
{
    static char text[80];
    size_t i, count = async_task_group_failures(group), length = (size_t)snprintf(text, sizeof text, "%d", (int)count);
    for (i = 0; i < count && i < ASYNCIO_GROUP_FAILURES; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, " %s",
            outcome(async_task_group_failure(group, i)));
    return text;
}

PLAIN(failures)
{
    if (world.groups[ARGUMENT(0)] == NULL)
        return none();
    say("%s", failed(world.groups[ARGUMENT(0)]));
    return ASYNC_OK;
}

/* The value of a future is the node that set it. */
static int future_value(const async_future *future)
{
    return future->value == NULL ? -1 : ((const struct node *)future->value)->index;
}

/* NULL when it is a task whose handle was released. */
static async_future *target(int number)
{
    if (number >= FUTURE_0)
        return &world.futures[number - FUTURE_0];
    return world.tasks[number] == NULL ? NULL : &world.tasks[number]->future;
}

static const char *peek_target(int number)
{
    async_future *future = target(number);
    if (future == NULL)
        return "-";
    return peek(future, number >= FUTURE_0 ? future_value(future) : 100 + number);
}

/* The members of a gather or its like, from that argument on; false when one has no handle. */
static bool find_members(const struct node *node, int first, struct members *members)
{
    int i;
    members->tasks = members->task_array;
    members->count = (size_t)(node->argument_count - first);
    for (i = first; i < node->argument_count; i++) {
        async_future *future = target(ARGUMENT(i));
        if (future == NULL)
            return false;
        members->futures[i - first] = future;
        if (ARGUMENT(i) >= FUTURE_0)
            members->tasks = NULL;
        else
            members->task_array[i - first] = world.tasks[ARGUMENT(i)];
    }
    return true;
}

/* What a gather gave: the outcome of each whose handle is still there. */
static void say_members(const struct node *node, int first)
{
    size_t length = 1;
    int i;
    say("[");
    for (i = first; i < node->argument_count; i++)
        length += (size_t)snprintf(value + length, sizeof value - length, "%s%s", i > first ? " " : "",
            peek_target(ARGUMENT(i)));
    snprintf(value + length, sizeof value - length, "]");
}

PLAIN(keep)
{
    struct kept *kept = calloc(1, sizeof *kept);
    if (kept == NULL || world.gathers[ARGUMENT(0)] != NULL || !find_members(node, 2, &kept->members)) {
        free(kept);
        return none();
    }
    kept->node = node;
    world.gathers[ARGUMENT(0)] = kept;
    return async_gathering_start(&kept->gathering, kept->members.tasks, kept->members.futures, kept->members.count,
        ARGUMENT(1) != 0, NULL);
}

PLAIN(keep_cancel)
{
    struct kept *kept = world.gathers[ARGUMENT(0)];
    if (kept == NULL)
        return none();
    say("%d", async_future_cancel(&kept->gathering.future));
    return ASYNC_OK;
}

PLAIN(keep_look)
{
    async_future *future = world.gathers[ARGUMENT(0)] == NULL ? NULL : &world.gathers[ARGUMENT(0)]->gathering.future;
    if (future == NULL)
        return none();
    if (!async_future_done(future))
        say("pending");
    else
        say("%s", async_future_exception(future) < 0 ? outcome(async_future_exception(future)) : "done");
    return ASYNC_OK;
}

/* ---- callbacks ----------------------------------------------------------------------------------------------- */

static async_status run_plain(int who, const struct node *node);

/* A block without awaits; failures are only logged. */
static void run_block(int who, const struct node *node)
{
    for (; node != NULL; node = node->next)
        write_outcome(who, node, run_plain(who, node));
}

static void called(async_handle *handle)
{
    struct callback *callback = (struct callback *)handle->data;
    callback->scheduled = false;
    run_block(CALLBACK, callback->node->blocks[0]);
}

/* The callback with this number, made ready to be scheduled; NULL when it is already. */
static struct callback *free_callback(struct callback *callbacks, const struct node *node)
{
    struct callback *callback = &callbacks[ARGUMENT(0)];
    if (callback->scheduled) {
        say("busy");
        return NULL;
    }
    callback->scheduled = true;
    callback->node = (struct node *)(size_t)node;
    return callback;
}

PLAIN(soon)
{
    struct callback *callback = free_callback(world.handles, node);
    return callback == NULL ? ASYNC_OK : async_call_soon(&callback->timer.handle, called, callback);
}

PLAIN(later)
{
    struct callback *callback = free_callback(world.handles, node);
    return callback == NULL ? ASYNC_OK
                            : async_call_later(async_seconds(ARGUMENT(1)), &callback->timer, called, callback);
}

PLAIN(handle_cancel)
{
    struct callback *callback = &world.handles[ARGUMENT(0)];
    if (!callback->scheduled)
        return none();
    callback->scheduled = false;
    if (strcmp(operation_name(callback->node->operation), "later") == 0)
        async_timer_handle_cancel(&callback->timer);
    else
        async_handle_cancel(&callback->timer.handle);
    return ASYNC_OK;
}

static async_status add_callback(int number, const struct node *node)
{
    struct callback *callback;
    if (target(number) == NULL)
        return none();
    callback = free_callback(world.callbacks, node);
    if (callback == NULL)
        return ASYNC_OK;
    callback->target = number;
    return async_future_add_done_callback(target(number), &callback->timer.handle, called, callback);
}

PLAIN(task_callback) { return add_callback(ARGUMENT(1), node); }
PLAIN(future_callback) { return add_callback(FUTURE_0 + ARGUMENT(1), node); }

/* All callbacks of the future that one was added to; none if it is done: then they are on their way. */
PLAIN(callback_remove)
{
    const struct callback *callback = &world.callbacks[ARGUMENT(0)];
    async_future *future = callback->scheduled ? target(callback->target) : NULL;
    int i;
    if (future == NULL)
        return none();
    for (i = 0; i < MOST_NUMBERS && !async_future_done(future); i++) {
        if (world.callbacks[i].target == callback->target)
            world.callbacks[i].scheduled = false;
    }
    say("%d", async_future_remove_done_callback(future, called));
    return ASYNC_OK;
}

#endif
