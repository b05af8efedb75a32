/* Shielded calls: a cancel is held back until they have ended; what is entered in them goes on working. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

/* What is shielded: waits twice, and says how that went. */
struct inside { async_frame frame; int ms; async_status fails, status; int result; };
async(inside)
{
    async_begin;
    note("in ");
    if (self->ms > 0) {
        await_catch(self->status, async_sleep, .delay = async_ms(self->ms));
        note("%s ", word(self->status));
        await_catch(self->status, async_sleep);
        note("%s ", word(self->status));
    }
    if (self->fails < 0)
        async_raise(self->fails);
    async_return(self->ms + 1);
    async_finally;
    note("out ");
    async_end;
}

/* Calls it shielded, and then waits twice. */
struct outside { async_frame frame; int ms, awaits; async_status fails, status; int result; };
async(outside)
{
    async_begin;
    await_shielded_catch(self->status, inside, .ms = self->ms, .fails = self->fails);
    note("= %s ", word(self->status));
    for (; self->awaits > 0; self->awaits--) {
        await_catch(self->status, async_sleep);
        note("%s ", word(self->status));
    }
    async_return(9);
    async_end;
}

struct drives { async_frame frame; int ms, before, times, back, awaits; async_status fails, status; async_task *task; };
async(drives)
{
    async_begin;
    self->task = async_create_task(outside, .ms = self->ms, .fails = self->fails, .awaits = self->awaits);
    if (self->before >= 0)
        await(async_sleep, .delay = async_ms(self->before));
    for (; self->times > 0; self->times--)
        CHECK(async_cancel(self->task) || self->task == NULL);
    for (; self->back > 0; self->back--)
        (void)async_task_uncancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("; %s %d", word(self->status), async_task_cancelling(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, is_a_call)
{
    CHECK_INT(RUN(drives, .ms = 10, .awaits = 1), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok ok ; ok 0");
    CHECK_INT(RUN(drives, .ms = 10, .fails = BOOM, .awaits = 1), ASYNC_OK);
    CHECK_NOTES("in ok ok out = boom ok ; ok 0");
    CHECK_INT(RUN(drives, .ms = 0, .fails = BOOM), ASYNC_OK);
    CHECK_NOTES("in out = boom ; ok 0");
}

struct forms { async_frame frame; int got; bool fails; int result; };
async(forms)
{
    async_begin;
    await_shielded(inside, .ms = 1);
    await_shielded_into(self->got, inside, .ms = 4);
    CHECK_INT(self->got, 5);
    await_shielded_into(self->got, inside);
    CHECK_INT(self->got, 1);
    if (self->fails)
        await_shielded_into(self->got, inside, .ms = 7, .fails = BANG);
    await_shielded(inside, .fails = self->fails ? BOOM : ASYNC_OK);
    note("here ");
    async_return(3);
    async_finally;
    CHECK_INT(self->got, 1); /* a call that fails assigns nothing */
    note("%s", word(async_error));
    async_end;
}

TEST(shielded, forms)
{
    int got = 0;
    CHECK_INT(async_run_into(got, forms), ASYNC_OK);
    CHECK_INT(got, 3);
    CHECK_NOTES("in ok ok out in ok ok out in out in out here ok");
    CHECK_INT(RUN(forms, .fails = true), BANG);
    CHECK_NOTES("in ok ok out in ok ok out in out in ok ok out bang");
}

TEST(shielded, cancelled_before_the_first_step_nothing_runs)
{
    CHECK_INT(RUN(drives, .ms = 10, .before = -1, .times = 1), ASYNC_OK);
    CHECK_NOTES("; cancelled 1");
}

TEST(shielded, cancelled_inside)
{
    CHECK_INT(RUN(drives, .ms = 10, .before = 5, .times = 1, .awaits = 2), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok cancelled ok ; ok 1");
    /* however often: it is one exception */
    CHECK_INT(RUN(drives, .ms = 10, .before = 5, .times = 3, .awaits = 2), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok cancelled ok ; ok 3");
    /* when its sleep is over, but has not gone on */
    CHECK_INT(RUN(drives, .ms = 10, .before = 10, .times = 1, .awaits = 2), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok cancelled ok ; ok 1");
    CHECK_INT(RUN(drives, .ms = 10, .before = 5, .times = 1, .fails = BOOM, .awaits = 1), ASYNC_OK);
    CHECK_NOTES("in ok ok out = boom cancelled ; ok 1");
    /* no await comes any more: the task is cancelled */
    CHECK_INT(RUN(drives, .ms = 10, .before = 5, .times = 1), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok ; cancelled 1");
}

TEST(shielded, uncancelled_inside)
{
    CHECK_INT(RUN(drives, .ms = 10, .before = 5, .times = 1, .back = 1, .awaits = 1), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok ok ; ok 0");
    CHECK_INT(RUN(drives, .ms = 10, .before = 5, .times = 2, .back = 2), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok ; ok 0");
    CHECK_INT(RUN(drives, .ms = 10, .before = 5, .times = 2, .back = 1, .awaits = 2), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok cancelled ok ; ok 1");
}

/* ---- a task that cancels itself ------------------------------------------------------------------------------- */

struct cancels_itself { async_frame frame; int ms; };
async(cancels_itself)
{
    async_begin;
    CHECK(async_cancel(async_current_task()));
    await(inside, .ms = self->ms);
    CHECK_INT(async_task_cancelling(async_current_task()), 1);
    async_end;
}

struct self_cancel { async_frame frame; bool before, fails; int ms; async_status status; };
async(self_cancel)
{
    async_begin;
    if (self->before) {
        async_cancel(async_current_task());
        await_shielded_catch(self->status, inside, .ms = self->ms);
    } else {
        await_shielded_catch(self->status, cancels_itself, .ms = self->ms);
    }
    note("= %s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s ", word(self->status));
    async_finally;
    note("; %s", word(async_error));
    async_end;
}

TEST(shielded, cancels_itself)
{
    static const char *const said[] = { "in out = ok cancelled ok ; ok", "in ok ok out = ok cancelled ok ; ok" };
    int ms, before;
    for (ms = 0; ms < 2; ms++)
        for (before = 0; before < 2; before++) {
            CHECK_INT(RUN(self_cancel, .before = before == 1, .ms = ms), ASYNC_OK);
            CHECK_NOTES(said[ms]);
        }
}

/* ---- one in another ------------------------------------------------------------------------------------------- */

struct nests { async_frame frame; int depth; async_status status; int result; };
async(nests)
{
    async_begin;
    if (self->depth == 0) {
        await_into(self->result, inside, .ms = 10);
    } else {
        await_shielded_into(self->result, nests, .depth = self->depth - 1);
        self->result++;
        await_catch(self->status, async_sleep);
        note("%s ", word(self->status));
    }
    async_end;
}

struct cancels_nest { async_frame frame; int depth; int times; async_task *task; async_status status; };
async(cancels_nest)
{
    async_begin;
    self->task = async_create_task(nests, .depth = self->depth);
    await(async_sleep, .delay = async_ms(5));
    for (; self->times > 0; self->times--)
        async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("; %s", word(self->status));
    if (self->status == ASYNC_OK)
        CHECK_INT(async_result(self->task, nests), 11 + self->depth);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, nested)
{
    CHECK_INT(RUN(cancels_nest, .depth = 3), ASYNC_OK);
    CHECK_NOTES("in ok ok out ok ok ok ; ok");
    /* only when the outermost has ended */
    CHECK_INT(RUN(cancels_nest, .depth = 3, .times = 1), ASYNC_OK);
    CHECK_NOTES("in ok ok out ok ok cancelled ; ok");
    CHECK_INT(RUN(cancels_nest, .depth = 11, .times = 2), ASYNC_OK); /* its requests are one */
    CHECK_NOTES("in ok ok out ok ok ok ok ok ok ok ok ok ok cancelled ; ok");
}

/* ---- deadlines ------------------------------------------------------------------------------------------------ */

static int elapsed(async_time began)
{
    return (int)((async_loop_time(async_get_running_loop()) - began) / async_ms(1));
}

/* A deadline round a shielded call of 20 ms, and then 20 ms that are not. */
struct shields_for_a_while { async_frame frame; async_status status; bool goes_on; };
async(shields_for_a_while)
{
    async_begin;
    await_shielded(inside, .ms = 20);
    if (self->goes_on)
        await(async_sleep, .delay = async_ms(20));
    async_end;
}

struct deadline_round { async_frame frame; int ms, how; bool goes_on; async_time began; async_timeout timeout; async_task *task;
    async_status status; };
async(deadline_round)
{
    async_begin;
    self->began = async_loop_time(async_get_running_loop());
    if (self->how == 0) {
        await_for_catch(async_ms(self->ms), self->status, shields_for_a_while, .goes_on = self->goes_on);
    } else if (self->how == 1) {
        async_timeout_enter(&self->timeout, async_ms(self->ms));
        await_catch(self->status, shields_for_a_while, .goes_on = self->goes_on);
        self->status = async_timeout_exit(&self->timeout, self->status);
        CHECK(async_timeout_expired(&self->timeout) == (self->ms < 20));
    } else {
        self->task = async_create_task(shields_for_a_while, .goes_on = self->goes_on);
        await_catch(self->status, async_wait_for, .task = self->task, .timeout = async_ms(self->ms));
    }
    note("= %s %d", word(self->status), elapsed(self->began));
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    await(async_sleep);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, a_deadline_outside_passes_inside)
{
    int how;
    for (how = 0; how < 3; how++) {
        CHECK_INT(RUN(deadline_round, .ms = 10, .how = how, .goes_on = true), ASYNC_OK);
        CHECK_NOTES("in ok ok out = timeout 20");
    }
    /* nothing is awaited in time: with a deadline on the same task it was met, as far as anyone could notice */
    for (how = 0; how < 2; how++) {
        CHECK_INT(RUN(deadline_round, .ms = 10, .how = how), ASYNC_OK);
        CHECK_NOTES("in ok ok out = ok 20");
    }
    CHECK_INT(RUN(deadline_round, .ms = 10, .how = 2), ASYNC_OK);
    CHECK_NOTES("in ok ok out = timeout 20");
}

/* Deadlines inside, a cancel from outside meanwhile. */
struct deadline_in { async_frame frame; int how; async_time began; async_timeout timeout; async_status status; };
async(deadline_in)
{
    async_begin;
    self->began = async_loop_time(async_get_running_loop());
    if (self->how == 0) {
        await_for_catch(async_ms(10), self->status, async_sleep, .delay = async_ms(30));
    } else {
        async_timeout_enter(&self->timeout, async_ms(10));
        await_catch(self->status, async_sleep, .delay = async_ms(30));
        if (self->how == 2) /* it is over meanwhile, in a shield of its own */
            await_shielded(inside, .ms = 10);
        self->status = async_timeout_exit(&self->timeout, self->status);
    }
    note("%s %d ", word(self->status), elapsed(self->began));
    await_catch(self->status, async_sleep, .delay = async_ms(10));
    note("%s ", word(self->status));
    async_end;
}

struct shields_deadline { async_frame frame; int how; async_status status; };
async(shields_deadline)
{
    async_begin;
    await_shielded_catch(self->status, deadline_in, .how = self->how);
    note("= %s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s", word(self->status));
    async_end;
}

struct cancels_at { async_frame frame; int how, at; async_task *task; };
async(cancels_at)
{
    async_begin;
    self->task = async_create_task(shields_deadline, .how = self->how);
    await(async_sleep, .delay = async_ms(self->at));
    async_cancel(self->task);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, a_deadline_inside_works)
{
    int how, at;
    for (how = 0; how < 2; how++) {
        CHECK_INT(RUN(shields_deadline, .how = how), ASYNC_OK);
        CHECK_NOTES("timeout 10 ok = ok ok");
        for (at = 5; at <= 15; at += 5) { /* before it, with it, after it */
            CHECK_INT(RUN(cancels_at, .how = how, .at = at), ASYNC_OK);
            CHECK_NOTES("timeout 10 ok = ok cancelled");
        }
    }
}

/* A deadline in one shield that passes in another one inside. */
struct deadline_between { async_frame frame; async_timeout timeout; bool ends; async_status status; };
async(deadline_between)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(10));
    await_shielded_catch(self->status, inside, .ms = 20);
    note("= %s ", word(self->status));
    if (!self->ends) {
        await_catch(self->status, async_sleep, .delay = async_ms(10));
        note("%s ", word(self->status));
    }
    self->status = async_timeout_exit(&self->timeout, self->status);
    note("%s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s ", word(self->status));
    async_end;
}

struct shields_between { async_frame frame; bool ends; async_status status; };
async(shields_between)
{
    async_begin;
    await_shielded(deadline_between, .ends = self->ends);
    await_catch(self->status, async_sleep);
    note("; %s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s", word(self->status));
    async_end;
}

struct cancels_between { async_frame frame; bool ends; async_time at; async_task *task; };
async(cancels_between)
{
    async_begin;
    self->task = async_create_task(shields_between, .ends = self->ends);
    await(async_sleep, .delay = self->at);
    async_cancel(self->task);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, a_deadline_between_two)
{
    int at;
    CHECK_INT(RUN(shields_between), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok cancelled timeout ok ; ok ok");
    CHECK_INT(RUN(shields_between, .ends = true), ASYNC_OK);
    CHECK_NOTES("in ok ok out = ok ok ok ; ok ok");
    for (at = 5; at <= 15; at += 5) { /* a cancel is for the outermost only */
        CHECK_INT(RUN(cancels_between, .at = async_ms(at)), ASYNC_OK);
        CHECK_NOTES("in ok ok out = ok cancelled timeout ok ; cancelled ok");
        CHECK_INT(RUN(cancels_between, .at = async_ms(at), .ends = true), ASYNC_OK);
        CHECK_NOTES("in ok ok out = ok ok ok ; cancelled ok");
    }
}

/* ---- groups and gathers --------------------------------------------------------------------------------------- */

struct child { async_frame frame; int ms, slow; async_status fails, status; };
async(child)
{
    async_begin;
    await_catch(self->status, async_sleep, .delay = async_ms(self->ms));
    if (self->status == ASYNC_OK)
        self->status = self->fails;
    note("c%s ", word(self->status));
    if (self->status < 0)
        async_raise(self->status);
    async_finally;
    await(async_sleep, .delay = async_ms(self->slow));
    async_end;
}

struct has_group { async_frame frame; async_task_group group; int ms, slow; async_status status; };
async(has_group)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, child, .ms = 10, .fails = BOOM);
    async_task_group_create_task(&self->group, child, .ms = 20, .slow = self->slow);
    await_catch(self->status, async_sleep, .delay = async_ms(self->ms));
    note("body %s ", word(self->status));
    if (self->status < 0)
        async_raise(self->status);
    await_catch(self->status, async_task_group_join, .group = &self->group);
    note("join %s ", word(self->status));
    async_end;
}

/* The same when a deadline passes while the group ends: its failure wins, the deadline comes at the next await. */
struct group_and_deadline { async_frame frame; async_timeout timeout; async_status status; };
async(group_and_deadline)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(15));
    await_catch(self->status, has_group, .ms = 15, .slow = 10);
    note("= %s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s ", word(self->status));
    self->status = async_timeout_exit(&self->timeout, self->status);
    note("%s ", word(self->status));
    async_end;
}

struct shields_group { async_frame frame; int ms; bool deadline; async_status status; };
async(shields_group)
{
    async_begin;
    if (self->deadline)
        await_shielded_catch(self->status, group_and_deadline);
    else
        await_shielded_catch(self->status, has_group, .ms = self->ms);
    note("= %s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s ", word(self->status));
    await_catch(self->status, async_sleep);
    note("%s", word(self->status));
    async_end;
}

struct cancels_group { async_frame frame; int ms, at; bool deadline; async_task *task; };
async(cancels_group)
{
    async_begin;
    self->task = async_create_task(shields_group, .ms = self->ms, .deadline = self->deadline);
    await(async_sleep, .delay = async_ms(self->at));
    async_cancel(self->task);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, a_group_inside_works)
{
    int at;
    /* a failing child ends its body, */
    CHECK_INT(RUN(shields_group, .ms = 15), ASYNC_OK);
    CHECK_NOTES("cboom ccancelled body cancelled = boom ok ok");
    /* also the one that waits in it already, */
    CHECK_INT(RUN(shields_group, .ms = 5), ASYNC_OK);
    CHECK_NOTES("body ok cboom ccancelled join boom = ok ok ok");
    /* and a cancel from outside does nothing in there */
    for (at = 2; at < 10; at += 5) {
        CHECK_INT(RUN(cancels_group, .ms = 15, .at = at), ASYNC_OK);
        CHECK_NOTES("cboom ccancelled body cancelled = boom cancelled ok");
        CHECK_INT(RUN(cancels_group, .ms = 5, .at = at), ASYNC_OK);
        CHECK_NOTES("body ok cboom ccancelled join boom = ok cancelled ok");
    }
}

TEST(shielded, a_group_in_a_deadline_inside)
{
    /* both want the body to end: the group's failure first, the deadline at the next await */
    CHECK_INT(RUN(shields_group, .deadline = true), ASYNC_OK);
    CHECK_NOTES("cboom ccancelled body cancelled = boom cancelled timeout = ok ok ok");
    CHECK_INT(RUN(cancels_group, .at = 5, .deadline = true), ASYNC_OK);
    CHECK_NOTES("cboom ccancelled body cancelled = boom cancelled timeout = ok cancelled ok");
}

/* The whole in a child of a group and in a gather, which wait for it. */
struct waits_for_shielded { async_frame frame; int how; async_task_group group; async_task *task; async_status status; };
async(waits_for_shielded)
{
    async_begin;
    if (self->how == 0) {
        async_task_group_enter(&self->group);
        async_task_group_create_task(&self->group, outside, .ms = 10, .awaits = 1);
        async_task_group_create_task(&self->group, child, .ms = 5, .fails = BOOM);
        await_catch(self->status, async_task_group_join, .group = &self->group);
    } else {
        await_gather_catch(self->status, async_call(outside, .ms = 10, .awaits = 1), async_call(child, .ms = 30));
    }
    note("; %s", word(self->status));
    async_end;
}

struct cancels_waiting { async_frame frame; int how; async_task *task; async_status status; };
async(cancels_waiting)
{
    async_begin;
    self->task = async_create_task(waits_for_shielded, .how = self->how);
    await(async_sleep, .delay = async_ms(5));
    if (self->how > 0)
        async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, who_waits_for_a_shielded_task)
{
    CHECK_INT(RUN(cancels_waiting, .how = 0), ASYNC_OK);
    CHECK_NOTES("in cboom ok ok out = ok cancelled ; boom");
    CHECK_INT(RUN(cancels_waiting, .how = 1), ASYNC_OK);
    CHECK_NOTES("in ccancelled ; cancelledok ok out = ok cancelled ");
}

/* ---- the chain of joins: it goes down to the shielded task and stops there ------------------------------------ */

struct joins { async_frame frame; async_task *task; async_status status; const char *name; bool shielded; };
async(joins)
{
    async_begin;
    if (self->shielded)
        await_shielded_catch(self->status, async_join, .task = self->task);
    else
        await_catch(self->status, async_join, .task = self->task);
    note("%s %s ", self->name, word(self->status));
    await_catch(self->status, async_sleep);
    note("%s %s ", self->name, word(self->status));
    async_end;
}

struct chain { async_frame frame; int shielded; async_task *tasks[3]; async_status status; };
async(chain)
{
    async_begin;
    self->tasks[0] = self->shielded == 0 ? async_create_task(outside, .ms = 10, .awaits = 1)
                                         : async_create_task(inside, .ms = 10);
    self->tasks[1] = async_create_task(joins, .task = self->tasks[0], .name = "b", .shielded = self->shielded == 1);
    self->tasks[2] = async_create_task(joins, .task = self->tasks[1], .name = "a", .shielded = self->shielded == 2);
    await(async_sleep, .delay = async_ms(5));
    async_cancel(self->tasks[2]);
    note("(%d%d%d) ", async_task_cancelling(self->tasks[2]), async_task_cancelling(self->tasks[1]),
        async_task_cancelling(self->tasks[0]));
    await_catch(self->status, async_join, .task = self->tasks[2]);
    note("; %s", word(self->status));
    async_finally;
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_release(self->tasks[2]);
    async_end;
}

TEST(shielded, a_chain_of_joins)
{
    CHECK_INT(RUN(chain, .shielded = 0), ASYNC_OK);
    CHECK_NOTES("in (111) ok ok out = ok cancelled b ok b ok a ok a ok ; ok");
    CHECK_INT(RUN(chain, .shielded = 1), ASYNC_OK);
    CHECK_NOTES("in (110) ok ok out b ok b cancelled a ok a ok ; ok");
    CHECK_INT(RUN(chain, .shielded = 2), ASYNC_OK);
    CHECK_NOTES("in (100) ok ok out b ok b ok a ok a cancelled ; ok");
}

/* ---- in a finally part, also when the run ends ---------------------------------------------------------------- */

struct cleans { async_frame frame; async_status status; };
async(cleans)
{
    async_begin;
    note("begins ");
    await(async_sleep, .delay = async_seconds(100));
    async_finally;
    note("%s ", word(async_error));
    await_shielded(inside, .ms = 10);
    note("clean ");
    async_end;
}

struct leaves_it { async_frame frame; async_task *task; };
async(leaves_it)
{
    async_begin;
    CHECK(async_go(cleans));
    await(async_sleep);
    async_end;
}

struct cancels_cleaning { async_frame frame; async_task *task; async_status status; };
async(cancels_cleaning)
{
    async_begin;
    self->task = async_create_task(cleans);
    await(async_sleep);
    async_cancel(self->task);
    await(async_sleep, .delay = async_ms(5));
    async_cancel(self->task); /* again, while it cleans up */
    await_catch(self->status, async_join, .task = self->task);
    note("; %s", word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, clean_up)
{
    CHECK_INT(RUN(leaves_it), ASYNC_OK);
    CHECK_NOTES("begins cancelled in ok ok out clean ");
    CHECK_INT(RUN(cancels_cleaning), ASYNC_OK);
    CHECK_NOTES("begins cancelled in ok ok out clean ; cancelled");
}

/* A loop that is closed while something is shielded drops it as anything else. */
TEST(shielded, dropped_with_its_loop)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    async_task *task;
    if (loop == NULL)
        return;
    task = async_loop_create_task(loop, nests, .depth = 5);
    (void)async_loop_run_once(loop);
    (void)async_loop_run_once(loop);
    (void)async_loop_run_once(loop);
    async_loop_close(loop);
    CHECK(async_task_done(task));
    CHECK_INT(async_task_exception(task), task == NULL ? ASYNC_NO_MEMORY : ASYNC_CLOSED);
    async_release(task);
    CHECK_INT(counted_live, 0);
    diary[0] = '\0';
}

/* ---- deep stacks ---------------------------------------------------------------------------------------------- */

struct deep { async_frame frame; int depth, shield_at, i; char room[40]; int result; };
async(deep)
{
    async_begin;
    memset(self->room, self->depth & 0x7F, sizeof self->room);
    if (self->depth == 0) {
        await(async_sleep, .delay = async_ms(10));
        async_return(0);
    }
    if (self->depth % self->shield_at == 0)
        await_shielded_into(self->result, deep, .depth = self->depth - 1, .shield_at = self->shield_at);
    else
        await_into(self->result, deep, .depth = self->depth - 1, .shield_at = self->shield_at);
    self->result++;
    for (self->i = 0; self->i < (int)sizeof self->room; self->i++)
        CHECK_INT(self->room[self->i], self->depth & 0x7F);
    async_end;
}

struct goes_deep { async_frame frame; int depth, shield_at; async_task *task; async_status status; };
async(goes_deep)
{
    async_begin;
    self->task = async_create_task(deep, .depth = self->depth, .shield_at = self->shield_at);
    await(async_sleep, .delay = async_ms(5));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    CHECK(self->status == ASYNC_CANCELLED || self->status == ASYNC_NO_MEMORY);
    async_release(self->task);
    self->task = async_create_task(deep, .depth = self->depth, .shield_at = self->shield_at);
    await_catch(self->status, async_join, .task = self->task);
    if (self->status == ASYNC_OK)
        CHECK_INT(async_result(self->task, deep), self->depth);
    async_raise(self->status < 0 ? self->status : ASYNC_CANCELLED);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(shielded, deep)
{
    int shield_at;
    for (shield_at = 1; shield_at < 12; shield_at++)
        CHECK_INT(RUN(goes_deep, .depth = TEST_MANY < 100 ? 30 : 200, .shield_at = shield_at), ASYNC_CANCELLED);
    CHECK_INT(counted_live, 0);
}

/* ---- generators, frames elsewhere, eager tasks ----------------------------------------------------------------- */

struct yields { async_frame frame; int i; int result; };
async(yields)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        await_shielded(inside, .ms = 1);
        async_yield(self->i);
    }
    async_finally;
    await_shielded(inside);
    async_end;
}

struct consumes { async_frame frame; struct yields items; struct inside child; async_status status; int sum; };
async(consumes)
{
    async_begin;
    async_generator_open(&self->items, yields);
    async_for (&self->items)
        self->sum += self->items.result;
    CHECK_INT(self->sum, 3);
    await_at(&self->child, inside, .ms = 3);
    CHECK_INT(self->child.result, 4);
    async_finally;
    await_close(&self->items);
    async_end;
}

struct shields_consumer { async_frame frame; async_status status; };
async(shields_consumer)
{
    async_begin;
    async_cancel(async_current_task());
    await_shielded(consumes);
    await_catch(self->status, async_sleep);
    note("%s", word(self->status));
    async_end;
}

TEST(shielded, generators)
{
    CHECK_INT(RUN(shields_consumer), ASYNC_OK);
    CHECK_NOTES("in ok ok out in ok ok out in ok ok out in out in ok ok out cancelled");
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

TEST(shielded, no_memory)
{
    EACH_ALLOCATION_FAILS {
        async_status status = RUN(goes_deep, .depth = 40, .shield_at = 3);
        CHECK(status == ASYNC_CANCELLED || status == ASYNC_NO_MEMORY);
    }
    EACH_ALLOCATION_FAILS {
        async_status status = RUN(cancels_group, .at = 5, .deadline = true);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
        diary[0] = '\0';
    }
}

/* Without memory for it nothing is shielded, and the count of shields is right afterwards. */
struct keeps_count { async_frame frame; async_status status, second; int tries; };
struct big { async_frame frame; char room[20000]; };
async(big)
{
    async_begin;
    await(async_sleep);
    async_end;
}
async(keeps_count)
{
    async_begin;
    for (self->tries = 0; self->tries < 20; self->tries++) {
        await_shielded_catch(self->status, big);
        CHECK(self->status == ASYNC_OK || self->status == ASYNC_NO_MEMORY);
    }
    async_cancel(async_current_task());
    await_catch(self->second, async_sleep);
    CHECK_INT(self->second, ASYNC_CANCELLED);
    async_end;
}

TEST(shielded, no_memory_is_no_shield)
{
    EACH_ALLOCATION_FAILS {
        async_status status = RUN(keeps_count);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    }
}
