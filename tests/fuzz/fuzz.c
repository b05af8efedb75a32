/* Runs programs of the fuzzer (program.py) on asyncio.h and prints the log that oracle.py prints for CPython.
 *
 * usage: fuzz COVERAGE < programs > logs
 *
 * COVERAGE becomes a list of all operations and how often each occurred. A new operation is a name in one of the two
 * lists below and a function plain_NAME() in plain.h, contexts.h or objects.h, or a case of block() in awaiting.h. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

#define PLAIN_OPERATIONS(X)                                                                                    \
    X(raise) X(create) X(go) X(release) X(cancel) X(uncancel) X(cancelling) X(look) X(reschedule) X(spawn)     \
    X(unlock) X(locked) X(event_set) X(event_clear) X(put_nowait) X(get_nowait) X(task_done) X(size)           \
    X(shutdown) X(future_set) X(future_fail) X(future_cancel) X(future_look) X(soon) X(later) X(handle_cancel) \
    X(task_callback) X(future_callback) X(callback_remove) X(keep) X(keep_cancel) X(keep_look) X(sem_release)  \
    X(sem_locked) X(cond_release) X(cond_locked) X(bump) X(notify) X(notify_all) X(barrier_look) X(eager)      \
    X(set_eager) X(failures) X(var_set) X(var_get) X(var_reset) X(context_copy) X(context_run) X(context_get)
#define AWAITING_OPERATIONS(X)                                                                                 \
    X(return) X(sleep) X(call) X(deep) X(finally) X(each) X(join) X(timeout) X(wait_for) X(join_for)           \
    X(future_for) X(group) X(gather) X(keep_wait) X(lock) X(acquire) X(event_wait) X(put) X(get) X(queue_join) \
    X(future_wait) X(wait) X(shield) X(completed) X(permit) X(sem_acquire) X(hold) X(cond_acquire)             \
    X(cond_wait) X(cond_wait_for) X(barrier_wait) X(barrier_reset) X(barrier_abort) X(race) \
    X(guard) X(calls)

struct operation;
static const char *operation_name(const struct operation *operation);

#include "contexts.h"
#include "objects.h"

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

#include "awaiting.h"

/* ---- tasks and the run --------------------------------------------------------------------------------------- */

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
    if (task != NULL && world.started[number] != task) {
        if (number_of(task) >= 0)
            world.started[number_of(task)] = NULL; /* that one was freed */
        world.started[number] = task;
    }
    return task;
}

async_define(root)
{
    async_begin;
    started(self->who, async_current_task());
    if (self->who == 0 || self->who < world.program.runs) /* nobody else has a handle of it */
        world.tasks[self->who] = async_retain(async_current_task());
    await_catch(self->status, block, .who = self->who, .node = world.program.tasks[self->who]);
    write_line(self->who, NULL, outcome(self->status));
    if (self->status < 0)
        async_raise(self->status);
    async_return(100 + self->who);
    async_end;
}

static async_task *start(int number) { return started(number, async_create_task(root, .who = number)); }
static async_task *start_eagerly(int number) { return started(number, async_create_task_eager(root, .who = number)); }

static async_status spawn(async_task_group *group, int number)
{
    async_task *task = started(number, async_task_group_create_task(group, root, .who = number));
    world.tasks[number] = async_retain(task);
    world.taken[number] = task != NULL;
    return task != NULL ? ASYNC_OK : ASYNC_MISUSE;
}

/* A failure that nobody saw is remembered for the end, as asyncio's garbage collector tells of it at any time. */
static void report(async_loop *loop, const async_exception *exception, void *data)
{
    (void)data;
    if (world.dying_future >= 0)
        world.unseen_futures[world.dying_future] = true;
    else if (exception->status == ASYNC_OK || exception->task == NULL || number_of(exception->task) < 0)
        return; /* a deadlock, and who waits */
    else if (world.ending && !async_loop_is_running(loop))
        printf("shutdown %d %s\n", number_of(exception->task), outcome(exception->status));
    else
        world.unseen[number_of(exception->task)] = true;
}

static async_loop *make_loop(void *data)
{
    async_loop_config config;
    (void)data;
    memset(&config, 0, sizeof config);
    config.virtual_clock = true;
    return async_new_event_loop_with(&config);
}

static void set_up(void)
{
    int i;
    world.runner.loop_factory = make_loop;
    world.loop = world.program.runs > 0 ? async_runner_get_loop(&world.runner) : make_loop(NULL);
    async_loop_set_exception_handler(world.loop, report, NULL);
    world.dying_future = -1;
    for (i = 0; i < world.program.runs; i++)
        world.taken[i] = true;
    set_up_contexts();
    set_up_objects();
}

static void end_iterated(struct iterated *iterated)
{
    struct iterated **link = &world.iterated;
    while (*link != iterated)
        link = &(*link)->next;
    *link = iterated->next;
    async_as_completed_deinit(&iterated->iterator);
    free(iterated);
}

static void end_gather(int number)
{
    async_gathering_deinit(&world.gathers[number]->gathering);
    free(world.gathers[number]);
    world.gathers[number] = NULL;
}

/* What is done goes while the loop can still tell of unseen failures; what waits when nobody does any more. */
static void tear_down(async_status closed)
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
    if (world.program.runs > 0 && closed == ASYNC_OK && async_loop_all_tasks(world.loop, NULL, 0) == 0)
        async_runner_close(&world.runner);
    else
        async_loop_close(world.loop); /* what is left was cancelled once, and is dropped */
    async_context_deinit(&world.runner.context);
    for (i = 0; i < MOST_NUMBERS; i++) {
        if (world.gathers[i] != NULL)
            end_gather(i);
    }
    while (world.iterated != NULL)
        end_iterated(world.iterated);
    for (i = 0; i < FUTURES; i++) {
        async_future_remove_done_callback(&world.futures[i], called);
        async_future_deinit(&world.futures[i]);
    }
    tear_down_contexts();
    tear_down_objects();
}

/* One main function as async_run() would, or several with one runner. */
static void run_mains(void)
{
    async_status status = ASYNC_OK;
    int i;
    if (world.program.runs == 0) {
        async_task *task;
        world.taken[0] = true;
        task = async_loop_create_task(world.loop, root, .who = 0);
        printf("run %s\n", outcome(async_loop_run_until_complete(world.loop, task)));
        async_release(task);
    }
    for (i = 0; i < world.program.runs && status != ASYNC_DEADLOCK; i++) {
        status = async_runner_run(&world.runner, root, .who = i);
        printf("run %s\n", outcome(status));
    }
}

static void run(void)
{
    async_status closed;
    int i;
    set_up();
    run_mains();
    world.ending = true;
    closed = async_loop_cancel_all_tasks(world.loop);
    world.ending = false;
    printf("closed %s\nunseen", outcome(closed));
    world.program.marks = 0;
    tear_down(closed);
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
