/* The loop: callbacks, stopping, several loops, other threads, deadlock, closing with everything pending. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <pthread.h>

static char words[] = "a\0b\0c\0d\0e";
#define WORD(i) (&words[2 * (i)])

static void say(async_handle *handle) { note("%s ", (const char *)handle->data); }
static void halt(async_handle *handle) { async_loop_stop((async_loop *)handle->data); }

/* ---- callbacks ---------------------------------------------------------------------------------------------------- */

static async_handle soon[4];
static void say_and_queue(async_handle *handle)
{
    note("%s ", (const char *)handle->data);
    async_call_soon(&soon[3], say, WORD(4)); /* of the next pass, so behind the stop */
}

TEST(loop, call_soon_and_stop)
{
    async_loop *loop = async_new_event_loop();
    async_handle stop;
    if (loop == NULL)
        return;
    memset(soon, 0, sizeof soon);
    memset(&stop, 0, sizeof stop);
    CHECK_PTR(async_get_event_loop(), loop);
    CHECK(!async_loop_is_running(loop));
    CHECK_INT(async_call_soon(&soon[0], say, NULL), ASYNC_NO_RUNNING_LOOP);
    CHECK_INT(async_loop_call_soon(NULL, &soon[0], say, NULL), ASYNC_NO_RUNNING_LOOP);
    async_loop_call_soon(loop, &soon[0], say, WORD(0));
    async_loop_call_soon(loop, &stop, halt, loop);
    async_loop_call_soon(loop, &soon[1], say_and_queue, WORD(1));
    CHECK_INT(async_loop_call_soon(loop, &soon[1], say, WORD(1)), ASYNC_MISUSE);
    async_loop_call_soon(loop, &soon[2], say, WORD(2));
    CHECK(async_handle_cancel(&soon[2]));
    CHECK(!async_handle_cancel(&soon[2]));
    CHECK_INT(async_loop_run_forever(loop), ASYNC_OK);
    CHECK_NOTES("a b "); /* the pass is run to its end */
    async_loop_stop(loop);
    CHECK_INT(async_loop_run_forever(loop), ASYNC_OK); /* stopped before: one pass */
    CHECK_NOTES("e ");
    async_loop_close(loop);
}

static void cancel_others(async_handle *handle)
{
    (void)handle;
    note("cancels ");
    CHECK(async_handle_cancel(&soon[1]));
    CHECK(async_handle_cancel(&soon[2]));
    CHECK(!async_handle_cancel(&soon[0]));
}

TEST(loop, cancelled_in_the_pass)
{
    async_loop *loop = async_new_event_loop();
    if (loop == NULL)
        return;
    memset(soon, 0, sizeof soon);
    async_loop_call_soon(loop, &soon[0], cancel_others, NULL);
    async_loop_call_soon(loop, &soon[1], say, WORD(1));
    async_loop_call_soon(loop, &soon[2], say, WORD(2));
    async_loop_call_soon(loop, &soon[3], say, WORD(3));
    CHECK_INT(async_loop_run_once(loop), ASYNC_FOREVER);
    CHECK_NOTES("cancels d ");
    async_loop_close(loop);
}

/* ---- runs ----------------------------------------------------------------------------------------------------------- */

struct says { async_frame frame; const char *what; int times; async_time delay; };
async(says)
{
    async_begin;
    for (; self->times > 0; self->times--) {
        note("%s", self->what);
        await(async_sleep, .delay = self->delay);
    }
    async_end;
}

struct runs_inside { async_frame frame; };
async(runs_inside)
{
    async_loop *other;
    async_begin;
    CHECK_INT(RUN(says, .what = "never", .times = 1), ASYNC_MISUSE);
    other = async_new_event_loop();
    CHECK_INT(async_loop_run_forever(other), ASYNC_MISUSE);
    CHECK(async_loop_run_once(other) < 0);
    CHECK_INT(async_loop_close(async_get_running_loop()), ASYNC_MISUSE);
    async_loop_close(other);
    async_end;
}

TEST(loop, a_run_within_a_run)
{
    CHECK_INT(RUN(runs_inside), ASYNC_OK);
    CHECK_INT(async_loop_run_forever(NULL), ASYNC_MISUSE);
    CHECK_INT(async_loop_close(NULL), ASYNC_OK);
}

TEST(loop, what_is_pending_goes_on_in_the_next_run)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    async_task *a, *b;
    if (loop == NULL)
        return;
    a = async_loop_create_task(loop, says, .what = "a", .times = 3, .delay = async_ms(10));
    b = async_loop_create_task(loop, says, .what = "b", .times = 9, .delay = async_ms(10));
    if (a != NULL && b != NULL && async_loop_run_until_complete(loop, a) == ASYNC_OK) {
        CHECK_NOTES("abababb");
        CHECK_INT(async_loop_run_until_complete(loop, b), ASYNC_OK);
        CHECK_NOTES("bbbbb");
        CHECK_INT(async_loop_run_until_complete(loop, a), ASYNC_OK); /* done long ago */
    }
    async_release(a);
    async_release(b);
    async_loop_close(loop);
    diary[0] = '\0';
}

TEST(loop, two_loops_by_turns)
{
    async_loop *first = async_new_event_loop_with(virtual_time()), *second = async_new_event_loop_with(virtual_time());
    async_task *a = NULL, *b = NULL;
    int i;
    if (first != NULL && second != NULL) {
        a = async_loop_create_task(first, says, .what = "a", .times = 3);
        b = async_loop_create_task(second, says, .what = "b", .times = 3);
        for (i = 0; i < 4; i++) {
            async_loop_run_once(first);
            async_loop_run_once(second);
        }
    }
    if (a != NULL && b != NULL) {
        CHECK(async_task_done(a) && async_task_done(b));
        CHECK_NOTES("ababab");
    }
    async_release(a);
    async_release(b);
    async_loop_close(first);
    async_loop_close(second);
    diary[0] = '\0';
}

TEST(loop, run_once_says_how_long_there_is_nothing_to_do)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    async_task *task;
    if (loop == NULL)
        return;
    CHECK_INT(async_loop_run_once(loop), ASYNC_FOREVER);
    task = async_loop_create_task(loop, says, .what = "", .times = 1, .delay = async_ms(30));
    if (task != NULL && async_loop_run_once(loop) != ASYNC_FOREVER)
        CHECK_INT(async_loop_run_once(loop), async_ms(30));
    async_release(task);
    async_loop_close(loop);
}

/* ---- another thread --------------------------------------------------------------------------------------------- */

static int remote_calls;
static async_handle remote[100];
static void count_remote(async_handle *handle)
{
    CHECK_PTR(handle, &remote[remote_calls]);
    if (++remote_calls == 100)
        async_loop_stop((async_loop *)handle->data);
}

static void *call_from_thread(void *data)
{
    int i;
    for (i = 0; i < 100; i++) {
        if (i % 10 == 0) {
            struct timespec t = { 0, 1000000 };
            nanosleep(&t, NULL);
        }
        async_loop_call_soon_threadsafe((async_loop *)data, &remote[i], count_remote, data);
    }
    return NULL;
}

TEST(loop, called_from_another_thread)
{
    async_loop *loop = async_new_event_loop();
    pthread_t thread;
    if (loop == NULL)
        return;
    memset(remote, 0, sizeof remote);
    remote_calls = 0;
    REQUIRE(pthread_create(&thread, NULL, call_from_thread, loop) == 0);
    CHECK_INT(async_loop_run_forever(loop), ASYNC_OK);
    pthread_join(thread, NULL);
    CHECK_INT(remote_calls, 100);
    async_loop_close(loop);
    CHECK_INT(async_loop_call_soon_threadsafe(NULL, &remote[0], count_remote, NULL), ASYNC_NO_RUNNING_LOOP);
}

/* ---- deadlock ----------------------------------------------------------------------------------------------------- */

static void tell(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    note("%s%s ", (const char *)data, e->status == ASYNC_DEADLOCK ? "deadlock" : word(e->status));
}

struct stuck { async_frame frame; async_lock lock; };
async(stuck)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), tell, WORD(0));
    async_lock_init(&self->lock);
    await_enter(&self->lock);
    await_enter(&self->lock);
    async_finally;
    note("finally %s ", word(async_error));
    async_end;
}

TEST(loop, a_deadlock_is_an_answer)
{
    if (!alone())
        return;
    CHECK_INT(RUN(stuck), ASYNC_DEADLOCK);
    CHECK(strstr(diary, "adeadlock ") == diary);
    CHECK(strstr(diary, "finally cancelled ") != NULL);
    diary[0] = '\0';
}

static void tell_twice(async_loop *loop, const async_exception *e, void *data)
{
    note("%s %s ", e->message, word(e->status));
    CHECK_PTR(loop, data);
}

TEST(loop, exception_handler)
{
    async_loop *loop = async_new_event_loop();
    async_exception e = { "message", BOOM, NULL, NULL, NULL, 0, 0 };
    if (loop == NULL)
        return;
    async_loop_set_exception_handler(loop, tell_twice, loop);
    async_loop_call_exception_handler(loop, &e);
    CHECK_NOTES("message boom ");
    async_loop_close(loop);
}

/* ---- closing with everything pending --------------------------------------------------------------------------------- */

struct counts { async_frame frame; int result; };
async(counts)
{
    async_begin;
    for (;; self->result++) {
        await(async_sleep, .delay = async_ms(1));
        async_yield(self->result);
    }
    async_end;
}

static async_lock lock;
static async_event event;
static async_queue queue;
static async_future future;
static int pipe_fds[2];

enum { SLEEP, LOCK, EVENT, GET, PUT, JOIN, FUTURE, READ, GATHER, GROUP, GROUP_AT_EXIT, TIMEOUT, DEEP, GENERATOR, FOR, CANCELLED,
    NEVER_RAN, KINDS };
struct waits { async_frame frame; int kind, depth, item; async_task *task, *both[2]; async_timeout timeout;
    async_task_group group; struct counts g; char buffer[8]; size_t n; };
async(waits)
{
    async_begin;
    if (self->kind == SLEEP || self->kind == CANCELLED)
        await(async_sleep, .delay = async_seconds(1));
    if (self->kind == LOCK)
        await_enter(&lock);
    if (self->kind == EVENT)
        await(async_event_wait, .event = &event);
    if (self->kind == GET)
        await(async_queue_get, .queue = &queue, .item = &self->item);
    if (self->kind == PUT) {
        async_queue_put_nowait(&queue, &self->item);
        await(async_queue_put, .queue = &queue, .item = &self->item);
    }
    if (self->kind == JOIN)
        await(async_join, .task = self->task);
    if (self->kind == FUTURE)
        await(async_future_wait, .future = &future);
    if (self->kind == READ)
        await(async_fd_read, .fd = pipe_fds[0], .buffer = self->buffer, .size = 8);
    if (self->kind == GATHER) {
        self->both[0] = self->both[1] = self->task;
        await(async_gather, .tasks = self->both, .count = 2);
    }
    if (self->kind == GROUP || self->kind == GROUP_AT_EXIT) {
        async_task_group_enter(&self->group);
        async_task_group_create_task(&self->group, waits, .kind = SLEEP);
        async_task_group_create_task(&self->group, waits, .kind = DEEP);
        if (self->kind == GROUP)
            await(async_sleep, .delay = ASYNC_FOREVER);
        async_return();
    }
    if (self->kind == TIMEOUT) {
        async_timeout_enter(&self->timeout, async_ms(500));
        await(async_sleep, .delay = ASYNC_FOREVER);
    }
    if (self->kind == DEEP && self->depth < 30)
        await(waits, .kind = DEEP, .depth = self->depth + 1);
    else if (self->kind == DEEP)
        await(async_sleep, .delay = async_seconds(1));
    if (self->kind == GENERATOR) {
        async_generator_open(&self->g, counts);
        async_for (&self->g)
            self->n++;
    }
    if (self->kind == FOR)
        await_for(async_ms(700), async_sleep, .delay = async_seconds(1));
    async_finally;
    note("finally ");
    async_end;
}

static void close_with(const int *kinds, int count)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    async_task *tasks[KINDS * 2], *sleeper = NULL;
    int i;
    if (loop == NULL)
        return;
    sleeper = async_loop_create_task(loop, waits, .kind = SLEEP);
    for (i = 0; i < count; i++)
        tasks[i] = kinds[i] == NEVER_RAN ? NULL : async_loop_create_task(loop, waits, .kind = kinds[i], .task = sleeper);
    for (i = 0; i < 4; i++)
        async_loop_run_once(loop);
    for (i = 0; i < count; i++) {
        if (kinds[i] == CANCELLED)
            async_cancel(tasks[i]); /* it has not heard of it yet */
        if (kinds[i] == NEVER_RAN)
            tasks[i] = async_loop_create_task(loop, waits);
    }
    async_loop_close(loop);
    for (i = 0; i < count; i++) {
        CHECK(tasks[i] == NULL || async_task_done(tasks[i]));
        async_release(tasks[i]);
    }
    async_release(sleeper);
    diary[0] = '\0'; /* those that ended for want of memory */
}

TEST(loop, closing_frees_everything)
{
    int kinds[KINDS], i, round;
    unsigned state = 7;
    long live = counted_live;
    REQUIRE(pipe(pipe_fds) == 0);
    async_fd_set_nonblocking(pipe_fds[0]);
    async_queue_init(&queue, sizeof(int), 1);
    async_lock_init(&lock);
    for (i = 0; i < KINDS; i++) {
        kinds[0] = kinds[1] = i;
        close_with(kinds, 2);
        async_lock_init(&lock); /* the one that held it is no more */
        async_queue_deinit(&queue);
        async_queue_init(&queue, sizeof(int), 1);
        if (counted_live != live) {
            CHECK_INT(i, -1); /* the kind */
            live = counted_live;
        }
    }
    for (round = 0; round < 30; round++) { /* all together, in any order */
        for (i = 0; i < KINDS; i++) {
            state = state * 1103515245u + 12345u;
            kinds[i] = (int)((state >> 16) % KINDS);
        }
        close_with(kinds, KINDS);
        async_lock_init(&lock);
        async_queue_deinit(&queue);
        async_queue_init(&queue, sizeof(int), 1);
        if (counted_live != live) {
            CHECK_INT(round, -1);
            break;
        }
    }
    CHECK_INT(counted_live, live);
    async_queue_deinit(&queue);
    async_future_deinit(&future);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* Handles and timers of a closed loop may be used on the next. */
TEST(loop, handles_of_a_closed_loop)
{
    static async_timer_handle timer;
    int i;
    memset(&timer, 0, sizeof timer);
    memset(soon, 0, sizeof soon);
    for (i = 0; i < 3; i++) {
        async_loop *loop = async_new_event_loop();
        if (loop == NULL)
            return;
        CHECK_INT(async_loop_call_soon(loop, &soon[0], say, WORD(0)), ASYNC_OK);
        CHECK(async_loop_call_later(loop, async_ms(1), &timer, say, WORD(0)) != ASYNC_MISUSE);
        async_loop_close(loop);
    }
    CHECK_NOTES("");
}
