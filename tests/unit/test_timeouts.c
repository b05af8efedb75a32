/* Timeouts, case by case as in CPython 3.13's test_timeouts.py, whose names stand beside the tests, as far as test_timeout.c
 * has not got them. Not here: the chains of exceptions and their texts. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static async_time now(void) { return async_loop_time(async_get_running_loop()); }

/* A block with a deadline: sleeps inside. */
enum { AFTER, AT, NEVER, NEVER_AT };
struct block {
    async_frame frame;
    int how;
    async_time limit, sleeps;
    async_status fails, fails_finally;
    bool cancels_itself;
    async_timeout *timeout;
};
struct clean_up { async_frame frame; async_time sleeps; async_status fails; };
async(clean_up)
{
    async_begin;
    await(async_sleep, .delay = self->sleeps);
    async_finally;
    if (self->fails != 0)
        async_raise(self->fails);
    async_end;
}
async(block)
{
    async_begin;
    if (self->how == AFTER)
        async_timeout_enter(self->timeout, self->limit);
    else if (self->how == AT)
        async_timeout_enter_at(self->timeout, now() + self->limit);
    else if (self->how == NEVER)
        async_timeout_enter(self->timeout, ASYNC_FOREVER);
    else
        async_timeout_enter_at(self->timeout, ASYNC_FOREVER);
    if (self->cancels_itself)
        async_cancel(async_current_task());
    if (self->fails != 0)
        async_raise(self->fails);
    await(clean_up, .sleeps = self->sleeps, .fails = self->fails_finally);
    async_end;
}

struct tries {
    async_frame frame;
    int how;
    async_time limit, sleeps, begun;
    async_status fails, fails_finally, expected;
    bool cancels_itself, expires;
    async_timeout timeout;
    async_status status;
};
async(tries)
{
    async_begin;
    self->begun = now();
    await_catch(self->status, block, .how = self->how, .limit = self->limit, .sleeps = self->sleeps, .fails = self->fails,
        .fails_finally = self->fails_finally, .cancels_itself = self->cancels_itself, .timeout = &self->timeout);
    if (self->status == ASYNC_NO_MEMORY)
        async_return();
    CHECK_INT(self->status, self->expected);
    CHECK_INT(async_timeout_expired(&self->timeout), self->expires);
    CHECK_INT(async_timeout_when(&self->timeout), self->how >= NEVER ? ASYNC_FOREVER : self->begun + self->limit);
    CHECK_INT(now() - self->begun, self->expires ? (self->limit > 0 ? self->limit : 0) : self->fails != 0
            || self->cancels_itself ? 0 : self->sleeps);
    CHECK_INT(async_task_cancelling(async_current_task()), self->cancels_itself);
    CHECK_INT(async_timeout_reschedule(&self->timeout, now()), ASYNC_MISUSE); /* finished or expired */
    async_end;
}

#define LATE async_seconds(10)

TEST(timeouts, expires) /* test_timeout_basic, _at_basic, test_waiter_cancelled, test_outer_task_is_not_cancelled */
{
    CHECK_INT(RUN(tries, .limit = async_ms(10), .sleeps = LATE, .expected = ASYNC_TIMED_OUT, .expires = true), ASYNC_OK);
    CHECK_INT(RUN(tries, .how = AT, .limit = async_ms(10), .sleeps = LATE, .expected = ASYNC_TIMED_OUT, .expires = true),
        ASYNC_OK);
}

TEST(timeouts, does_not_expire) /* test_timeout_not_called, _disabled, _at_disabled */
{
    CHECK_INT(RUN(tries, .limit = LATE, .sleeps = async_ms(10)), ASYNC_OK);
    CHECK_INT(RUN(tries, .how = NEVER, .sleeps = async_ms(10)), ASYNC_OK);
    CHECK_INT(RUN(tries, .how = NEVER_AT, .sleeps = async_ms(10)), ASYNC_OK);
}

TEST(timeouts, at_once) /* test_timeout_zero, _zero_sleep_zero, _in_the_past_sleep_zero */
{
    static const async_time limits[] = { 0, -11000000 };
    int i;
    for (i = 0; i < 2; i++) {
        CHECK_INT(RUN(tries, .limit = limits[i], .sleeps = LATE, .expected = ASYNC_TIMED_OUT, .expires = true), ASYNC_OK);
        CHECK_INT(RUN(tries, .limit = limits[i], .sleeps = 0, .expected = ASYNC_TIMED_OUT, .expires = true), ASYNC_OK);
        CHECK_INT(RUN(tries, .how = AT, .limit = limits[i], .expected = ASYNC_TIMED_OUT, .expires = true), ASYNC_OK);
    }
}

TEST(timeouts, another_failure_is_not_replaced) /* test_foreign_exception_passed, _on_timeout, _on_timeout_2 */
{
    CHECK_INT(RUN(tries, .limit = async_ms(10), .fails = BOOM, .expected = BOOM), ASYNC_OK);
    CHECK_INT(RUN(tries, .limit = async_ms(10), .sleeps = LATE, .fails_finally = BANG, .expected = BANG, .expires = true),
        ASYNC_OK);
}

TEST(timeouts, a_cancel_of_another) /* test_foreign_cancel_doesnt_timeout_if_not_expired */
{
    CHECK_INT(RUN(tries, .limit = LATE, .sleeps = LATE, .cancels_itself = true, .expected = ASYNC_CANCELLED), ASYNC_OK);
}

/* ---- rescheduled from outside ------------------------------------------------------------------------------------- */

struct moves { async_frame frame; async_timeout timeout; async_task *task; async_time first; async_status status; };
async(moves)
{
    async_begin;
    self->first = now() + async_seconds(10);
    self->task = async_create_task(block, .how = AFTER, .limit = async_seconds(10), .sleeps = async_seconds(50),
        .timeout = &self->timeout);
    if (self->task == NULL)
        async_return();
    CHECK_INT(async_timeout_reschedule(&self->timeout, now()), ASYNC_MISUSE); /* test_timeout_not_entered */
    await(async_sleep, .delay = 0);
    CHECK_INT(async_timeout_when(&self->timeout), self->first);
    CHECK_INT(async_timeout_reschedule(&self->timeout, self->first + async_seconds(20)), ASYNC_OK);
    CHECK_INT(async_timeout_when(&self->timeout), self->first + async_seconds(20));
    CHECK_INT(async_timeout_reschedule(&self->timeout, ASYNC_FOREVER), ASYNC_OK);
    CHECK_INT(async_timeout_when(&self->timeout), ASYNC_FOREVER);
    await(async_sleep, .delay = async_seconds(40));
    CHECK(!async_task_done(self->task));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    CHECK(!async_timeout_expired(&self->timeout));
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    async_end;
}

TEST(timeouts, rescheduled_by_another_task) /* test_reschedule */
{
    CHECK_INT(RUN(moves), ASYNC_OK);
}

struct expiring { async_frame frame; async_timeout timeout; async_status status; };
async(expiring)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(10));
    await_catch(self->status, async_sleep, .delay = LATE);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    CHECK_INT(async_timeout_reschedule(&self->timeout, now() + LATE), ASYNC_MISUSE);
    CHECK(async_timeout_expired(&self->timeout));
    async_end;
}

TEST(timeouts, not_rescheduled_while_it_expires) /* test_timeout_expiring */
{
    CHECK_INT(RUN(expiring), ASYNC_OK); /* the cancel was swallowed */
}

/* ---- in clean-up -------------------------------------------------------------------------------------------------- */

struct in_finally { async_frame frame; async_timeout outer, inner; async_status status; };
async(in_finally)
{
    async_begin;
    async_timeout_enter(&self->outer, async_ms(10));
    await(async_sleep, .delay = async_seconds(1));
    async_finally;
    CHECK_INT(async_error, ASYNC_TIMED_OUT);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    await_catch(self->status, block, .limit = async_ms(10), .sleeps = LATE, .timeout = &self->inner);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK(async_timeout_expired(&self->inner));
    async_timeout_enter(&self->inner, async_ms(10)); /* and in the same frame */
    await_catch(self->status, async_sleep, .delay = LATE);
    CHECK_INT(self->status, ASYNC_CANCELLED);
    CHECK_INT(async_error, ASYNC_TIMED_OUT);
    CHECK_INT(async_timeout_exit(&self->inner, self->status), ASYNC_TIMED_OUT);
    CHECK_INT(async_error, ASYNC_TIMED_OUT);
    async_end;
}

TEST(timeouts, in_the_finally_part) /* test_nested_timeout_in_finally */
{
    CHECK_INT(RUN(in_finally), ASYNC_TIMED_OUT);
}

struct after_cancel { async_frame frame; async_time limit; bool again; async_timeout timeout; async_status status; };
async(after_cancel)
{
    async_begin;
    async_cancel(async_current_task());
    await_catch(self->status, async_sleep, .delay = async_seconds(1));
    CHECK_INT(self->status, ASYNC_CANCELLED);
    async_finally;
    await_catch(self->status, block, .limit = self->limit, .sleeps = async_seconds(2), .cancels_itself = self->again,
        .timeout = &self->timeout);
    note("%s %d", word(self->status), async_task_cancelling(async_current_task()));
    async_end;
}

TEST(timeouts, after_a_cancel) /* test_timeout_after_cancellation, test_cancel_in_timeout_after_cancellation */
{
    CHECK_INT(RUN(after_cancel), ASYNC_OK);
    CHECK_NOTES("timeout 1");
    CHECK_INT(RUN(after_cancel, .limit = async_seconds(1), .again = true), ASYNC_OK);
    CHECK_NOTES("cancelled 2");
}

/* ---- around a task group ------------------------------------------------------------------------------------------- */

struct around { async_frame frame; async_timeout timeout; async_task_group group; };
async(around)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(10));
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, clean_up, .sleeps = async_seconds(2), .fails = BOOM);
    await(async_sleep, .delay = async_seconds(1));
    async_finally;
    CHECK_INT(async_task_group_failures(&self->group), 1);
    CHECK(async_timeout_expired(&self->timeout));
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    async_end;
}

TEST(timeouts, around_a_group_whose_child_fails) /* test_timeout_taskgroup */
{
    CHECK_INT(RUN(around), BOOM);
}
