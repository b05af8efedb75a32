/* Deadlines: await_for, the timeout scope, async_wait_for, async_sleep. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { PASS_ON, SWALLOW, CONVERT, CLEAN };
struct slow { async_frame frame; int ms, what; async_status status; int result; };
async(slow)
{
    async_begin;
    await_catch(self->status, async_sleep, .delay = async_ms(self->ms));
    if (self->status < 0 && self->what == CONVERT)
        async_raise(BOOM);
    if (self->status < 0 && self->what != SWALLOW)
        async_raise(self->status);
    async_return(self->ms);
    async_finally;
    if (self->what == CLEAN)
        await(async_sleep, .delay = async_ms(50));
    async_end;
}

struct limits { async_frame frame; async_time limit; int ms, what, result; async_status status; async_time began; };
async(limits)
{
    async_begin;
    self->began = async_loop_time(async_get_running_loop());
    self->result = -1;
    await_for_catch(self->limit, self->status, slow, .ms = self->ms, .what = self->what);
    note("%s %d", word(self->status), (int)((async_loop_time(async_get_running_loop()) - self->began) / async_ms(1)));
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    await(async_sleep, .delay = async_seconds(1)); /* no timer is left behind */
    if (self->status == ASYNC_OK) {
        await_for_into(self->limit, self->result, slow, .ms = self->ms, .what = self->what);
        CHECK_INT(self->result, self->ms);
    }
    async_end;
}

TEST(timeout, await_for)
{
    CHECK_INT(RUN(limits, .limit = async_ms(10), .ms = 5), ASYNC_OK);
    CHECK_NOTES("ok 5");
    CHECK_INT(RUN(limits, .limit = async_ms(10), .ms = 15), ASYNC_OK);
    CHECK_NOTES("timeout 10");
    CHECK_INT(RUN(limits, .limit = async_ms(10), .ms = 15, .what = SWALLOW), ASYNC_OK);
    CHECK_NOTES("ok 10");
    CHECK_INT(RUN(limits, .limit = async_ms(10), .ms = 15, .what = CONVERT), ASYNC_OK);
    CHECK_NOTES("boom 10");
    CHECK_INT(RUN(limits, .limit = async_ms(10), .ms = 15, .what = CLEAN), ASYNC_OK);
    CHECK_NOTES("timeout 60");
    CHECK_INT(RUN(limits, .limit = ASYNC_FOREVER, .ms = 15), ASYNC_OK);
    CHECK_NOTES("ok 15");
    CHECK_INT(RUN(limits, .limit = 0, .ms = 15), ASYNC_OK);
    CHECK_NOTES("timeout 0");
    CHECK_INT(RUN(limits, .limit = -5, .ms = 15), ASYNC_OK);
    CHECK_NOTES("timeout 0");
}

/* deadlines within deadlines: the one that passed first is named by the one it belongs to */
struct nested { async_frame frame; async_time outer, middle, inner; int level; };
async(nested)
{
    async_begin;
    if (self->level == 0)
        await_for(self->outer, nested, .middle = self->middle, .inner = self->inner, .level = 1);
    else if (self->level == 1)
        await_for(self->middle, nested, .inner = self->inner, .level = 2);
    else
        await_for(self->inner, slow, .ms = 1000);
    async_finally;
    note("%d%s ", self->level, word(async_error));
    async_end;
}

TEST(timeout, nested)
{
    CHECK_INT(RUN(nested, .outer = async_ms(3), .middle = async_ms(2), .inner = async_ms(1)), ASYNC_TIMED_OUT);
    CHECK_NOTES("2timeout 1timeout 0timeout ");
    CHECK_INT(RUN(nested, .outer = async_ms(1), .middle = async_ms(2), .inner = async_ms(3)), ASYNC_TIMED_OUT);
    CHECK_NOTES("2cancelled 1cancelled 0timeout ");
    CHECK_INT(RUN(nested, .outer = async_ms(2), .middle = async_ms(1), .inner = async_ms(3)), ASYNC_TIMED_OUT);
    CHECK_NOTES("2cancelled 1timeout 0timeout ");
    CHECK_INT(RUN(nested, .outer = async_ms(1), .middle = async_ms(1), .inner = async_ms(1)), ASYNC_TIMED_OUT);
    CHECK_NOTES("2cancelled 1cancelled 0timeout ");
}

/* cancelled from outside in the same moment: that wins */
struct cancelled_too { async_frame frame; async_task *task; async_status status; };
async(cancelled_too)
{
    async_begin;
    self->task = async_create_task(nested, .outer = async_ms(5), .middle = async_ms(9), .inner = async_ms(9));
    await(async_sleep, .delay = async_ms(5));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s", word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(timeout, cancelled_at_the_deadline)
{
    CHECK_INT(RUN(cancelled_too), ASYNC_OK);
    CHECK(strcmp(diary, "2cancelled 1cancelled 0cancelled cancelled") == 0
        || strcmp(diary, "2cancelled 1cancelled 0timeout timeout") == 0);
    diary[0] = '\0';
}

struct reschedules { async_frame frame; async_timeout timeout; async_time nearer; async_status status; async_time began; };
async(reschedules)
{
    async_begin;
    CHECK_INT(async_timeout_reschedule(&self->timeout, 0), ASYNC_MISUSE);
    self->began = async_loop_time(async_get_running_loop());
    async_timeout_enter(&self->timeout, async_ms(10));
    CHECK_INT(async_timeout_when(&self->timeout), self->began + async_ms(10));
    CHECK(!async_timeout_expired(&self->timeout));
    CHECK_INT(async_timeout_reschedule(&self->timeout, self->began + self->nearer), ASYNC_OK);
    await_catch(self->status, async_sleep, .delay = async_ms(100));
    note("%s %d", word(self->status), (int)((async_loop_time(async_get_running_loop()) - self->began) / async_ms(1)));
    CHECK_INT(async_timeout_exit(&self->timeout, self->status), self->status < 0 ? ASYNC_TIMED_OUT : ASYNC_OK);
    CHECK_INT(async_timeout_reschedule(&self->timeout, 0), ASYNC_MISUSE);
    async_end;
}

TEST(timeout, rescheduled)
{
    CHECK_INT(RUN(reschedules, .nearer = async_ms(5)), ASYNC_OK);
    CHECK_NOTES("cancelled 5");
    CHECK_INT(RUN(reschedules, .nearer = async_ms(20)), ASYNC_OK);
    CHECK_NOTES("cancelled 20");
    CHECK_INT(RUN(reschedules, .nearer = async_ms(200)), ASYNC_OK);
    CHECK_NOTES("ok 100");
    CHECK_INT(RUN(reschedules, .nearer = async_ms(-1)), ASYNC_OK);
    CHECK_NOTES("cancelled 0");
}

/* ---- on a task that runs already -------------------------------------------------------------------------------- */

struct waits_for { async_frame frame; int ms, what; async_time limit; async_task *task; async_status status; };
async(waits_for)
{
    async_begin;
    self->task = async_create_task(slow, .ms = self->ms, .what = self->what);
    await(async_sleep, .delay = async_ms(1));
    await_catch(self->status, async_wait_for, .task = self->task, .timeout = self->limit);
    note("%s %d", word(self->status), async_task_cancelled(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(timeout, wait_for)
{
    CHECK_INT(RUN(waits_for, .ms = 5, .limit = async_ms(10)), ASYNC_OK);
    CHECK_NOTES("ok 0");
    CHECK_INT(RUN(waits_for, .ms = 50, .limit = async_ms(10)), ASYNC_OK);
    CHECK_NOTES("timeout 1");
    CHECK_INT(RUN(waits_for, .ms = 50, .what = SWALLOW, .limit = async_ms(10)), ASYNC_OK);
    CHECK_NOTES("ok 0");
    CHECK_INT(RUN(waits_for, .ms = 50, .what = CONVERT, .limit = async_ms(10)), ASYNC_OK);
    CHECK_NOTES("boom 0");
    CHECK_INT(RUN(waits_for, .ms = 50, .limit = 0), ASYNC_OK);
    CHECK_NOTES("timeout 1");
    CHECK_INT(RUN(waits_for, .ms = 50, .what = CLEAN, .limit = 0), ASYNC_OK);
    CHECK_NOTES("timeout 1");
    CHECK_INT(RUN(waits_for, .ms = 0, .limit = 0), ASYNC_OK);
    CHECK_NOTES("ok 0");
    CHECK_INT(RUN(waits_for, .ms = 5, .limit = ASYNC_FOREVER), ASYNC_OK);
    CHECK_NOTES("ok 0");
}

/* ---- sleep ------------------------------------------------------------------------------------------------------ */

struct sleeps { async_frame frame; async_time delay; int name; };
async(sleeps)
{
    async_begin;
    await(async_sleep, .delay = self->delay);
    note("%d ", self->name);
    async_end;
}
struct sleepers { async_frame frame; int i; async_task_group group; };
async(sleepers)
{
    static const int delays[] = { 3, 1, 2, 1, 0, 3, 2, -1, 1 };
    async_begin;
    async_task_group_enter(&self->group);
    for (; self->i < 9; self->i++)
        async_task_group_create_task(&self->group, sleeps, .delay = async_ms(delays[self->i]), .name = self->i);
    async_end;
}

TEST(timeout, sleeps_end_in_order)
{
    CHECK_INT(RUN(sleepers), ASYNC_OK);
    CHECK_NOTES("4 7 1 3 8 2 6 0 5 ");
}

TEST(timeout, a_sleep_is_an_awaitable_like_any_other)
{
    CHECK_INT(RUN(async_sleep, .delay = async_ms(1)), ASYNC_OK);
    CHECK_INT(async_run(async_sleep, .delay = async_ms(2)), ASYNC_OK);
}
