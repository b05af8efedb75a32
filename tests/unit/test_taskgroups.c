/* Task groups, case by case as in CPython 3.13's test_taskgroups.py, whose names stand beside the tests; a group of
 * exceptions is the list of failures here, a nested one its first. Not here: KeyboardInterrupt; entering outside a task,
 * which does not compile; entering again, which is allowed here once the group has ended. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

/* A child: sleeps, then fails or returns its value; tells when it is cancelled; may fail in its finally part. */
struct job { async_frame frame; async_time delay; async_status fails, fails_finally; int value, result; };
async(job)
{
    async_begin;
    await(async_sleep, .delay = self->delay);
    if (self->fails != 0)
        async_raise(self->fails);
    async_return(self->value);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        note("cancelled ");
    if (self->fails_finally != 0)
        async_raise(self->fails_finally);
    async_end;
}

/* The same as a call in the body. */
struct works { async_frame frame; async_time delay; async_status fails_finally; };
async(works)
{
    async_begin;
    await(async_sleep, .delay = self->delay);
    async_finally;
    note("body:%s ", word(async_error));
    if (self->fails_finally != 0)
        async_raise(self->fails_finally);
    async_end;
}

/* Somebody outside cancels the current task after a while. */
static struct outside { async_timer_handle timer; async_task *task; int left; async_time again; } outside;

static void cancels(async_handle *handle)
{
    struct outside *o = (struct outside *)handle->data;
    async_cancel(o->task);
    if (--o->left > 0)
        async_call_later(o->again, &o->timer, cancels, o);
}

static void cancel_me_after(async_time delay)
{
    outside.task = async_current_task();
    outside.left = 1;
    async_call_later(delay, &outside.timer, cancels, &outside);
}

static void check_failures(const async_task_group *group, size_t count, async_status first, async_status last)
{
    CHECK_INT(async_task_group_failures(group), count);
    if (count > 0) {
        CHECK_INT(async_task_group_failure(group, 0), first);
        CHECK_INT(async_task_group_failure(group, count - 1), last);
    }
    CHECK_INT(async_task_group_failure(group, count), ASYNC_OK);
}

/* ---- children that end well; some cancelled by hand -------------------------------------------------------------- */

struct collects { async_frame frame; async_time pause; bool cancels; async_task_group group; async_task *a, *b; };
async(collects)
{
    async_begin;
    async_task_group_enter(&self->group);
    self->a = async_retain(async_task_group_create_task(&self->group, job,
        .delay = self->cancels ? async_seconds(1) : async_ms(100), .value = 42));
    if (self->pause > 0)
        await(async_sleep, .delay = self->pause);
    if (self->cancels)
        async_cancel(self->a);
    self->b = async_retain(async_task_group_create_task(&self->group, job, .delay = async_ms(200), .value = 11));
    await(async_task_group_join, .group = &self->group);
    if (self->cancels)
        CHECK(async_task_cancelled(self->a));
    else
        CHECK_INT(async_result(self->a, job), 42);
    CHECK_INT(async_result(self->b, job), 11);
    check_failures(&self->group, 0, 0, 0);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

TEST(taskgroups, results) /* test_taskgroup_01, _02 */
{
    CHECK_INT(RUN(collects), ASYNC_OK);
    CHECK_INT(RUN(collects, .pause = async_ms(150)), ASYNC_OK);
}

TEST(taskgroups, a_child_cancelled_by_hand) /* test_taskgroup_03 */
{
    CHECK_INT(RUN(collects, .pause = async_ms(150), .cancels = true), ASYNC_OK);
    CHECK_NOTES("cancelled ");
}

/* ---- children that fail ------------------------------------------------------------------------------------------ */

struct fails { async_frame frame; int failing; bool body; async_task_group group; async_task *other; int i; };
async(fails)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (; self->i < self->failing; self->i++)
        async_task_group_create_task(&self->group, job, .delay = async_ms(100), .fails = BOOM);
    self->other = async_retain(async_task_group_create_task(&self->group, job, .delay = async_seconds(5)));
    if (self->body)
        await(works, .delay = async_seconds(10));
    async_finally;
    note("| ");
    CHECK(async_task_cancelled(self->other));
    check_failures(&self->group, (size_t)self->failing, BOOM, BOOM);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    async_release(self->other);
    async_end;
}

TEST(taskgroups, a_child_fails) /* test_taskgroup_04 */
{
    CHECK_INT(RUN(fails, .failing = 1), BOOM);
    CHECK_NOTES("cancelled | ");
}

TEST(taskgroups, children_fail_and_the_body_is_cancelled) /* test_cancel_children_on_child_error */
{
    CHECK_INT(RUN(fails, .failing = 3, .body = true), BOOM);
    CHECK_NOTES("cancelled body:cancelled | ");
}

/* more failures than are kept are still counted */
TEST(taskgroups, many_failures)
{
    CHECK_INT(ASYNCIO_GROUP_FAILURES, 4);
    CHECK_INT(RUN(fails, .failing = 4), BOOM);
    CHECK_NOTES("cancelled | ");
}

/* ---- cancelled from outside -------------------------------------------------------------------------------------- */

struct cancelled { async_frame frame; bool body; async_status fails_finally; async_task_group group; int i; };
async(cancelled)
{
    async_begin;
    cancel_me_after(async_ms(100));
    async_task_group_enter(&self->group);
    for (; self->i < 5; self->i++)
        async_task_group_create_task(&self->group, job, .delay = async_seconds(5), .fails_finally = self->fails_finally);
    if (self->body)
        await(works, .delay = async_seconds(10));
    async_finally;
    CHECK_INT(async_task_group_failures(&self->group), self->fails_finally != 0 ? 5 : 0);
    CHECK_INT(async_task_cancelling(async_current_task()), 1);
    async_end;
}

TEST(taskgroups, cancelled_while_it_ends) /* test_cancellation, test_taskgroup_22 */
{
    CHECK_INT(RUN(cancelled), ASYNC_CANCELLED);
    CHECK_NOTES("cancelled cancelled cancelled cancelled cancelled ");
}

TEST(taskgroups, cancelled_in_the_body) /* test_taskgroup_07 */
{
    CHECK_INT(RUN(cancelled, .body = true), ASYNC_CANCELLED);
    CHECK_NOTES("body:cancelled cancelled cancelled cancelled cancelled cancelled ");
}

TEST(taskgroups, cancelled_and_the_children_fail_of_it) /* test_taskgroup_08 */
{
    CHECK_INT(RUN(cancelled, .body = true, .fails_finally = BANG), BANG);
    CHECK_NOTES("body:cancelled cancelled cancelled cancelled cancelled cancelled ");
}

/* The body answers a cancel from outside with a failure of its own, or without children (test_taskgroup_17, _18). */
struct answers { async_frame frame; async_status with; async_task_group group; };
async(answers)
{
    async_begin;
    cancel_me_after(async_ms(100));
    async_task_group_enter(&self->group);
    await(works, .delay = async_seconds(10), .fails_finally = self->with);
    async_finally;
    check_failures(&self->group, self->with != 0, BANG, BANG);
    async_end;
}

TEST(taskgroups, cancelled_without_children) /* test_taskgroup_17, _18 */
{
    CHECK_INT(RUN(answers), ASYNC_CANCELLED);
    CHECK_NOTES("body:cancelled ");
    CHECK_INT(RUN(answers, .with = BANG), BANG);
    CHECK_NOTES("body:cancelled ");
}

/* Cancelled from outside; the body takes its time to go, and a child fails meanwhile. */
struct lingers { async_frame frame; };
async(lingers)
{
    async_begin;
    await(async_sleep, .delay = async_seconds(10));
    async_finally;
    note("lingers ");
    await(async_sleep, .delay = async_ms(500)); /* the child fails, and this is cancelled as well */
    note("not cancelled ");
    async_end;
}
struct interrupted { async_frame frame; bool self_cancels; async_task_group group; };
async(interrupted)
{
    async_begin;
    if (self->self_cancels)
        cancel_me_after(async_ms(100));
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, job, .delay = async_ms(300), .fails = BOOM);
    await(lingers);
    async_finally;
    check_failures(&self->group, 1, BOOM, BOOM);
    async_end;
}
struct outer_task { async_frame frame; async_task *task; };
async(outer_task)
{
    async_begin;
    self->task = async_create_task(interrupted);
    cancel_me_after(async_ms(100)); /* goes on to the task that is joined */
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(taskgroups, a_child_fails_while_the_cancelled_body_goes) /* test_taskgroup_15, _16 */
{
    CHECK_INT(RUN(interrupted, .self_cancels = true), BOOM);
    CHECK_NOTES("lingers ");
    CHECK_INT(RUN(outer_task), BOOM);
    CHECK_NOTES("lingers ");
}

/* ---- the body fails ----------------------------------------------------------------------------------------------- */

struct body_fails { async_frame frame; bool later; async_task_group group; async_task *a, *b; };
async(body_fails)
{
    async_begin;
    async_task_group_enter(&self->group);
    self->a = async_retain(async_task_group_create_task(&self->group, job, .delay = async_seconds(1)));
    self->b = async_retain(async_task_group_create_task(&self->group, job, .delay = async_seconds(2)));
    if (self->later)
        await(async_sleep, .delay = async_ms(100));
    async_raise(BOOM);
    async_finally;
    CHECK(async_task_cancelled(self->a));
    CHECK(async_task_cancelled(self->b));
    check_failures(&self->group, 1, BOOM, BOOM);
    async_release(self->a);
    async_release(self->b);
    async_end;
}

TEST(taskgroups, the_body_fails) /* test_taskgroup_09, _10 */
{
    CHECK_INT(RUN(body_fails, .later = true), BOOM);
    CHECK_NOTES("cancelled cancelled ");
    CHECK_INT(RUN(body_fails), BOOM);
    CHECK_NOTES(""); /* they had not begun */
}

/* A child fails; the body, cancelled for that, fails otherwise: both are there to be read. */
struct both_fail { async_frame frame; async_task_group group; };
async(both_fail)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, job, .delay = async_ms(100), .fails = BOOM);
    await(works, .delay = async_seconds(10), .fails_finally = BANG);
    async_finally;
    check_failures(&self->group, 2, BOOM, BANG);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    async_end;
}

TEST(taskgroups, a_child_and_the_body_fail) /* test_taskgroup_19, _20a, _21a, test_taskgroup_context_manager_exit_raises */
{
    CHECK_INT(RUN(both_fail), BOOM);
    CHECK_NOTES("body:cancelled ");
}

/* ---- nested groups ------------------------------------------------------------------------------------------------ */

struct nested { async_frame frame; bool cancels, outer_child; async_task_group outer, inner; int i; };
async(nested)
{
    async_begin;
    cancel_me_after(async_ms(100));
    async_task_group_enter(&self->outer);
    if (self->outer_child)
        async_task_group_create_task(&self->outer, job, .delay = async_seconds(10));
    async_task_group_enter(&self->inner);
    for (; self->i < 5; self->i++)
        async_task_group_create_task(&self->inner, job, .delay = async_seconds(10), .fails_finally = BOOM);
    await(async_sleep, .delay = async_seconds(10));
    async_finally;
    check_failures(&self->outer, 1, BOOM, BOOM); /* the inner one, as one */
    CHECK_INT(async_task_group_failures(&self->inner), 5);
    async_end;
}

TEST(taskgroups, nested_and_cancelled) /* test_taskgroup_11, _12 */
{
    CHECK_INT(RUN(nested), BOOM);
    CHECK_NOTES("cancelled cancelled cancelled cancelled cancelled ");
    CHECK_INT(RUN(nested, .outer_child = true), BOOM);
    CHECK_NOTES("cancelled cancelled cancelled cancelled cancelled cancelled ");
}

struct nested_fails { async_frame frame; bool inner_first; async_task_group outer, inner; };
async(nested_fails)
{
    async_begin;
    async_task_group_enter(&self->outer);
    async_task_group_create_task(&self->outer, job, .delay = self->inner_first ? async_seconds(10) : async_ms(100),
        .fails = BOOM);
    async_task_group_enter(&self->inner);
    async_task_group_create_task(&self->inner, job, .delay = self->inner_first ? async_ms(100) : async_seconds(10),
        .fails = BANG);
    async_finally;
    check_failures(&self->outer, 1, self->inner_first ? BANG : BOOM, self->inner_first ? BANG : BOOM);
    check_failures(&self->inner, self->inner_first, BANG, BANG);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    async_end;
}

TEST(taskgroups, the_outer_or_the_inner_one_fails) /* test_taskgroup_13, _14 */
{
    CHECK_INT(RUN(nested_fails), BOOM);
    CHECK_NOTES("cancelled ");
    CHECK_INT(RUN(nested_fails, .inner_first = true), BANG);
    CHECK_NOTES("cancelled ");
}

/* Both groups ask the body to end in the same pass. The inner failure is caught; the outer one's request is still there. */
struct inner_group { async_frame frame; async_task_group *outer, inner; };
async(inner_group)
{
    async_begin;
    async_task_group_enter(&self->inner);
    async_task_group_create_task(&self->inner, job, .fails = BOOM);
    async_task_group_create_task(self->outer, job, .fails = BANG);
    async_end;
}
struct both_cancelled { async_frame frame; async_task_group outer; async_status status; };
async(both_cancelled)
{
    async_begin;
    async_task_group_enter(&self->outer);
    await_catch(self->status, inner_group, .outer = &self->outer);
    CHECK_INT(self->status, BOOM);
    CHECK_INT(async_task_cancelling(async_current_task()), 1);
    await_catch(self->status, async_task_group_join, .group = &self->outer);
    CHECK_INT(self->status, BANG);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    async_end;
}

TEST(taskgroups, nested_and_both_fail) /* test_nested_groups_both_cancelled, test_cancelling_level_preserved */
{
    CHECK_INT(RUN(both_cancelled), ASYNC_OK);
}

/* ---- children added later ------------------------------------------------------------------------------------------ */

struct adds { async_frame frame; async_task_group group; int count; async_task *tasks[10]; };
async(adds)
{
    int i, live;
    async_begin;
    async_task_group_enter(&self->group);
    for (; self->count < 10; self->count++) {
        await(async_sleep, .delay = async_ms(100));
        self->tasks[self->count] = async_retain(async_task_group_create_task(&self->group, job, .delay = async_ms(300)));
        for (i = live = 0; i <= self->count; i++)
            live += !async_task_done(self->tasks[i]);
        CHECK(live < 5);
    }
    await(async_sleep, .delay = async_ms(1350));
    for (i = 0; i < 10; i++)
        CHECK(async_task_done(self->tasks[i]));
    async_finally;
    for (i = 0; i < 10; i++)
        async_release(self->tasks[i]);
    async_end;
}

TEST(taskgroups, children_come_and_go) /* test_taskgroup_23 */
{
    long live = counted_live;
    CHECK_INT(RUN(adds), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

struct root { async_frame frame; async_task_group *group; };
async(root)
{
    async_begin;
    await(async_sleep, .delay = async_ms(100));
    CHECK(async_task_group_create_task(self->group, works, .delay = async_ms(100)) != NULL);
    CHECK(async_task_group_create_task(self->group, works, .delay = async_ms(200)) != NULL);
    async_end;
}
struct grows { async_frame frame; async_task_group group; };
async(grows)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, root, .group = &self->group);
    async_finally;
    note("| ");
    async_end;
}

TEST(taskgroups, a_child_adds_children_while_it_ends) /* test_taskgroup_24 */
{
    CHECK_INT(RUN(grows), ASYNC_OK);
    CHECK_NOTES("body:ok body:ok | ");
}

static int hydras;

struct hydra { async_frame frame; async_task_group *group; };
async(hydra)
{
    async_begin;
    hydras++;
    await(async_sleep, .delay = async_ms(10));
    async_task_group_create_task(self->group, hydra, .group = self->group);
    async_task_group_create_task(self->group, hydra, .group = self->group);
    async_end;
}
struct hercules { async_frame frame; };
async(hercules)
{
    async_begin;
    while (hydras < 10)
        await(async_sleep, .delay = async_ms(15));
    async_raise(BOOM);
    async_end;
}
struct fights { async_frame frame; async_task_group group; };
async(fights)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, hydra, .group = &self->group);
    async_task_group_create_task(&self->group, hercules);
    async_end;
}

TEST(taskgroups, children_that_have_children) /* test_taskgroup_25 */
{
    long live = counted_live;
    hydras = 0;
    CHECK_INT(RUN(fights), BOOM);
    CHECK(hydras >= 10);
    CHECK_INT(counted_live, live);
}

/* ---- where none can be added ---------------------------------------------------------------------------------------- */

struct too_late { async_frame frame; async_task_group *group; };
async(too_late)
{
    async_begin;
    await(async_sleep, .delay = async_seconds(1));
    async_finally;
    CHECK(async_task_group_create_task(self->group, job) == NULL);
    note("refused ");
    async_end;
}
struct refuses { async_frame frame; async_task_group group; async_status status; };
async(refuses)
{
    async_begin;
    CHECK(async_task_group_create_task(&self->group, job) == NULL); /* not entered */
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, job, .delay = async_ms(1), .fails = BOOM);
    async_task_group_create_task(&self->group, too_late, .group = &self->group);
    await_catch(self->status, async_task_group_join, .group = &self->group);
    CHECK_INT(self->status, BOOM);
    check_failures(&self->group, 1, BOOM, BOOM);
    CHECK(async_task_group_create_task(&self->group, job) == NULL); /* finished */
    await_catch(self->status, async_task_group_join, .group = &self->group);
    CHECK_INT(self->status, ASYNC_MISUSE);
    async_task_group_enter(&self->group); /* from anew */
    check_failures(&self->group, 0, 0, 0);
    CHECK(async_task_group_create_task(&self->group, works) != NULL);
    async_end;
}

/* test_taskgroup_no_create_task_after_failure, test_taskgroup_finished, test_taskgroup_not_entered,
 * test_coro_closed_when_tg_closed */
TEST(taskgroups, refuses_children)
{
    CHECK_INT(RUN(refuses), ASYNC_OK);
    CHECK_NOTES("refused body:ok ");
}

struct named { async_frame frame; async_task_group group; async_task *task; };
async(named)
{
    async_begin;
    async_task_group_enter(&self->group);
    self->task = async_task_group_create_task(&self->group, job);
    if (self->task == NULL || async_task_set_name(self->task, "yolo") < 0)
        async_return();
    CHECK_STR(async_task_get_name(self->task), "yolo");
    async_end;
}

TEST(taskgroups, a_child_has_a_name) /* test_taskgroup_task_name */
{
    CHECK_INT(RUN(named), ASYNC_OK);
}

/* ---- a failure and a cancel from outside ----------------------------------------------------------------------------- */

struct raises { async_frame frame; async_event *event; };
async(raises)
{
    async_begin;
    async_event_set(self->event);
    await(async_sleep, .delay = 0);
    async_raise(BOOM);
    async_end;
}
struct group_of_it { async_frame frame; async_event *event; async_task_group group; };
async(group_of_it)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, raises, .event = self->event);
    await(async_sleep, .delay = async_seconds(1));
    note("not cancelled ");
    async_end;
}
struct survives { async_frame frame; async_event *event; async_status status; };
async(survives)
{
    async_begin;
    await_catch(self->status, group_of_it, .event = self->event);
    CHECK_INT(self->status, BOOM);
    CHECK_INT(async_task_cancelling(async_current_task()), 1);
    await(async_sleep, .delay = async_seconds(1));
    note("not cancelled after the group ");
    async_end;
}
struct from_outside { async_frame frame; async_event event; async_task *task; async_status status; };
async(from_outside)
{
    async_begin;
    self->task = async_create_task(survives, .event = &self->event);
    if (self->task == NULL)
        async_return();
    await(async_event_wait, .event = &self->event);
    CHECK_INT(async_task_cancelling(self->task), 0);
    async_cancel(self->task);
    CHECK_INT(async_task_cancelling(self->task), 1);
    await_catch(self->status, async_join, .task = self->task);
    CHECK(async_task_cancelled(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(taskgroups, a_failure_does_not_swallow_a_cancel) /* test_error_and_cancel */
{
    CHECK_INT(RUN(from_outside), ASYNC_OK);
    CHECK_NOTES("");
}

/* ---- cancelled from outside at every moment: in each pass of a group's life, once or twice ------------------------------ */

struct short_job { async_frame frame; int passes; bool fails; };
async(short_job)
{
    async_begin;
    while (self->passes-- > 0)
        await(async_sleep, .delay = 0);
    if (self->fails)
        async_raise(BOOM);
    async_finally;
    await(async_sleep, .delay = 0); /* takes a pass to clean up */
    note("%s", async_error == ASYNC_CANCELLED ? "c" : async_error < 0 ? "f" : "o");
    async_end;
}
struct busy { async_frame frame; bool fails; int passes; async_task_group outer, inner; };
async(busy)
{
    async_begin;
    async_task_group_enter(&self->outer);
    async_task_group_create_task(&self->outer, short_job, .passes = 3);
    async_task_group_enter(&self->inner);
    async_task_group_create_task(&self->inner, short_job, .passes = 4, .fails = self->fails);
    for (; self->passes < 6; self->passes++)
        await(async_sleep, .delay = 0);
    async_finally;
    note("|");
    async_end;
}
struct everywhere { async_frame frame; bool fails, again; int at, i; async_task *task; async_status status; };
async(everywhere)
{
    async_begin;
    self->task = async_create_task(busy, .fails = self->fails);
    if (self->task == NULL)
        async_raise(ASYNC_NO_MEMORY);
    for (; self->i < self->at; self->i++)
        await(async_sleep, .delay = 0);
    async_cancel(self->task);
    if (self->again) {
        await(async_sleep, .delay = 0);
        async_cancel(self->task);
    }
    await_catch(self->status, async_join, .task = self->task);
    note("%s", word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

/* What CPython 3.13 prints for the same program, and a second cancel in the next pass changes nothing: a failure of a child
 * goes before a cancel, and no child is left behind. */
TEST(taskgroups, cancelled_at_every_moment)
{
    static const char *const expected[2][12] = {
        { "cancelled", "co|cancelled", "co|cancelled", "oc|cancelled", "oc|cancelled",
            "o|cancelled", "oo|cancelled", "oo|cancelled", "oo|cancelled", "oo|ok", "oo|ok", "oo|ok" },
        { "cancelled", "co|cancelled", "co|cancelled", "oc|cancelled", "oc|cancelled",
            "o|cancelled", "of|boom", "of|boom", "of|boom", "of|boom", "of|boom", "of|boom" },
    };
    int at, fails, again;
    long live = counted_live;
    for (fails = 0; fails < 2; fails++)
        for (again = 0; again < 2; again++)
            for (at = 0; at < 12; at++) {
                CHECK_INT(RUN(everywhere, .fails = fails, .again = again, .at = at), ASYNC_OK);
                CHECK_NOTES(expected[fails][at]);
            }
    CHECK_INT(counted_live, live);
}
