/* Tasks, futures and runners: the cases of CPython 3.13's test_tasks.py, test_futures.py and test_runners.py, whose
 * names stand beside the tests, that the other files have not got. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

#define PASS await(async_sleep, .delay = 0)

/* Ends the driver when a task could not be made. */
#define REQUIRE_TASK(task)                                                                          \
    do {                                                                                            \
        if ((task) == NULL)                                                                         \
            async_raise(ASYNC_NO_MEMORY);                                                           \
    } while (0)

/* ---- cancel and uncancel --------------------------------------------------------------------------------------------- */

struct stays { async_frame frame; async_status status; };
async(stays)
{
    async_begin;
    await_catch(self->status, async_sleep, .delay = async_seconds(10));
    if (self->status == ASYNC_CANCELLED) {
        async_task_uncancel(async_current_task());
        await(async_sleep, .delay = async_seconds(10));
    }
    async_end;
}
struct uncancels { async_frame frame; async_task *task; async_status status; };
async(uncancels)
{
    async_begin;
    self->task = async_create_task(stays);
    REQUIRE_TASK(self->task);
    await(async_sleep, .delay = async_ms(10));
    CHECK(async_cancel(self->task));
    CHECK_INT(async_task_cancelling(self->task), 1);
    CHECK(!async_task_cancelled(self->task));
    await(async_sleep, .delay = async_ms(10));
    CHECK_INT(async_task_cancelling(self->task), 0);
    CHECK(!async_task_done(self->task));
    CHECK(async_cancel(self->task));
    CHECK_INT(async_task_cancelling(self->task), 1);
    await_catch(self->status, async_join, .task = self->task);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    async_task_uncancel(self->task); /* too late */
    CHECK(async_task_cancelled(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(tasks, uncancelled_and_cancelled_again) /* test_uncancel_basic */
{
    CHECK_INT(RUN(uncancels), ASYNC_OK);
}

/* A timeout made by hand: cancel() by a timer, uncancel() on the way out. */
struct by_hand { async_frame frame; async_time sleeps, limit; async_timer_handle timer; async_task *task; bool timed_out; async_status status; };
static void by_hand_fires(async_handle *handle)
{
    struct by_hand *self = (struct by_hand *)handle->data;
    self->timed_out = true;
    async_cancel(self->task);
}
async(by_hand)
{
    async_begin;
    self->task = async_current_task();
    self->status = async_call_later(self->limit, &self->timer, by_hand_fires, self);
    if (self->status < 0)
        async_raise(self->status);
    await_catch(self->status, async_sleep, .delay = self->sleeps);
    async_timer_handle_cancel(&self->timer);
    if (self->timed_out && async_task_uncancel(self->task) == 0 && self->status == ASYNC_CANCELLED)
        note("timed out ");
    else
        note("finished ");
    PASS; /* not affected by the timeout */
    CHECK_INT(async_task_cancelling(self->task), 0);
    note("outer code ");
    async_finally;
    async_timer_handle_cancel(&self->timer);
    async_end;
}

TEST(tasks, a_timeout_made_by_hand) /* test_uncancel_structured_blocks */
{
    CHECK_INT(RUN(by_hand, .sleeps = async_seconds(10), .limit = async_ms(100)), ASYNC_OK);
    CHECK_NOTES("timed out outer code ");
    CHECK_INT(RUN(by_hand, .sleeps = 0, .limit = async_seconds(10)), ASYNC_OK);
    CHECK_NOTES("finished outer code ");
}

/* ---- tasks that wait for futures --------------------------------------------------------------------------------------- */

struct on_future { async_frame frame; async_future *future; int result; };
async(on_future)
{
    async_begin;
    await(async_future_wait, .future = self->future);
    async_return(42);
    async_end;
}
enum { RESET, BOTH };
struct awaited { async_frame frame; int which; async_future future; async_task *task; async_status status; };
async(awaited)
{
    async_begin;
    self->task = async_create_task(on_future, .future = &self->future);
    REQUIRE_TASK(self->task);
    PASS;
    if (self->which == RESET) {
        async_future_set_result(&self->future, NULL); /* it is about to run */
        async_cancel(self->task);
        CHECK_INT(async_task_cancelling(self->task), 1);
        CHECK_INT(async_task_uncancel(self->task), 0);
    } else {
        CHECK(async_future_cancel(&self->future));
        CHECK(async_cancel(self->task));
    }
    await_catch(self->status, async_join, .task = self->task);
    note("%s %d", word(self->status), async_future_cancelled(&self->future));
    if (self->status == ASYNC_OK)
        CHECK_INT(async_result(self->task, on_future), 42);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(tasks, a_cancel_taken_back_before_it_is_delivered) /* test_uncancel_resets_must_cancel */
{
    CHECK_INT(RUN(awaited, .which = RESET), ASYNC_OK);
    CHECK_NOTES("ok 0");
}

TEST(tasks, cancelled_with_what_it_waits_for) /* test_cancel_both_task_and_inner_future */
{
    CHECK_INT(RUN(awaited, .which = BOTH), ASYNC_OK);
    CHECK_NOTES("cancelled 1");
}

struct ignores { async_frame frame; async_future *futures; async_status status; int result; };
async(ignores)
{
    async_begin;
    await(async_future_wait, .future = &self->futures[0]);
    await_catch(self->status, async_future_wait, .future = &self->futures[1]);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    await(async_future_wait, .future = &self->futures[2]);
    async_return(42);
    async_end;
}
struct ignored { async_frame frame; async_future futures[3]; async_task *task; };
async(ignored)
{
    async_begin;
    self->task = async_create_task(ignores, .futures = self->futures);
    REQUIRE_TASK(self->task);
    PASS;
    async_future_set_result(&self->futures[0], NULL);
    PASS;
    async_cancel(self->task);
    CHECK(async_future_cancelled(&self->futures[1]));
    PASS;
    async_future_set_result(&self->futures[2], NULL);
    await(async_join, .task = self->task);
    CHECK_INT(async_result(self->task, ignores), 42);
    CHECK(!async_future_cancelled(&self->futures[2]));
    CHECK(!async_task_cancelled(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(tasks, a_cancel_is_ignored) /* test_cancel_task_ignoring, test_cancel_task_catching */
{
    CHECK_INT(RUN(ignored), ASYNC_OK);
}

/* It cancels itself, and then waits for a task: that is cancelled at once, with what it waits for. Or it just ends. */
struct cancels_itself { async_frame frame; bool joins; async_future *future; async_task *nested; int result; };
async(cancels_itself)
{
    async_begin;
    if (self->joins) {
        self->nested = async_create_task(on_future, .future = self->future);
        REQUIRE_TASK(self->nested);
        PASS;
    }
    async_cancel(async_current_task());
    if (self->joins)
        await(async_join, .task = self->nested);
    async_return(12);
    async_finally;
    if (self->nested != NULL)
        note("%d ", async_task_cancelled(self->nested));
    async_release(self->nested);
    async_end;
}
struct itself { async_frame frame; bool joins; async_future future; async_task *task; async_status status; };
async(itself)
{
    async_begin;
    self->task = async_create_task(cancels_itself, .joins = self->joins, .future = &self->future);
    REQUIRE_TASK(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s %d %d", word(self->status), async_future_cancelled(&self->future), async_cancel(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(tasks, cancels_itself_and_waits) /* test_cancel_awaited_task */
{
    CHECK_INT(RUN(itself, .joins = true), ASYNC_OK);
    CHECK_NOTES("1 cancelled 1 0");
}

TEST(tasks, cancels_itself_and_ends) /* test_cancel_at_end */
{
    CHECK_INT(RUN(itself), ASYNC_OK);
    CHECK_NOTES("cancelled 0 0");
}

/* ---- wait, gather and shield ----------------------------------------------------------------------------------------- */

struct proves { async_frame frame; async_future *waiter; int *proof; };
async(proves)
{
    async_begin;
    await(async_future_wait, .future = self->waiter);
    *self->proof += 1;
    async_end;
}
struct outer_wait { async_frame frame; async_future *waiter; int *proof; async_task *task; size_t done; };
async(outer_wait)
{
    async_begin;
    self->task = async_create_task(proves, .waiter = self->waiter, .proof = self->proof);
    REQUIRE_TASK(self->task);
    await_into(self->done, async_wait, .tasks = &self->task, .count = 1);
    *self->proof += 100;
    async_finally;
    async_release(self->task);
    async_end;
}
struct leaves_inner { async_frame frame; async_future waiter; int proof; async_task *task; async_status status; };
async(leaves_inner)
{
    async_begin;
    self->task = async_create_task(outer_wait, .waiter = &self->waiter, .proof = &self->proof);
    REQUIRE_TASK(self->task);
    PASS;
    PASS;
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s ", word(self->status));
    async_future_set_result(&self->waiter, NULL);
    PASS;
    PASS;
    note("%d", self->proof);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(tasks, a_wait_leaves_what_it_waits_for_alone) /* test_yield_wait_does_not_shield_cancel */
{
    CHECK_INT(RUN(leaves_inner), ASYNC_OK);
    CHECK_NOTES("cancelled 1");
}

struct waits_shielded { async_frame frame; async_future *future; };
async(waits_shielded)
{
    async_begin;
    await(async_shield, .future = self->future);
    async_end;
}
struct shield_gather { async_frame frame; async_future a, b, *both[2]; async_handle nodes[2]; async_gathering all; async_task *task; async_status status; };
async(shield_gather)
{
    async_begin;
    self->both[0] = &self->a;
    self->both[1] = &self->b;
    async_gathering_start(&self->all, NULL, self->both, 2, false, self->nodes);
    self->task = async_create_task(waits_shielded, .future = &self->all.future);
    REQUIRE_TASK(self->task);
    PASS;
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s %d ", word(self->status), async_future_done(&self->all.future));
    async_future_set_result(&self->a, NULL);
    async_future_set_result(&self->b, NULL);
    await(async_future_wait, .future = &self->all.future);
    note("%s", word(async_future_exception(&self->all.future)));
    async_finally;
    async_gathering_deinit(&self->all);
    async_release(self->task);
    async_end;
}

TEST(tasks, a_shield_around_a_gather) /* test_shield_gather */
{
    CHECK_INT(RUN(shield_gather), ASYNC_OK);
    CHECK_NOTES("cancelled 0 ok");
}

struct gathers { async_frame frame; async_task **tasks; async_handle nodes[2]; };
async(gathers)
{
    async_begin;
    await(async_gather, .tasks = self->tasks, .count = 2, .nodes = self->nodes);
    async_end;
}
struct gather_shield { async_frame frame; async_future a, b; async_task *tasks[2], *parent; async_status status; };
async(gather_shield)
{
    async_begin;
    self->tasks[0] = async_create_task(waits_shielded, .future = &self->a);
    self->tasks[1] = async_create_task(waits_shielded, .future = &self->b);
    self->parent = async_create_task(gathers, .tasks = self->tasks);
    REQUIRE_TASK(self->tasks[0]);
    REQUIRE_TASK(self->tasks[1]);
    REQUIRE_TASK(self->parent);
    PASS;
    async_cancel(self->parent);
    await_catch(self->status, async_join, .task = self->parent);
    note("%s %d %d ", word(self->status), async_task_cancelled(self->tasks[0]), async_task_cancelled(self->tasks[1]));
    CHECK_INT(async_future_set_result(&self->a, NULL), ASYNC_OK); /* nobody has cancelled it */
    CHECK_INT(async_future_set_result(&self->b, NULL), ASYNC_OK);
    PASS;
    async_finally;
    async_cancel(self->parent);
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_release(self->parent);
    async_end;
}

TEST(tasks, a_gather_around_shields) /* test_gather_shield */
{
    CHECK_INT(RUN(gather_shield), ASYNC_OK);
    CHECK_NOTES("cancelled 1 1 ");
}

/* With return_exceptions, too, a cancel goes through a gather to who waits for it. */
struct repeats { async_frame frame; async_task *nap; async_handle node; int times; };
async(repeats)
{
    async_begin;
    for (; self->times < 20; self->times++) {
        self->nap = async_create_task(async_sleep, .delay = async_ms(50));
        REQUIRE_TASK(self->nap);
        await(async_gather, .tasks = &self->nap, .count = 1, .nodes = &self->node, .return_exceptions = true);
        async_release(self->nap);
        self->nap = NULL;
    }
    async_finally;
    note("%d ", self->times);
    async_release(self->nap);
    async_end;
}
struct interrupts { async_frame frame; async_task *task; };
async(interrupts)
{
    async_begin;
    self->task = async_create_task(repeats);
    REQUIRE_TASK(self->task);
    await(async_sleep, .delay = async_ms(220));
    async_cancel(self->task);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(tasks, a_cancel_goes_through_a_gather) /* test_cancel_gather_2 */
{
    CHECK_INT(RUN(interrupts), ASYNC_CANCELLED);
    CHECK_NOTES("4 ");
}

/* ---- a stop while it runs --------------------------------------------------------------------------------------------- */

struct stops { async_frame frame; int *x; };
async(stops)
{
    async_begin;
    while (*self->x < 10) {
        await(async_sleep, .delay = async_ms(100));
        if (++*self->x == 2)
            async_loop_stop(async_get_running_loop());
    }
    async_end;
}

TEST(tasks, the_loop_is_stopped_while_it_runs_one) /* test_stop_while_run_in_complete */
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    async_task *task;
    int x = 0;
    if (loop == NULL)
        return;
    task = async_loop_create_task(loop, stops, .x = &x);
    if (task != NULL) {
        CHECK_INT(async_loop_run_until_complete(loop, task), ASYNC_STOPPED);
        CHECK(!async_task_done(task));
        CHECK_INT(x, 2);
        async_cancel(task);
        CHECK_INT(async_loop_run_until_complete(loop, task), ASYNC_CANCELLED);
        async_release(task);
    }
    async_loop_close(loop);
}

/* ---- the callbacks of a future ------------------------------------------------------------------------------------------ */

static void one(async_handle *handle) { (void)handle; note("1 "); }
static void two(async_handle *handle) { (void)handle; note("2 "); }
static void three(async_handle *handle) { (void)handle; note("3 "); }

struct callbacks { async_frame frame; int which; async_future future; async_handle handles[8]; };
async(callbacks)
{
    static void (*const added[])(async_handle *) = { one, two, three, one, two, one, one, three };
    int i;
    async_begin;
    for (i = 0; i < 8; i++)
        CHECK_INT(async_future_add_done_callback(&self->future, &self->handles[i], added[i], NULL), ASYNC_OK);
    if (self->which & 1)
        CHECK_INT(async_future_remove_done_callback(&self->future, one), 4);
    if (self->which & 2)
        CHECK_INT(async_future_remove_done_callback(&self->future, two), 2);
    if (self->which & 4)
        CHECK_INT(async_future_remove_done_callback(&self->future, three), 2);
    if (self->which & 1)
        CHECK_INT(async_future_remove_done_callback(&self->future, one), 0);
    if (self->which & 8)
        async_future_set_exception(&self->future, BOOM);
    else
        async_future_set_result(&self->future, NULL);
    CHECK_STR(diary, "");
    PASS;
    CHECK_INT(async_future_exception(&self->future), self->which & 8 ? BOOM : ASYNC_OK);
    async_end;
}

/* FutureDoneCallbackTests: test_callbacks_remove_..., test_callbacks_invoked_on_set_result, _exception,
 * test_remove_done_callback */
TEST(tasks, callbacks_removed)
{
    static const char *const notes[8] = {
        "1 2 3 1 2 1 1 3 ", "2 3 2 3 ", "1 3 1 1 1 3 ", "3 3 ", "1 2 1 2 1 1 ", "2 2 ", "1 1 1 1 ", "",
    };
    int which;
    for (which = 0; which < 16; which++) {
        CHECK_INT(RUN(callbacks, .which = which), ASYNC_OK);
        CHECK_NOTES(notes[which & 7]);
    }
}

/* ---- runners ------------------------------------------------------------------------------------------------------------ */

struct answers { async_frame frame; int answer, result; };
async(answers)
{
    async_begin;
    PASS;
    async_return(self->answer);
    async_end;
}

static async_loop *made;
static async_loop *factory(void *data)
{
    *(int *)data += 1;
    return made = async_new_event_loop_with(virtual_time());
}

TEST(tasks, runner) /* RunnerTests: test_run, test_custom_factory, test_explicit_close, test_double_close,
                     * test_second_with_block_raises, test_set_event_loop_called_once */
{
    async_runner runner;
    int answer = 0, calls = 0;
    memset(&runner, 0, sizeof runner);
    runner.loop_factory = factory;
    runner.data = &calls;
    if (async_runner_run_into(&runner, answer, answers, .answer = 1) == ASYNC_OK
        && async_runner_run_into(&runner, answer, answers, .answer = answer + 1) == ASYNC_OK) {
        CHECK_INT(answer, 2);
        CHECK_INT(calls, 1);
        CHECK_PTR(async_runner_get_loop(&runner), made);
    }
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    CHECK_PTR(async_runner_get_loop(&runner), NULL);
    CHECK_INT(async_runner_run(&runner, answers), ASYNC_MISUSE);
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
}

static async_context_var variable = { "variable", NULL };

struct keeps { async_frame frame; void *value, *result; async_status status; };
async(keeps)
{
    async_begin;
    self->result = async_context_var_get(&variable);
    PASS;
    self->status = async_context_var_set(&variable, self->value, NULL);
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

TEST(tasks, a_runner_keeps_its_context) /* test_run_keeps_context */
{
    async_runner runner;
    int values[2];
    void *old = &runner;
    memset(&runner, 0, sizeof runner);
    runner.config = virtual_time();
    if (async_runner_run_into(&runner, old, keeps, .value = &values[0]) == ASYNC_OK) {
        CHECK_PTR(old, NULL);
        if (async_runner_run_into(&runner, old, keeps, .value = &values[1]) == ASYNC_OK) {
            CHECK_PTR(old, &values[0]);
            CHECK_PTR(async_context_get(&runner.context, &variable), &values[1]);
        }
    }
    async_runner_close(&runner);
    CHECK_PTR(async_context_var_get(&variable), NULL);
}

struct recursive { async_frame frame; async_runner *runner; };
async(recursive)
{
    async_begin;
    CHECK_INT(async_runner_run(self->runner, answers), ASYNC_MISUSE);
    CHECK_INT(async_runner_close(self->runner), ASYNC_MISUSE);
    async_end;
}

TEST(tasks, a_runner_inside_itself) /* test_recursive_run */
{
    async_runner runner;
    long live = counted_live;
    memset(&runner, 0, sizeof runner);
    CHECK_INT(async_runner_run(&runner, recursive, .runner = &runner), ASYNC_OK);
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    CHECK_INT(counted_live, live);
}
