/* Functions in threads: results, failures, cancelling, limits, ends; thread creation that fails. */
#if !defined(_POSIX_C_SOURCE) && !defined(_GNU_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include <pthread.h>
static int started_threads, refused_threads; /* how many there were; how many more are refused */
static int start_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *data);
#ifndef __TINYC__
#define pthread_create start_thread
#endif
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#undef pthread_create
#include "unit.h"
#include "gate.h"

#ifdef __TINYC__
TEST(executor, one_thread_only) { CHECK(true); } /* no thread-local variables, no atomic ones */
#else

static int start_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *data)
{
    if (refused_threads > 0) {
        refused_threads--;
        return EAGAIN;
    }
    started_threads++;
    return pthread_create(thread, attributes, function, data);
}

static int add_one(void *data) { return ++*(int *)data; }
static int fail(void *data)
{
    (void)data;
    return BOOM;
}

/* ---- results -------------------------------------------------------------------------------------------------- */

struct results { async_frame frame; int n, result, i; async_status status; };
async(results)
{
    async_begin;
    for (self->i = 1; self->i <= 20; self->i++) {
        await_into(self->result, async_to_thread, .function = add_one, .data = &self->n);
        CHECK_INT(self->result, self->i);
        CHECK_INT(self->n, self->i);
    }
    await(async_run_in_executor, .function = add_one, .data = &self->n);
    CHECK_INT(self->n, 21);
    await_catch(self->status, async_to_thread, .function = fail);
    CHECK_INT(self->status, BOOM);
    await_catch(self->status, async_to_thread);
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    self->result = 7;
    await_into(self->result, async_to_thread, .function = fail);
    CHECK(false);
    async_finally;
    CHECK(async_error == BOOM || async_error == ASYNC_NO_MEMORY);
    if (async_error == BOOM)
        CHECK_INT(self->result, 7);
    async_end;
}

TEST(executor, results)
{
    long live = counted_live;
    async_status status;
    started_threads = 0;
    status = async_run(results);
    CHECK(status == BOOM || status == ASYNC_NO_MEMORY);
    CHECK(started_threads <= 1); /* one is enough for one after another */
    CHECK_INT(RUN(results), status);
    CHECK_INT(counted_live, live);
}

/* ---- at the same time ------------------------------------------------------------------------------------------ */

struct crowd { pthread_mutex_t lock; int now, most, calls; };
static int join_crowd(void *data)
{
    struct crowd *crowd = (struct crowd *)data;
    struct timespec pause = { 0, 200000 };
    pthread_mutex_lock(&crowd->lock);
    crowd->calls++;
    if (++crowd->now > crowd->most)
        crowd->most = crowd->now;
    pthread_mutex_unlock(&crowd->lock);
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&crowd->lock);
    crowd->now--;
    pthread_mutex_unlock(&crowd->lock);
    return 0;
}

struct limits { async_frame frame; async_executor *executor; struct crowd *crowd; int i; async_task_group group; };
async(limits)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < 60; self->i++)
        async_task_group_create_task(&self->group, async_run_in_executor, .executor = self->executor,
            .function = join_crowd, .data = self->crowd);
    async_end;
}

TEST(executor, no_more_threads_than_allowed)
{
    struct crowd crowd = { PTHREAD_MUTEX_INITIALIZER, 0, 0, 0 };
    async_executor executor = { NULL };
    long live = counted_live;
    async_status status;
    started_threads = 0;
    if (async_executor_init(&executor, 3) == ASYNC_OK) {
        status = async_run(limits, .executor = &executor, .crowd = &crowd);
        async_executor_deinit(&executor);
        CHECK(crowd.most <= 3);
        CHECK(started_threads <= 3);
        CHECK_INT(crowd.now, 0);
        if (status == ASYNC_OK)
            CHECK_INT(crowd.calls, 60);
    }
    CHECK_INT(counted_live, live);
}

/* ---- cancelling ------------------------------------------------------------------------------------------------ */

struct held { gate started, open; int begun, ended, given_back; };
#define HELD { GATE_INIT, GATE_INIT, 0, 0, 0 }
static int hold(void *data)
{
    struct held *held = (struct held *)data;
    __atomic_add_fetch(&held->begun, 1, __ATOMIC_SEQ_CST);
    gate_set(&held->started);
    gate_wait(&held->open);
    __atomic_add_fetch(&held->ended, 1, __ATOMIC_SEQ_CST);
    return 5;
}
static void give_back(void *data) { __atomic_add_fetch(&((struct held *)data)->given_back, 1, __ATOMIC_SEQ_CST); }

static void set_gate(async_handle *handle) { gate_set((gate *)handle->data); }

struct cancels {
    async_frame frame;
    struct held *held;
    async_executor executor;
    async_task *first, *second;
    async_status status;
    async_timer_handle later;
};
async(cancels)
{
    async_begin;
    self->status = async_executor_init(&self->executor, 1);
    if (self->status < 0)
        async_raise(self->status);
    self->first = async_create_task(async_run_in_executor, .executor = &self->executor, .function = hold,
        .data = self->held);
    await(async_sleep, .delay = 0);
    if (self->first == NULL)
        async_raise(ASYNC_NO_MEMORY);
    self->second = async_create_task(async_run_in_executor, .executor = &self->executor, .function = hold,
        .data = self->held);
    await(async_sleep, .delay = 0);
    gate_wait(&self->held->started);
    /* what has not begun never does */
    async_cancel(self->second);
    await_catch(self->status, async_join, .task = self->second);
    if (self->status == ASYNC_NO_MEMORY)
        async_raise(self->status);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    CHECK(!gate_is_set(&self->held->open));
    /* what has begun is waited for */
    async_cancel(self->first);
    await(async_sleep, .delay = async_ms(2));
    CHECK(!async_task_done(self->first));
    if (async_call_later(async_ms(1), &self->later, set_gate, &self->held->open) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await_catch(self->status, async_join, .task = self->first);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    CHECK_INT(self->held->ended, 1);
    async_finally;
    gate_set(&self->held->open);
    async_executor_deinit(&self->executor);
    async_release(self->first);
    async_release(self->second);
    async_end;
}

TEST(executor, cancelled)
{
    struct held held = HELD;
    long live = counted_live;
    async_status status = async_run(cancels, .held = &held);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    if (status == ASYNC_OK)
        CHECK_INT(held.begun, 1);
    CHECK_INT(held.begun, held.ended);
    CHECK_INT(counted_live, live);
}

struct abandons { async_frame frame; struct held *held; async_task *task; async_status status; int n, result; };
async(abandons)
{
    async_begin;
    self->task = async_create_task(async_to_thread, .function = hold, .data = self->held, .abandon = give_back);
    await(async_sleep, .delay = 0);
    if (async_task_done(self->task))
        async_raise(async_task_exception(self->task));
    gate_wait(&self->held->started);
    await_catch(self->status, async_wait_for, .task = self->task, .timeout = async_ms(1));
    if (self->status == ASYNC_NO_MEMORY)
        async_raise(self->status);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK_INT(self->held->ended, 0); /* the await has not waited */
    CHECK_INT(self->held->given_back, 0);
    await_into(self->result, async_to_thread, .function = add_one, .data = &self->n, .abandon = give_back);
    CHECK_INT(self->result, 1);
    async_finally;
    gate_set(&self->held->open);
    async_release(self->task);
    async_end;
}

TEST(executor, abandoned)
{
    struct held held = HELD;
    long live = counted_live;
    async_status status = async_run(abandons, .held = &held);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    if (status == ASYNC_OK) {
        CHECK_INT(held.ended, 1); /* the loop has waited for it in the end */
        CHECK_INT(held.given_back, 1);
    }
    CHECK_INT(counted_live, live);
}

struct late { async_frame frame; struct held *held; async_status status; async_timer_handle later; };
async(late)
{
    async_begin;
    if (async_call_later(async_ms(10), &self->later, set_gate, &self->held->open) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await_for_catch(async_ms(1), self->status, async_to_thread, .function = hold, .data = self->held);
    if (self->status != ASYNC_NO_MEMORY)
        CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK_INT(self->held->ended, self->held->begun);
    async_finally;
    gate_set(&self->held->open);
    async_timer_handle_cancel(&self->later);
    async_end;
}

TEST(executor, deadline_while_it_runs)
{
    struct held held = HELD;
    async_status status = async_run(late, .held = &held);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
}

/* ---- ends ------------------------------------------------------------------------------------------------------ */

struct ends { async_frame frame; async_executor executor; struct held *held; async_task *tasks[2]; async_status status; };
async(ends)
{
    async_begin;
    await_catch(self->status, async_run_in_executor, .executor = &self->executor, .function = fail);
    CHECK_INT(self->status, ASYNC_CLOSED); /* all zeros */
    async_executor_shutdown(&self->executor);
    async_executor_deinit(&self->executor);
    self->status = async_executor_init(&self->executor, 1);
    if (self->status < 0)
        async_raise(self->status);
    self->tasks[0] = async_create_task(async_run_in_executor, .executor = &self->executor, .function = hold,
        .data = self->held);
    self->tasks[1] = async_create_task(async_run_in_executor, .executor = &self->executor, .function = hold,
        .data = self->held);
    await(async_sleep, .delay = 0);
    async_executor_shutdown(&self->executor);
    await_catch(self->status, async_run_in_executor, .executor = &self->executor, .function = fail);
    CHECK_INT(self->status, ASYNC_CLOSED);
    gate_set(&self->held->open);
    async_executor_deinit(&self->executor); /* they have run, and their tasks do not know it yet */
    async_executor_deinit(&self->executor);
    CHECK(self->tasks[0] == NULL || !async_task_done(self->tasks[0]));
    async_cancel(self->tasks[1]);
    await(async_join, .task = self->tasks[0]);
    CHECK_INT(async_result(self->tasks[0], async_run_in_executor), 5);
    await_catch(self->status, async_join, .task = self->tasks[1]);
    CHECK(self->status == ASYNC_CANCELLED || self->status == ASYNC_NO_MEMORY);
    async_finally;
    gate_set(&self->held->open);
    async_executor_deinit(&self->executor);
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_end;
}

TEST(executor, shut_down)
{
    struct held held = HELD;
    long live = counted_live;
    async_status status = async_run(ends, .held = &held);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    if (status == ASYNC_OK)
        CHECK(held.ended >= 1 && held.begun == held.ended);
    CHECK_INT(counted_live, live);
}

static void *open_later(void *data)
{
    struct timespec pause = { 0, 2000000 };
    nanosleep(&pause, NULL);
    gate_set((gate *)data);
    return NULL;
}

struct awaits { async_frame frame; struct held *held; void (*abandon)(void *data); };
async(awaits)
{
    async_begin;
    await(async_to_thread, .function = hold, .data = self->held, .abandon = self->abandon);
    async_end;
}

/* A loop that is closed with a function running waits for it; one that is still in the line is dropped. */
static void close_with(int most, void (*abandon)(void *data))
{
    struct held held = HELD;
    async_executor executor;
    pthread_t thread;
    async_loop *loop = async_new_event_loop();
    async_task *tasks[2] = { NULL, NULL };
    int i;
    if (loop == NULL || async_executor_init(&executor, (unsigned)most) < 0) {
        async_loop_close(loop);
        return;
    }
    CHECK_INT(async_loop_set_default_executor(loop, &executor), ASYNC_OK);
    for (i = 0; i < 2; i++)
        tasks[i] = async_loop_create_task(loop, awaits, .held = &held, .abandon = abandon);
    async_loop_run_once(loop);
    REQUIRE(pthread_create(&thread, NULL, open_later, &held.open) == 0);
    for (i = 0; i < 2; i++)
        async_release(tasks[i]);
    CHECK_INT(async_loop_close(loop), ASYNC_OK);
    if (abandon == NULL)
        CHECK_INT(__atomic_load_n(&held.begun, __ATOMIC_SEQ_CST), __atomic_load_n(&held.ended, __ATOMIC_SEQ_CST));
    async_executor_deinit(&executor);
    CHECK_INT(held.begun, held.ended);
    if (abandon != NULL)
        CHECK(held.given_back <= 2 && held.given_back >= held.ended);
    pthread_join(thread, NULL);
}

TEST(executor, loop_closed_meanwhile)
{
    long live = counted_live;
    int most;
    for (most = 1; most <= 2; most++) {
        close_with(most, NULL);
        close_with(most, give_back);
    }
    CHECK_INT(counted_live, live);
}

struct one { async_frame frame; int n, expect; async_status expects, status; };
async(one)
{
    async_begin;
    await_catch(self->status, async_to_thread, .function = add_one, .data = &self->n);
    if (self->status != ASYNC_NO_MEMORY)
        CHECK_INT(self->status, self->expects);
    async_end;
}

static async_status run_on(async_loop *loop, async_status expects)
{
    async_task *task = async_loop_create_task(loop, one, .expects = expects);
    async_status status = async_loop_run_until_complete(loop, task);
    async_release(task);
    return status;
}

TEST(executor, default_one)
{
    long live = counted_live;
    async_executor executor;
    async_loop *loop = async_new_event_loop();
    CHECK_INT(async_loop_set_default_executor(NULL, NULL), ASYNC_NO_RUNNING_LOOP);
    CHECK_INT(async_loop_shutdown_default_executor(NULL), ASYNC_MISUSE);
    if (loop == NULL)
        return;
    if (async_executor_init(&executor, 1) == ASYNC_OK) {
        CHECK_INT(async_loop_set_default_executor(loop, &executor), ASYNC_OK);
        run_on(loop, ASYNC_OK);
        CHECK_INT(async_loop_set_default_executor(loop, NULL), ASYNC_OK);
        async_executor_deinit(&executor);
    }
    if (run_on(loop, ASYNC_OK) == ASYNC_OK && loop->workers != NULL)
        CHECK_INT(async_loop_set_default_executor(loop, NULL), ASYNC_MISUSE);
    CHECK_INT(async_loop_shutdown_default_executor(loop), ASYNC_OK);
    run_on(loop, ASYNC_CLOSED);
    CHECK_INT(async_loop_shutdown_default_executor(loop), ASYNC_OK);
    async_loop_close(loop);
    CHECK_INT(counted_live, live);
}

/* ---- what fails ------------------------------------------------------------------------------------------------ */

struct refused { async_frame frame; async_executor executor; int n; async_status status; async_task *tasks[2]; };
async(refused)
{
    async_begin;
    self->status = async_executor_init(&self->executor, 2);
    if (self->status < 0)
        async_raise(self->status);
    refused_threads = 1;
    await_catch(self->status, async_run_in_executor, .executor = &self->executor, .function = add_one,
        .data = &self->n);
    CHECK_INT(self->status, -EAGAIN);
    CHECK_INT(self->n, 0);
    refused_threads = 1;
    await_catch(self->status, async_run_in_executor, .executor = &self->executor, .function = add_one,
        .data = &self->n, .abandon = give_back);
    CHECK(self->status == -EAGAIN || self->status == ASYNC_NO_MEMORY);
    await(async_run_in_executor, .executor = &self->executor, .function = add_one, .data = &self->n);
    CHECK_INT(self->n, 1); /* the next try may be luckier */
    refused_threads = 9;
    self->tasks[0] = async_create_task(async_run_in_executor, .executor = &self->executor, .function = add_one,
        .data = &self->n);
    self->tasks[1] = async_create_task(async_run_in_executor, .executor = &self->executor, .function = add_one,
        .data = &self->n);
    await(async_join, .task = self->tasks[0]); /* with one thread it takes longer, and that is all */
    await(async_join, .task = self->tasks[1]);
    CHECK_INT(self->n, 3);
    async_finally;
    refused_threads = 0;
    async_executor_deinit(&self->executor);
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_end;
}

TEST(executor, no_thread_to_be_had)
{
    long live = counted_live;
    async_status status = async_run(refused);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    refused_threads = 0;
    CHECK_INT(counted_live, live);
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static int nap(void *data)
{
    struct timespec pause = { 0, 2000000 };
    (void)data;
    nanosleep(&pause, NULL);
    return 0;
}

struct stands_still { async_frame frame; async_time before; async_status status; };
async(stands_still)
{
    async_loop *loop = async_get_running_loop();
    async_begin;
    self->before = async_loop_time(loop);
    await_for(async_ms(1), async_to_thread, .function = nap); /* a virtual deadline */
    CHECK(async_loop_time(loop) == self->before);
    async_end;
}

TEST(executor, virtual_clock_waits)
{
    async_status status = RUN(stands_still);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
}

static void quiet(async_loop *loop, const async_exception *exception, void *data)
{
    (void)loop;
    (void)exception;
    (void)data;
}

struct hangs { async_frame frame; int n; async_future future; };
async(hangs)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), quiet, NULL);
    await(async_to_thread, .function = add_one, .data = &self->n);
    await(async_future_wait, .future = &self->future); /* idle threads bring nothing */
    async_end;
}

TEST(executor, deadlock_beside_idle_threads)
{
    async_status status;
    if (!alone())
        return;
    status = async_run(hangs);
    CHECK(status == ASYNC_DEADLOCK || status == ASYNC_NO_MEMORY);
}

/* ---- many -------------------------------------------------------------------------------------------------------- */

enum { TASKS = 8 };
struct job { int input, output; };
static int square(void *data)
{
    struct job *job = (struct job *)data;
    job->output = job->input * 3 + 1;
    return job->output & 0xFFFF;
}

struct submits { async_frame frame; async_executor *executor; int i, count, done, result, sum; struct job job; };
async(submits)
{
    async_begin;
    for (self->i = 0; self->i < self->count; self->i++) {
        self->job.input = self->i;
        await_into(self->result, async_run_in_executor, .executor = self->executor, .function = square,
            .data = &self->job);
        CHECK_INT(self->job.output, self->i * 3 + 1);
        CHECK_INT(self->result, self->job.output & 0xFFFF);
        self->done++;
    }
    async_end;
}

struct all { async_frame frame; async_executor *executor; int count, i; async_task_group group; };
async(all)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < TASKS; self->i++)
        async_task_group_create_task(&self->group, submits, .executor = self->executor, .count = self->count);
    async_end;
}

struct second { async_executor *executor; async_status status; };
static void *second_loop(void *data)
{
    struct second *second = (struct second *)data;
    second->status = async_run(all, .executor = second->executor, .count = TEST_MANY / 200);
    return NULL;
}

/* Two loops in two threads, with one executor. */
TEST(executor, many)
{
    async_executor executor;
    struct second second;
    pthread_t thread;
    async_status status;
    long live = counted_live;
    if (async_executor_init(&executor, 4) < 0)
        return;
    second.executor = &executor;
    REQUIRE(pthread_create(&thread, NULL, second_loop, &second) == 0);
    status = async_run(all, .executor = &executor, .count = TEST_MANY / 100);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    pthread_join(thread, NULL);
    CHECK(second.status == ASYNC_OK || second.status == ASYNC_NO_MEMORY);
    async_executor_deinit(&executor);
    CHECK_INT(counted_live, live);
}

/* Shut down in the middle: each has run, or was refused. */
struct refuses { async_frame frame; async_executor *executor; int i, count; async_status status; struct job job; };
async(refuses)
{
    async_begin;
    for (self->i = 0; self->i < self->count; self->i++) {
        self->job.input = self->i;
        self->job.output = 0;
        await_catch(self->status, async_run_in_executor, .executor = self->executor, .function = square,
            .data = &self->job);
        CHECK(self->status == ASYNC_OK || self->status == ASYNC_CLOSED || self->status == ASYNC_NO_MEMORY);
        CHECK_INT(self->job.output, self->status == ASYNC_OK ? self->i * 3 + 1 : 0);
    }
    async_end;
}

struct middle { async_frame frame; async_executor executor; int count, i; async_status status; async_task *tasks[TASKS]; };
async(middle)
{
    async_begin;
    self->status = async_executor_init(&self->executor, 3);
    if (self->status < 0)
        async_raise(self->status);
    for (self->i = 0; self->i < TASKS; self->i++)
        self->tasks[self->i] = async_create_task(refuses, .executor = &self->executor, .count = self->count);
    await(async_sleep, .delay = async_ms(3));
    async_executor_shutdown(&self->executor);
    for (self->i = 0; self->i < TASKS; self->i++)
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
    async_finally;
    async_executor_deinit(&self->executor);
    for (self->i = 0; self->i < TASKS; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}

TEST(executor, shut_down_in_the_middle)
{
    long live = counted_live;
    async_status status = async_run(middle, .count = TEST_MANY / 100);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    CHECK_INT(counted_live, live);
}

#endif
