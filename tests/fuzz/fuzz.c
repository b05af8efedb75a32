/* Runs programs of the fuzzer (program.py) on asyncio.h and prints the log that oracle.py prints for CPython.
 *
 * usage: fuzz COVERAGE < programs > logs
 *
 * COVERAGE becomes a list of all operations and how often each occurred. A new operation is a name in one of the two
 * lists below and a function plain_NAME() in plain.h, or a case in step(). */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

#define PLAIN_OPERATIONS(X)                                                                                    \
    X(raise) X(create) X(go) X(release) X(cancel) X(uncancel) X(cancelling) X(look) X(reschedule) X(spawn)     \
    X(unlock) X(locked) X(event_set) X(event_clear) X(put_nowait) X(get_nowait) X(task_done) X(size)           \
    X(shutdown) X(future_set) X(future_fail) X(future_cancel) X(future_look) X(soon) X(later) X(handle_cancel) \
    X(task_callback) X(future_callback) X(callback_remove) X(keep) X(keep_cancel)
#define AWAITING_OPERATIONS(X)                                                                                 \
    X(return) X(sleep) X(call) X(deep) X(finally) X(each) X(join) X(timeout) X(wait_for) X(join_for)           \
    X(future_for) X(group) X(gather) X(keep_wait) X(lock) X(acquire) X(event_wait) X(put) X(get) X(queue_join) \
    X(future_wait)

struct operation;
static const char *operation_name(const struct operation *operation);

#include "plain.h"

enum code {
    OP_plain,
#define CODE(name) OP_##name,
    AWAITING_OPERATIONS(CODE)
};

static struct operation {
    const char *name;
    enum code code;
    async_status (*plain)(int who, const struct node *node);
    long occurred;
} operations[] = {
#define PLAIN_ROW(name) { #name, OP_plain, plain_##name, 0 },
#define AWAITING_ROW(name) { #name, OP_##name, NULL, 0 },
    PLAIN_OPERATIONS(PLAIN_ROW) AWAITING_OPERATIONS(AWAITING_ROW)
};

enum { OPERATIONS = sizeof operations / sizeof operations[0] };

static const char *operation_name(const struct operation *operation) { return operation->name; }

static const struct operation *find_operation(const char *name)
{
    int i;
    for (i = 0; i < OPERATIONS; i++) {
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    }
    return NULL;
}

static void count(const struct node *node) { operations[node->operation - operations].occurred++; }

static async_status run_plain(int who, const struct node *node)
{
    count(node);
    return node->operation->plain(who, node);
}

/* ---- blocks -------------------------------------------------------------------------------------------------- */

/* Every async function here has the number of its task and the node it does. */
#define COMMON async_frame frame; int who; const struct node *node

/* Does the nodes of a block, one after the other. It is called by step() and calls it: declared first. */
struct block {
    COMMON; /* the first one left */
    int number, item;
    async_status status;
};
async_declare(block);

/* A task: its result is 100 + its number. */
struct root {
    async_frame frame;
    int who, result;
    async_status status;
};
async_declare(root);

struct deep {
    COMMON;
    int levels;
};

async(deep)
{
    async_begin;
    if (self->levels > 0)
        await(deep, .who = self->who, .node = self->node, .levels = self->levels - 1);
    else
        await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct cleanup {
    COMMON;
};

async(cleanup)
{
    async_begin;
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_finally;
    {
        char text[40];
        snprintf(text, sizeof text, "leaving %s", outcome(async_error));
        write_line(self->who, self->node, text);
    }
    await(block, .who = self->who, .node = self->node->blocks[1]);
    async_end;
}

struct generator {
    COMMON;
    int item, result;
};

async(generator)
{
    async_begin;
    for (self->item = 0; self->item + 2 < self->node->block_count; self->item++) {
        await(block, .who = self->who, .node = self->node->blocks[self->item + 2]);
        async_yield(self->item);
    }
    async_finally;
    write_line(self->who, self->node, "generator ends");
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct each {
    COMMON;
    struct generator items;
};

async(each)
{
    async_begin;
    async_generator_open(&self->items, generator, .who = self->who, .node = self->node);
    async_for (&self->items) {
        snprintf(value, sizeof value, "item %d", self->items.result);
        write_line(self->who, self->node, value);
        value[0] = '\0';
        await(block, .who = self->who, .node = self->node->blocks[1]);
        if (self->items.result + 1 == self->node->arguments[0])
            break;
    }
    async_finally;
    write_line(self->who, self->node, "close");
    await_close(&self->items);
    async_end;
}

struct locked {
    COMMON;
};

async(locked)
{
    async_begin;
    await_enter(&world.locks[self->node->arguments[0]]);
    write_line(self->who, self->node, "in");
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

/* The scope of a timeout and of a group is a function of its own, so that the caller can look at it when it ended. */
struct timed_scope {
    COMMON;
    async_timeout *timeout;
};

async(timed_scope)
{
    async_begin;
    async_timeout_enter(self->timeout, async_seconds(self->node->arguments[0]));
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct timed {
    COMMON;
    async_timeout timeout, *outer;
    async_status status;
};

async(timed)
{
    async_begin;
    self->outer = world.scopes[self->who];
    world.scopes[self->who] = &self->timeout;
    await_catch(self->status, timed_scope, .who = self->who, .node = self->node, .timeout = &self->timeout);
    world.scopes[self->who] = self->outer;
    write_line(self->who, self->node, async_timeout_expired(&self->timeout) ? "expired 1" : "expired 0");
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

struct group_scope {
    COMMON;
    async_task_group *group;
};

async(group_scope)
{
    async_begin;
    async_task_group_enter(self->group);
    world.groups[self->node->arguments[0]] = self->group;
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct grouped {
    COMMON;
    async_task_group group;
    async_status status;
};

async(grouped)
{
    async_begin;
    await_catch(self->status, group_scope, .who = self->who, .node = self->node, .group = &self->group);
    world.groups[self->node->arguments[0]] = NULL;
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

struct joined {
    COMMON;
};

async(joined)
{
    int number = self->node->arguments[0];
    async_begin;
    if (world.tasks[number] == NULL) {
        none();
        async_return();
    }
    if (self->node->operation->code == OP_join)
        await(async_join, .task = world.tasks[number]);
    else
        await(async_wait_for, .task = world.tasks[number], .timeout = async_seconds(self->node->arguments[1]));
    say("%d", world.tasks[number] == NULL ? 100 + number : async_result(world.tasks[number], root));
    async_end;
}

struct future_waited {
    COMMON;
};

async(future_waited)
{
    async_future *future = &world.futures[self->node->arguments[0]];
    async_begin;
    if (self->node->operation->code == OP_future_wait)
        await(async_future_wait, .future = future);
    else
        await(async_wait_for, .future = future, .timeout = async_seconds(self->node->arguments[1]));
    say("%d", future_value(future));
    async_end;
}

struct gathered {
    COMMON;
    async_task *tasks[MOST_ARGUMENTS];
};

async(gathered)
{
    async_begin;
    if (!members(self->node, 1, self->tasks)) {
        none();
        async_return();
    }
    await(async_gather, .tasks = self->tasks, .count = (size_t)self->node->argument_count - 1,
        .return_exceptions = self->node->arguments[0] != 0);
    say_members(self->node, 1);
    async_end;
}

struct keep_waited {
    COMMON;
};

async(keep_waited)
{
    struct kept *kept = world.gathers[self->node->arguments[0]];
    async_begin;
    if (kept == NULL) {
        none();
        async_return();
    }
    await(async_future_wait, .future = &kept->gathering.future);
    say_members(kept->node, 2);
    async_end;
}

/* What becomes of a failure, as the program wants it. */
static async_status handled(const struct node *node, async_status status)
{
    char how = status == ASYNC_CANCELLED ? node->when_cancelled : node->when_failed;
    if (how == 's')
        return ASYNC_OK;
    if (how == 'c')
        return ASYNC_USER_ERROR(status == ASYNC_CANCELLED ? 8 : 9);
    return status;
}

#define IS(name) (self->node->operation->code == OP_##name)
#define ON_BLOCK .who = self->who, .node = self->node

async_define(block)
{
    async_begin;
    for (; self->node != NULL; self->node = self->node->next) {
        value[0] = '\0';
        self->status = ASYNC_OK;
        self->number = self->node->argument_count > 0 ? self->node->arguments[0] : 0;
        if (IS(plain)) {
            self->status = run_plain(self->who, self->node);
        } else {
            count(self->node);
            if (IS(return)) {
                write_outcome(self->who, self->node, ASYNC_OK);
                break;
            } else if (IS(sleep)) {
                await_catch(self->status, async_sleep, .delay = async_seconds(self->number));
            } else if (IS(call)) {
                await_catch(self->status, block, .who = self->who, .node = self->node->blocks[0]);
            } else if (IS(deep)) {
                await_catch(self->status, deep, ON_BLOCK, .levels = self->number);
            } else if (IS(finally)) {
                await_catch(self->status, cleanup, ON_BLOCK);
            } else if (IS(each)) {
                await_catch(self->status, each, ON_BLOCK);
            } else if (IS(lock)) {
                await_catch(self->status, locked, ON_BLOCK);
            } else if (IS(timeout)) {
                await_catch(self->status, timed, ON_BLOCK);
            } else if (IS(group)) {
                await_catch(self->status, grouped, ON_BLOCK);
            } else if (IS(gather)) {
                await_catch(self->status, gathered, ON_BLOCK);
            } else if (IS(wait_for)) {
                await_for_catch(async_seconds(self->number), self->status, block, .who = self->who,
                    .node = self->node->blocks[0]);
            } else if (IS(join) || IS(join_for)) {
                await_catch(self->status, joined, ON_BLOCK);
            } else if (IS(future_wait) || IS(future_for)) {
                await_catch(self->status, future_waited, ON_BLOCK);
            } else if (IS(keep_wait)) {
                await_catch(self->status, keep_waited, ON_BLOCK);
            } else if (IS(acquire)) {
                await_catch(self->status, async_lock_acquire, .lock = &world.locks[2]);
            } else if (IS(event_wait)) {
                await_catch(self->status, async_event_wait, .event = &world.events[self->number]);
            } else if (IS(put)) {
                await_catch(self->status, async_queue_put, .queue = &world.queues[self->number],
                    .item = &self->node->index);
            } else if (IS(get)) {
                await_catch(self->status, async_queue_get, .queue = &world.queues[self->number], .item = &self->item);
                say("%d", self->item);
            } else if (IS(queue_join)) {
                await_catch(self->status, async_queue_join, .queue = &world.queues[self->number]);
            }
        }
        write_outcome(self->who, self->node, self->status);
        self->status = self->status < 0 ? handled(self->node, self->status) : ASYNC_OK;
        if (self->status < 0)
            async_raise(self->status);
    }
    async_end;
}

/* ---- tasks and the run --------------------------------------------------------------------------------------- */

async_define(root)
{
    async_begin;
    await_catch(self->status, block, .who = self->who, .node = world.program.tasks[self->who]);
    write_line(self->who, NULL, outcome(self->status));
    if (self->status < 0)
        async_raise(self->status);
    async_return(100 + self->who);
    async_end;
}

static int number_of(const async_task *task)
{
    int i;
    for (i = 0; i < MOST_TASKS; i++) {
        if (world.started[i] == task)
            return i;
    }
    return -1;
}

static async_task *started(int number, async_task *task)
{
    if (task != NULL) {
        if (number_of(task) >= 0)
            world.started[number_of(task)] = NULL; /* that one was freed */
        world.taken[number] = true;
        world.started[number] = task;
    }
    return task;
}

static async_task *start(int number) { return started(number, async_create_task(root, .who = number)); }

static async_status spawn(async_task_group *group, int number)
{
    world.tasks[number] = async_retain(started(number, async_task_group_create_task(group, root, .who = number)));
    return world.taken[number] ? ASYNC_OK : ASYNC_MISUSE;
}

/* A failure that nobody saw is remembered for the end, as asyncio's garbage collector tells of it at any time. */
static void report(async_loop *loop, const async_exception *exception, void *data)
{
    (void)data;
    if (world.dying_future >= 0)
        world.unseen_futures[world.dying_future] = true;
    else if (exception->task == NULL || number_of(exception->task) < 0)
        return; /* a deadlock */
    else if (world.ending && !async_loop_is_running(loop))
        printf("shutdown %d %s\n", number_of(exception->task), outcome(exception->status));
    else
        world.unseen[number_of(exception->task)] = true;
}

static void set_up(void)
{
    async_loop_config config;
    int i;
    memset(&config, 0, sizeof config);
    config.virtual_clock = true;
    world.loop = async_new_event_loop_with(&config);
    async_loop_set_exception_handler(world.loop, report, NULL);
    world.dying_future = -1;
    for (i = 0; i < LOCKS; i++)
        async_lock_init(&world.locks[i]);
    for (i = 0; i < EVENTS; i++)
        async_event_init(&world.events[i]);
    for (i = 0; i < FUTURES; i++)
        async_future_init(&world.futures[i]);
    for (i = 0; i < world.program.queue_count; i++)
        async_queue_init(&world.queues[i], sizeof(int), (size_t)world.program.queues[i]);
}

static void end_gather(int number)
{
    async_gathering_deinit(&world.gathers[number]->gathering);
    free(world.gathers[number]);
    world.gathers[number] = NULL;
}

/* What is done goes while the loop can still tell of unseen failures; what waits when nobody does any more. */
static void tear_down(void)
{
    int i;
    for (i = 0; i < MOST_NUMBERS; i++) {
        if (world.gathers[i] != NULL && async_future_done(&world.gathers[i]->gathering.future))
            end_gather(i);
    }
    for (i = 0; i < MOST_TASKS; i++)
        async_release(world.tasks[i]);
    for (i = 0; i < FUTURES; i++) {
        world.dying_future = i;
        if (async_future_done(&world.futures[i]))
            async_future_deinit(&world.futures[i]);
    }
    world.dying_future = -1;
    async_loop_close(world.loop);
    for (i = 0; i < MOST_NUMBERS; i++) {
        if (world.gathers[i] != NULL)
            end_gather(i);
    }
    for (i = 0; i < FUTURES; i++) {
        async_future_remove_done_callback(&world.futures[i], called);
        async_future_deinit(&world.futures[i]);
    }
    for (i = 0; i < LOCKS; i++) {
        if (async_lock_locked(&world.locks[i]))
            async_lock_release(&world.locks[i]);
        async_lock_deinit(&world.locks[i]);
    }
    for (i = 0; i < EVENTS; i++)
        async_event_deinit(&world.events[i]);
    for (i = 0; i < world.program.queue_count; i++)
        async_queue_deinit(&world.queues[i]);
}

/* Runs the program as async_run() would. */
static void run(void)
{
    async_status status;
    int i;
    set_up();
    world.tasks[0] = started(0, async_loop_create_task(world.loop, root, .who = 0));
    status = async_loop_run_until_complete(world.loop, world.tasks[0]);
    world.ending = true;
    if (async_loop_cancel_all_tasks(world.loop) == ASYNC_DEADLOCK)
        status = ASYNC_DEADLOCK;
    world.ending = false;
    printf("run %s\nunseen", outcome(status));
    world.program.marks = 0;
    tear_down();
    for (i = 0; i < MOST_TASKS; i++) {
        if (world.unseen[i])
            printf(" t%d", i);
    }
    for (i = 0; i < FUTURES; i++) {
        if (world.unseen_futures[i])
            printf(" f%d", i);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    FILE *coverage = fopen(argc == 2 ? argv[1] : "", "w");
    int i;
    if (coverage == NULL) {
        fprintf(stderr, "usage: fuzz COVERAGE < programs > logs\n");
        return 2;
    }
    while (read_program(&world.program)) {
        printf("program %d\n", world.program.number);
        fflush(stdout);
        run();
        memset(&world, 0, sizeof world);
    }
    for (i = 0; i < OPERATIONS; i++)
        fprintf(coverage, "%s %ld\n", operations[i].name, operations[i].occurred);
    return fclose(coverage) != 0;
}
