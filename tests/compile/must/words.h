/* A program that uses every public macro in upper case, in C and C++, on hosts and (compiled only) on boards. */
#include "asyncio.h"

#ifdef __cplusplus
#define ZERO { }
#else
#define ZERO { 0 }
#endif

struct add {
    async_frame frame;
    int a, b;
    int result;
};

ASYNC(add)
{
    ASYNC_BEGIN;
    AWAIT(async_sleep, .delay = 0);
    ASYNC_RETURN(self->a + self->b);
    ASYNC_END;
}

struct fails {
    async_frame frame;
    async_status status;
    async_status *seen;
    char buffer[24];
};
ASYNC_DECLARE(fails, buffer);

ASYNC_DEFINE(fails)
{
    ASYNC_BEGIN;
    if (self->status == 0)
        ASYNC_RETURN();
    ASYNC_RAISE(self->status);
    ASYNC_FINALLY;
    AWAIT(async_sleep, .delay = async_us(1));
    *self->seen = ASYNC_ERROR;
    ASYNC_END;
}

struct ticker {
    async_frame frame;
    int i, to;
    int result;
};

ASYNC(ticker)
{
    ASYNC_BEGIN;
    for (self->i = 0; self->i < self->to; self->i++) {
        AWAIT(async_sleep, .delay = 0);
        ASYNC_YIELD(self->i);
    }
    ASYNC_END;
}

/* awaitables written by hand: one for this file, one that others may use, both done at once */
struct at_once {
    async_leaf leaf;
    int result;
};
static async_step at_once_resume(async_stack *stack, void *frame)
{
    async_step done = ZERO;
    (void)stack;
    ((struct at_once *)frame)->result = 1;
    return done;
}
ASYNC_LEAF_DEFINE_STATIC(at_once, async_leaf_cancel);

struct for_others {
    async_leaf leaf;
    int result;
};
ASYNC_DECLARE(for_others);
async_step for_others_resume(async_stack *stack, void *frame) { return at_once_resume(stack, frame); }
ASYNC_LEAF_DEFINE(for_others, NULL);

struct all {
    async_frame frame;
    struct add add;
    struct fails fails;
    struct ticker ticks;
    async_lock lock;
    async_timeout timeout;
    async_task_group group;
    async_task *task;
    async_status status, seen;
    int sum;
    int result;
};

static async_storage(sizeof(struct add) + 200) storage;
static ASYNC_TASK(add, async_sleep, async_task_group_child) child_storage;

ASYNC(all)
{
    ASYNC_BEGIN;
    async_lock_init(&self->lock);
    AWAIT(add, .a = 1, .b = 2);
    AWAIT_INTO(self->sum, add, .a = 1, .b = 2);
    AWAIT_CATCH(self->status, fails, .status = ASYNC_USER_ERROR(1), .seen = &self->seen);
    self->sum += self->status == ASYNC_USER_ERROR(1) && self->seen == self->status;
    AWAIT_AT(&self->add, add, .a = 3);
    self->sum += self->add.result;
    AWAIT_AT_INTO(&self->add, self->result, add, .b = 4);
    self->sum += self->result;
    AWAIT_AT_CATCH(&self->fails, self->status, fails, .status = 0, .seen = &self->seen);
    AWAIT_FOR(async_ms(1000), add);
    AWAIT_FOR_INTO(ASYNC_FOREVER, self->result, add, .a = 5);
    self->sum += self->result;
    AWAIT_FOR_CATCH(async_seconds(1), self->status, fails, .status = ASYNC_MISUSE, .seen = &self->seen);
    AWAIT_SHIELDED(add);
    AWAIT_SHIELDED_INTO(self->result, add, .a = 1, .b = 1);
    self->sum += self->result;
    AWAIT_SHIELDED_CATCH(self->status, fails, .status = ASYNC_MISUSE, .seen = &self->seen);
    self->sum += self->status == ASYNC_MISUSE;
    AWAIT_ENTER(&self->lock);
    (void)ASYNC_EXIT(&self->lock);
    async_timeout_enter(&self->timeout, async_seconds(1));
    (void)async_timeout_exit(&self->timeout, ASYNC_OK);
    async_timeout_enter_at(&self->timeout, ASYNC_FOREVER);
    (void)async_timeout_exit(&self->timeout, ASYNC_OK);
    ASYNC_GENERATOR_OPEN(&self->ticks, ticker, .to = 3);
    ASYNC_FOR (&self->ticks)
        self->sum += self->ticks.result;
    AWAIT_INTO(self->result, at_once);
    self->sum += self->result;
    AWAIT_INTO(self->result, for_others);
    self->sum += self->result;
    self->task = async_create_task_on(&storage, add, .a = 1, .b = 1);
    AWAIT(async_join, .task = self->task);
    self->sum += async_result(self->task, add);
    async_release(self->task);
    async_task_group_enter(&self->group);
    AWAIT(async_task_group_join, .group = &self->group);
    async_task_group_enter(&self->group, .policy = ASYNC_COLLECT_ALL, .limit = 1);
    (void)async_task_group_create_task_on(&self->group, &child_storage, add, .a = 1);
#if !ASYNCIO_NO_HEAP
    (void)async_task_group_create_task(&self->group, add, .a = 1);
    self->task = async_create_task(add, .a = 2);
    async_release(self->task);
    self->task = async_loop_create_task(async_get_running_loop(), add, .a = 2);
    async_release(self->task);
    self->task = async_create_task_eager(add, .a = 2);
    async_release(self->task);
    (void)async_go(add, .a = 1);
    AWAIT_GATHER(async_call(add), async_call_into(self->result, add, .a = 1, .b = 2));
    self->sum += self->result;
    AWAIT_GATHER_CATCH(self->status, async_call_into(self->result, add, .a = 1), async_call(add), async_call(add, .a = 1),
        async_call(add, .b = 1), async_call(add), async_call(add), async_call(add),
        async_call(fails, .status = ASYNC_MISUSE, .seen = &self->seen));
    self->sum += self->result == 3 && self->status == ASYNC_MISUSE;
#endif
    AWAIT(async_task_group_join, .group = &self->group);
    self->result = self->sum;
    ASYNC_FINALLY;
    AWAIT_CLOSE(&self->ticks);
    ASYNC_END;
}

#if ASYNCIO_NET
struct serves {
    async_frame frame;
    async_stream *stream;
    int *count;
};

ASYNC(serves)
{
    ASYNC_BEGIN;
    AWAIT(async_stream_close, .stream = self->stream);
    ASYNC_END;
}

async_time serve_for(async_server *server, int fd);
async_time serve_for(async_server *server, int fd)
{
    return async_server_add_socket(server, fd, async_handler(serves), NULL) == ASYNC_OK ? ASYNC_STREAM_LINGER : 0;
}
#endif

extern const async_type *const all_there;
const async_type *const all_there = &all_type;

/* the words that are no calls */
const char *status_name(async_status status);
const char *status_name(async_status status)
{
#define NAME(name, value, text) if (status == (value)) return #name;
    ASYNC_STATUS_LIST(NAME)
#undef NAME
    return "?";
}

long switches(void);
long switches(void)
{
    long sum = ASYNCIO_VERSION_MAJOR + ASYNCIO_VERSION_MINOR + ASYNCIO_VERSION_PATCH;
    sum += ASYNCIO_BARE + ASYNCIO_DEBUG + ASYNCIO_VERIFY + ASYNCIO_KEYWORDS + ASYNCIO_STRICT_LOCALS + ASYNCIO_COMPUTED_GOTO;
    sum += ASYNCIO_EPOLL + ASYNCIO_KQUEUE + ASYNCIO_PIDFD + ASYNCIO_VFORK;
    sum += ASYNCIO_COUNTER + ASYNCIO_SMALL + ASYNCIO_NO_HEAP + ASYNCIO_POOL + ASYNCIO_NAMES + ASYNCIO_ALL_TASKS;
    sum += ASYNCIO_NET + ASYNCIO_PROCESSES + ASYNCIO_THREADS;
    sum += ASYNCIO_PORT_CUSTOM + ASYNCIO_TICKLESS + ASYNCIO_COUNTER_BITS + (ASYNCIO_LONGEST_SLEEP > 0);
    sum += ASYNCIO_HIGH_WATER + ASYNCIO_STACK_REPORT;
#if ASYNCIO_HIGH_WATER
    sum += async_task_high_water(async_current_task()) != 0;
#endif
    ASYNCIO_IDLE();
    ASYNCIO_WATCHDOG();
    sum += ASYNCIO_TICK_HZ + ASYNCIO_WINDOW + ASYNCIO_GROUP_FAILURES + (long)ASYNCIO_FRAME_ALIGN;
#if !ASYNCIO_COMPUTED_GOTO
    sum += ASYNCIO_CASE_BASE != 0;
#endif
    return sum;
}

#if !ASYNCIO_NO_HEAP
void *give_and_take(void);
void *give_and_take(void)
{
    void *p = ASYNCIO_MALLOC(1);
    ASYNCIO_FREE(p);
    return NULL;
}

struct top {
    async_frame frame;
    int *sum;
    int result;
};

ASYNC(top)
{
    ASYNC_BEGIN;
    AWAIT_INTO(*self->sum, all);
    ASYNC_RETURN(*self->sum);
    ASYNC_END;
}
#endif

#if ASYNCIO_THREADS
/* tcc has no thread-local variables: there, loops run in one thread. */
#ifdef __TINYC__
enum { HAS_THREADS = 0 };
#else
enum { HAS_THREADS = 1 };
#endif

/* 3 when all is well. */
static int run_thread_words(void)
{
    async_concurrent_future *future;
    async_loop *loop = async_new_event_loop();
    int sum = 0;
    future = async_run_coroutine_threadsafe(loop, add, .a = 1, .b = 2);
    while (!async_concurrent_future_done(future))
        (void)async_loop_run_once(loop);
    if (async_concurrent_future_wait(future, 0) == ASYNC_OK)
        sum = async_concurrent_future_result(future, add);
    async_concurrent_future_release(future);
    (void)async_loop_close(loop);
    return !HAS_THREADS || async_run_many(2, (async_status *)NULL, add, .a = 1) == ASYNC_OK ? sum : 0;
}
#endif

/* Gives 0 when it has run as it should. */
int run_words(void);
int run_words(void)
{
#if ASYNCIO_NO_HEAP
    return 0;
#else
    static const async_loop_config config = ZERO;
    static async_runner runner;
    int first = 0, second = 0, third = 0, fourth = 0, same;
    if (async_run(top, .sum = &first) != ASYNC_OK || async_run_with(&config, top, .sum = &second) != ASYNC_OK)
        return 1;
    if (async_run_into(third, top, .sum = &first) != ASYNC_OK
        || async_runner_run(&runner, top, .sum = &second) != ASYNC_OK
        || async_runner_run_into(&runner, fourth, top, .sum = &second) != ASYNC_OK
        || async_runner_close(&runner) != ASYNC_OK)
        return 1;
    same = first == second && first == third && first == fourth;
#if ASYNCIO_THREADS
    same = same && run_thread_words() == 3;
#endif
    return !(same && first == 3 + 1 + 3 + 4 + 5 + 2 + 1 + 3 + 1 + 1 + 2 + 3 + 1 && switches() > 0 && status_name(ASYNC_MISUSE)[0] == 'A'
        && give_and_take() == NULL);
#endif
}
