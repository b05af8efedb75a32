/* Waiting with a limit, case by case as in CPython 3.13's test_waitfor.py, whose names stand beside the tests: on a call
 * (await_for), on a task or future that is there already (async_wait_for), and on a shield. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

/* Takes its time whatever happens. */
struct stubborn { async_frame frame; async_time until; async_status status; bool *exited; };
async(stubborn)
{
    async_begin;
    self->until = async_loop_time(async_get_running_loop()) + async_ms(200);
    while (async_loop_time(async_get_running_loop()) < self->until)
        await_catch(self->status, async_sleep, .delay = self->until - async_loop_time(async_get_running_loop()));
    *self->exited = true;
    async_end;
}

/* Takes a moment to clean up, or fails then, or answers 42. */
enum { CLEANS, FAILS, ANSWERS };
struct inner { async_frame frame; async_time takes; int what; async_status status; int result; };
async(inner)
{
    async_begin;
    note("begins ");
    await_catch(self->status, async_sleep, .delay = self->takes);
    if (self->status < 0 && self->what == ANSWERS)
        async_return(42);
    if (self->status < 0)
        async_raise(self->status);
    async_return(1);
    async_finally;
    if (self->what == CLEANS)
        await(async_sleep, .delay = async_us(100));
    note("ends ");
    if (self->what == FAILS)
        async_raise(BOOM);
    async_end;
}

/* ---- on a call ----------------------------------------------------------------------------------------------------- */

struct calls_stubborn { async_frame frame; async_time limit; bool *exited; };
async(calls_stubborn)
{
    async_begin;
    await_for(self->limit, stubborn, .exited = self->exited);
    async_end;
}
struct cancels_it { async_frame frame; bool exited; async_task *task; async_status status; };
async(cancels_it)
{
    async_begin;
    self->task = async_create_task(calls_stubborn, .limit = async_ms(400), .exited = &self->exited);
    await(async_sleep, .delay = 0);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    CHECK(self->exited || self->status == ASYNC_NO_MEMORY);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(waitfor, waits_for_who_does_not_care) /* test_asyncio_wait_for_cancelled, test_asyncio_wait_for_timeout */
{
    bool exited = false;
    CHECK_INT(RUN(cancels_it), ASYNC_OK);
    CHECK_INT(RUN(calls_stubborn, .limit = async_ms(100), .exited = &exited), ASYNC_OK);
    CHECK(exited);
}

struct on_a_call { async_frame frame; async_time limit, takes; int what, answer; };
async(on_a_call)
{
    async_begin;
    await_for_into(self->limit, self->answer, inner, .takes = self->takes, .what = self->what);
    note("%d", self->answer);
    async_end;
}

TEST(waitfor, on_a_call)
{
    /* test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started */
    CHECK_INT(RUN(on_a_call, .limit = 0), ASYNC_TIMED_OUT);
    CHECK_NOTES("");
    CHECK_INT(RUN(on_a_call, .limit = -1), ASYNC_TIMED_OUT);
    CHECK_NOTES("");
    /* test_wait_for_blocking */
    CHECK_INT(RUN(on_a_call, .limit = ASYNC_FOREVER), ASYNC_OK);
    CHECK_NOTES("begins ends 1");
    /* test_wait_for_cancellation_race_condition, test_wait_for_cancel_suppressed */
    CHECK_INT(RUN(on_a_call, .limit = async_ms(100), .takes = async_seconds(10), .what = ANSWERS), ASYNC_OK);
    CHECK_NOTES("begins ends 42");
}

/* ---- on a task or a future ------------------------------------------------------------------------------------------ */

struct on_a_task { async_frame frame; async_time before, limit, takes; int what; async_task *task; };
async(on_a_task)
{
    async_begin;
    self->task = async_create_task(inner, .takes = self->takes, .what = self->what);
    if (self->before >= 0)
        await(async_sleep, .delay = self->before);
    await(async_wait_for, .task = self->task, .timeout = self->limit);
    async_finally;
    if (self->task != NULL)
        note("%s", async_task_cancelled(self->task) ? "cancelled" : async_task_done(self->task) ? "done" : "pending");
    async_release(self->task);
    async_end;
}

TEST(waitfor, on_a_task)
{
    /* test_wait_for_timeout_less_then_0_or_0, test_wait_for_waits_for_task_cancellation_w_timeout_0 */
    CHECK_INT(RUN(on_a_task, .limit = 0, .takes = async_seconds(10)), ASYNC_TIMED_OUT);
    CHECK_NOTES("begins ends cancelled");
    CHECK_INT(RUN(on_a_task, .limit = -1, .takes = async_seconds(10)), ASYNC_TIMED_OUT);
    CHECK_NOTES("begins ends cancelled");
    /* test_wait_for, test_wait_for_waits_for_task_cancellation */
    CHECK_INT(RUN(on_a_task, .before = -1, .limit = async_us(100), .takes = async_seconds(10)), ASYNC_TIMED_OUT);
    CHECK_NOTES("begins ends cancelled");
    /* test_wait_for_reraises_exception_during_cancellation */
    CHECK_INT(RUN(on_a_task, .before = -1, .limit = async_us(100), .takes = async_ms(200), .what = FAILS), BOOM);
    CHECK_NOTES("begins ends done");
    /* before its first step: nothing of it runs */
    CHECK_INT(RUN(on_a_task, .before = -1, .limit = 0, .takes = async_seconds(10)), ASYNC_TIMED_OUT);
    CHECK_NOTES("cancelled");
}

static int done_value;

static void completes(async_handle *handle)
{
    async_future_set_result((async_future *)handle->data, &done_value);
}

struct on_a_future { async_frame frame; bool done; async_time limit; async_future future; async_handle handle; void *value; };
async(on_a_future)
{
    async_begin;
    if (self->done)
        async_future_set_result(&self->future, &done_value);
    else
        async_call_soon(&self->handle, completes, &self->future);
    await_into(self->value, async_wait_for, .future = &self->future, .timeout = self->limit);
    CHECK_PTR(self->value, &done_value);
    async_finally;
    async_handle_cancel(&self->handle);
    async_end;
}

TEST(waitfor, on_a_future) /* test_wait_for_timeout_less_then_0_or_0_future_done, test_wait_for_race_condition */
{
    CHECK_INT(RUN(on_a_future, .done = true, .limit = 0), ASYNC_OK);
    CHECK_INT(RUN(on_a_future, .limit = async_ms(200)), ASYNC_OK);
}

/* ---- cancelled ------------------------------------------------------------------------------------------------------ */

struct blocks { async_frame frame; async_future future; };
async(blocks)
{
    async_begin;
    await(async_future_wait, .future = &self->future);
    async_end;
}
struct waits { async_frame frame; async_task *task; async_time limit; };
async(waits)
{
    async_begin;
    await(async_wait_for, .task = self->task, .timeout = self->limit);
    await(async_sleep, .delay = async_seconds(1));
    note("not cancelled ");
    async_end;
}
struct cancels_the_wait { async_frame frame; async_time limit; bool short_one; int passes; async_task *task, *wait; async_status status; };
async(cancels_the_wait)
{
    async_begin;
    self->task = self->short_one ? async_create_task(inner, .takes = 0, .what = ANSWERS) : async_create_task(blocks);
    self->wait = async_create_task(waits, .task = self->task, .limit = self->limit);
    if (self->task == NULL || self->wait == NULL)
        async_return();
    for (; self->passes > 0; self->passes--)
        await(async_sleep, .delay = 0);
    async_cancel(self->wait);
    await_catch(self->status, async_join, .task = self->wait);
    note("%s, %s", word(self->status), word(async_task_exception(self->task)));
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    async_release(self->wait);
    async_end;
}

TEST(waitfor, cancelled)
{
    /* test_cancel_blocking_wait_for, test_cancel_wait_for: it cancels what it waits for */
    CHECK_INT(RUN(cancels_the_wait, .limit = ASYNC_FOREVER, .passes = 1), ASYNC_OK);
    CHECK_NOTES("cancelled, cancelled");
    CHECK_INT(RUN(cancels_the_wait, .limit = async_seconds(60), .passes = 1), ASYNC_OK);
    CHECK_NOTES("cancelled, cancelled");
    /* test_wait_for_issue86296: what is done in the same moment is not cancelled any more, but the wait is */
    CHECK_INT(RUN(cancels_the_wait, .limit = async_seconds(100), .short_one = true, .passes = 2), ASYNC_OK);
    CHECK_NOTES("begins ends cancelled, ok");
}

/* ---- a shield ------------------------------------------------------------------------------------------------------- */

struct shields { async_frame frame; async_time limit; async_task *task; async_status status; };
async(shields)
{
    async_begin;
    self->task = async_create_task(inner, .takes = async_ms(100), .what = ANSWERS);
    await_for_catch(self->limit, self->status, async_shield, .task = self->task);
    if (self->task == NULL || self->status == ASYNC_NO_MEMORY)
        async_return();
    note("%s%s ", word(self->status), async_task_done(self->task) ? "" : ", it goes on");
    await(async_join, .task = self->task);
    CHECK_INT(async_result(self->task, inner), 1);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(waitfor, a_shield) /* WaitForShieldTests: test_zero_timeout, test_none_timeout, test_shielded_timeout */
{
    CHECK_INT(RUN(shields, .limit = 0), ASYNC_OK);
    CHECK_NOTES("timeout, it goes on begins ends ");
    CHECK_INT(RUN(shields, .limit = ASYNC_FOREVER), ASYNC_OK);
    CHECK_NOTES("begins ends ok ");
    CHECK_INT(RUN(shields, .limit = async_ms(10)), ASYNC_OK);
    CHECK_NOTES("begins timeout, it goes on ends ");
}
