/* Races, and as_completed: who comes first, what becomes of the others, and whose cancel it was. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { MOST = 4 };
enum { RETURNS, RAISES, HANGS, REFUSES, RAISES_LATE };

/* Where it is cancelled while it hangs, REFUSES goes on for some passes and ends well, RAISES_LATE fails. */
struct job { async_frame frame; char name; int how, passes, i; async_status status; int result; };
async(job)
{
    async_begin;
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep, .delay = 0);
    if (self->how == RAISES)
        async_raise(BOOM);
    if (self->how == HANGS)
        await(async_sleep, .delay = async_seconds(9));
    if (self->how == REFUSES || self->how == RAISES_LATE) {
        await_catch(self->status, async_sleep, .delay = async_seconds(9));
        note("%c? ", self->name);
        for (self->i = 0; self->i < 3; self->i++)
            await_catch(self->status, async_sleep, .delay = 0);
        if (self->how == RAISES_LATE)
            async_raise(BANG);
    }
    async_return(self->passes);
    async_finally;
    note("%c%s ", self->name, async_error == ASYNC_OK ? "" : async_error == ASYNC_CANCELLED ? "!" : "x");
    async_end;
}

struct plan { int how, passes; };

static void start(async_task **tasks, const struct plan *plan, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++)
        tasks[i] = async_create_task(job, .name = (char)('a' + i), .how = plan[i].how, .passes = plan[i].passes);
}

static void end_all(async_task **tasks, size_t count)
{
    while (count-- > 0) {
        async_cancel(tasks[count]);
        (void)async_task_exception(tasks[count]); /* a failure that is expected */
        async_release(tasks[count]);
        tasks[count] = NULL;
    }
}

/* ---- race -------------------------------------------------------------------------------------------------------- */

struct races { async_frame frame; const struct plan *plan; size_t count, i, winner; async_handle *nodes; async_task *tasks[MOST]; };
async(races)
{
    async_begin;
    start(self->tasks, self->plan, self->count);
    await_into(self->winner, async_race, .tasks = self->tasks, .count = self->count, .nodes = self->nodes);
    note("= %d | ", (int)self->winner);
    for (self->i = 0; self->i < self->count; self->i++)
        CHECK(async_task_done(self->tasks[self->i]));
    async_finally;
    end_all(self->tasks, self->count);
    async_end;
}

TEST(race, who_wins)
{
    static const struct plan last[] = { {RETURNS, 3}, {HANGS, 0}, {RETURNS, 1} };
    static const struct plan same[] = { {HANGS, 0}, {RETURNS, 1}, {RETURNS, 1} };
    static const struct plan fails[] = { {RAISES, 1}, {HANGS, 1}, {RETURNS, 9} };
    static const struct plan one[] = { {RETURNS, 0} };
    static async_handle nodes[3];
    long live = counted_live;
    CHECK_INT(RUN(races, .plan = last, .count = 3), ASYNC_OK);
    CHECK_NOTES("c a b! = 2 | "); /* a ends too, before the race can tell it not to */
    CHECK_INT(RUN(races, .plan = same, .count = 3), ASYNC_OK);
    CHECK_NOTES("b c a! = 1 | ");
    CHECK_INT(RUN(races, .plan = fails, .count = 3, .nodes = nodes), ASYNC_OK); /* a failure is an end */
    CHECK_NOTES("ax c! b! = 0 | ");
    CHECK_INT(RUN(races, .plan = one, .count = 1, .nodes = nodes), ASYNC_OK);
    CHECK_NOTES("a = 0 | ");
    CHECK_INT(counted_live, live);
}

TEST(race, losers_that_take_their_time)
{
    static const struct plan refuses[] = { {RETURNS, 2}, {REFUSES, 0}, {HANGS, 0} };
    static const struct plan both[] = { {REFUSES, 0}, {RAISES_LATE, 0}, {RETURNS, 0} };
    CHECK_INT(RUN(races, .plan = refuses, .count = 3), ASYNC_OK);
    CHECK_NOTES("a b? c! b = 0 | ");
    CHECK_INT(RUN(races, .plan = both, .count = 3), ASYNC_OK);
    CHECK_NOTES("c a? b? a bx = 2 | ");
}

struct oddities { async_frame frame; async_status status; size_t n; async_task *tasks[3]; };
async(oddities)
{
    static const struct plan plan = { RETURNS, 5 };
    async_begin;
    await_catch(self->status, async_race, .count = 0);
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    await_catch(self->status, async_race, .tasks = self->tasks, .count = SIZE_MAX);
    CHECK_INT(self->status, ASYNC_NO_MEMORY);
    start(self->tasks, &plan, 1);
    self->tasks[1] = self->tasks[0]; /* against itself */
    await_into(self->n, async_race, .tasks = self->tasks, .count = 2);
    CHECK_INT(self->n, 0);
    CHECK(self->tasks[0] == NULL || !async_task_cancelled(self->tasks[0]));
    await_into(self->n, async_race, .tasks = self->tasks, .count = 2); /* done before it begins */
    CHECK_INT(self->n, 0);
    async_release(self->tasks[0]);
    self->tasks[0] = self->tasks[1] = NULL;
    start(&self->tasks[0], &plan, 1);
    await_into(self->n, async_race, .tasks = self->tasks, .count = 3); /* what was never created has ended first */
    CHECK_INT(self->n, self->tasks[0] == NULL ? 0 : 1);
    CHECK(self->tasks[0] == NULL || async_task_cancelled(self->tasks[0]));
    async_finally;
    end_all(self->tasks, 1);
    async_end;
}

TEST(race, oddities)
{
    long live = counted_live;
    CHECK_INT(RUN(oddities), ASYNC_OK);
    CHECK_INT(counted_live, live);
    diary[0] = '\0';
}

/* Cancelled from outside at any time, once or twice: then it is cancelled, after all of them have ended, and never
 * is a cancel lost. */
struct racer { async_frame frame; async_task *const *tasks; size_t i, winner; };
async(racer)
{
    async_begin;
    self->winner = 99;
    await_into(self->winner, async_race, .tasks = self->tasks, .count = 3);
    async_finally;
    CHECK(async_error != ASYNC_OK || self->winner < 3);
    if (async_error != ASYNC_NO_MEMORY)
        for (self->i = 0; self->i < 3; self->i++)
            CHECK(async_task_done(self->tasks[self->i]));
    async_end;
}

struct outside { async_frame frame; const struct plan *plan; int when, again, i; bool accepted; async_task *tasks[3], *racer; };
async(outside)
{
    async_begin;
    start(self->tasks, self->plan, 3);
    self->racer = async_create_task(racer, .tasks = self->tasks);
    await(async_sleep, .delay = 0); /* it has begun */
    for (self->i = 0; self->i < self->when; self->i++)
        await(async_sleep, .delay = 0);
    self->accepted = async_cancel(self->racer);
    for (self->i = 0; self->i < self->again; self->i++)
        await(async_sleep, .delay = 0);
    async_cancel(self->racer);
    for (self->i = 0; self->i < 20; self->i++)
        await(async_sleep, .delay = 0);
    CHECK(async_task_done(self->racer));
    CHECK_INT(async_task_cancelled(self->racer), self->accepted);
    async_finally;
    end_all(self->tasks, 3);
    end_all(&self->racer, 1);
    async_end;
}

TEST(race, cancelled_everywhere)
{
    static const struct plan plans[][3] = {
        { {RETURNS, 3}, {HANGS, 0}, {RETURNS, 5} },
        { {RETURNS, 2}, {REFUSES, 0}, {RAISES_LATE, 1} },
        { {RAISES, 2}, {RETURNS, 2}, {REFUSES, 0} },
        { {HANGS, 0}, {REFUSES, 0}, {RETURNS, 1} },
    };
    long live = counted_live;
    int i, when, again;
    for (i = 0; i < 4; i++)
        for (when = 0; when < (TEST_MANY < 1000 ? 3 : 14); when++)
            for (again = 0; again < (TEST_MANY < 1000 ? 2 : 8); again++) {
                CHECK_INT(RUN(outside, .plan = plans[i], .when = when, .again = again), ASYNC_OK);
                diary[0] = '\0';
            }
    CHECK_INT(counted_live, live);
}

/* With a deadline, which is a cancel from outside. */
struct limited { async_frame frame; async_status status; async_task *tasks[2]; };
async(limited)
{
    static const struct plan plan[] = { {HANGS, 0}, {REFUSES, 0} };
    async_begin;
    start(self->tasks, plan, 2);
    await_for_catch(async_ms(20), self->status, async_race, .tasks = self->tasks, .count = 2);
    note("%s ", word(self->status));
    async_finally;
    end_all(self->tasks, 2);
    async_end;
}

TEST(race, under_a_deadline)
{
    CHECK_INT(RUN(limited), ASYNC_OK);
    CHECK_NOTES("a! b? b timeout ");
}

/* ---- as_completed ------------------------------------------------------------------------------------------------ */

static char name_of(async_task *task) { return ((struct job *)async_result_(task, &job_type))->name; }

struct iterates {
    async_frame frame;
    const struct plan *plan;
    size_t count;
    int stop_after;
    async_as_completed done;
    async_task *tasks[MOST], *task;
};
async(iterates)
{
    async_begin;
    start(self->tasks, self->plan, self->count);
    if (async_as_completed_init(&self->done, self->tasks, self->count, ASYNC_FOREVER) < 0)
        async_raise(ASYNC_NO_MEMORY);
    while (async_as_completed_left(&self->done) > 0) {
        await_into(self->task, async_as_completed_next, .iterator = &self->done);
        note("[%c] ", self->task == NULL ? '0' : name_of(self->task));
        if (--self->stop_after == 0)
            break;
    }
    if (self->stop_after < 0) { /* all were there: NULL from now on, at once */
        await_into(self->task, async_as_completed_next, .iterator = &self->done);
        CHECK(self->task == NULL);
    }
    async_finally;
    async_as_completed_deinit(&self->done);
    async_as_completed_deinit(&self->done);
    end_all(self->tasks, self->count);
    async_end;
}

TEST(as_completed, in_order_of_completion)
{
    static const struct plan plan[] = { {RETURNS, 3}, {RAISES, 1}, {RETURNS, 0}, {RETURNS, 1} };
    long live = counted_live;
    CHECK_INT(RUN(iterates, .plan = plan, .count = 4), ASYNC_OK);
    CHECK_NOTES("c bx d [c] [b] a [d] [a] ");
    CHECK_INT(RUN(iterates, .plan = plan, .count = 0), ASYNC_OK);
    CHECK_NOTES("");
    CHECK_INT(RUN(iterates, .plan = plan, .count = 4, .stop_after = 2), ASYNC_OK); /* left early; the others go on */
    CHECK_NOTES("c bx d [c] [b] a! ");
    CHECK_INT(counted_live, live);
}

struct odd { async_frame frame; async_status status; int i; async_as_completed done, zero; async_task *tasks[3], *task; };
async(odd)
{
    static const struct plan plan = { RETURNS, 2 };
    async_begin;
    async_as_completed_deinit(&self->zero);
    CHECK_INT(async_as_completed_left(&self->zero), 0);
    CHECK_INT(async_as_completed_init(&self->zero, self->tasks, SIZE_MAX, ASYNC_FOREVER), ASYNC_NO_MEMORY);
    async_as_completed_deinit(&self->zero);
    await_into(self->task, async_as_completed_next, .iterator = &self->zero); /* of none */
    CHECK(self->task == NULL);
    start(&self->tasks[1], &plan, 1); /* the others could not be created */
    if (async_as_completed_init(&self->done, self->tasks, 3, async_ms(5)) < 0)
        async_raise(ASYNC_NO_MEMORY);
    for (self->i = 0; self->i < 3; self->i++) {
        await_catch(self->status, async_as_completed_next, .iterator = &self->done);
        CHECK_INT(self->status, ASYNC_OK);
    }
    CHECK_INT(async_as_completed_left(&self->done), 0);
    async_finally;
    async_as_completed_deinit(&self->done);
    end_all(self->tasks, 3);
    async_end;
}

TEST(as_completed, oddities)
{
    long live = counted_live;
    CHECK_INT(RUN(odd), ASYNC_OK);
    CHECK_INT(counted_live, live);
    diary[0] = '\0';
}

/* A deadline for all of them: over before, between, and after; those that are late are not cancelled. */
struct in_time { async_frame frame; async_time timeout; async_status status; async_as_completed done; async_task *tasks[3], *task; };
async(in_time)
{
    static const struct plan plan[] = { {HANGS, 0}, {RETURNS, 0}, {HANGS, 0} };
    async_begin;
    start(self->tasks, plan, 3);
    if (async_as_completed_init(&self->done, self->tasks, 3, self->timeout) < 0)
        async_raise(ASYNC_NO_MEMORY);
    while (async_as_completed_left(&self->done) > 0) {
        await_catch(self->status, async_as_completed_next, .iterator = &self->done);
        note("%s ", word(self->status));
    }
    note("%d | ", (int)async_task_done(self->tasks[0]) + async_task_done(self->tasks[2]));
    async_finally;
    async_as_completed_deinit(&self->done);
    end_all(self->tasks, 3);
    async_end;
}

TEST(as_completed, under_a_deadline)
{
    CHECK_INT(RUN(in_time, .timeout = async_ms(30)), ASYNC_OK);
    CHECK_NOTES("b ok timeout timeout 0 | c! a! ");
    CHECK_INT(RUN(in_time, .timeout = 0), ASYNC_OK);
    CHECK_NOTES("b timeout timeout timeout 0 | c! a! ");
    CHECK_INT(RUN(in_time, .timeout = -1), ASYNC_OK);
    CHECK_NOTES("b timeout timeout timeout 0 | c! a! ");
    CHECK_INT(RUN(in_time, .timeout = async_seconds(99)), ASYNC_OK);
    CHECK_NOTES("b ok a c ok ok 2 | ");
}

/* A turn that is cancelled comes again. */
struct patient { async_frame frame; async_status status; int tries; async_as_completed done; async_task *tasks[2]; };
async(patient)
{
    static const struct plan plan[] = { {HANGS, 0}, {HANGS, 2} };
    async_begin;
    start(self->tasks, plan, 2);
    if (async_as_completed_init(&self->done, self->tasks, 2, ASYNC_FOREVER) < 0)
        async_raise(ASYNC_NO_MEMORY);
    while (async_as_completed_left(&self->done) > 0) {
        await_for_catch(async_seconds(4), self->status, async_as_completed_next, .iterator = &self->done);
        note("%s ", word(self->status));
        if (++self->tries > 9)
            break;
    }
    async_finally;
    async_as_completed_deinit(&self->done);
    end_all(self->tasks, 2);
    async_end;
}

TEST(as_completed, a_turn_that_is_cancelled)
{
    CHECK_INT(RUN(patient), ASYNC_OK);
    CHECK_NOTES("timeout timeout a b ok ok ");
}

/* Two that take turns on one iterator, one of them cancelled at any time: no task is lost or seen twice. */
static int seen[MOST];
struct taker { async_frame frame; async_as_completed *done; async_task *task; };
async(taker)
{
    async_begin;
    while (async_as_completed_left(self->done) > 0) {
        await_into(self->task, async_as_completed_next, .iterator = self->done);
        if (self->task != NULL)
            seen[name_of(self->task) - 'a']++;
    }
    async_end;
}

struct takers { async_frame frame; int when, i; async_status status; async_as_completed done; async_task *tasks[MOST], *takers[2]; };
async(takers)
{
    static const struct plan plan[] = { {RETURNS, 5}, {RETURNS, 2}, {RETURNS, 2}, {RAISES, 4} };
    async_begin;
    start(self->tasks, plan, MOST);
    if (async_as_completed_init(&self->done, self->tasks, MOST, ASYNC_FOREVER) < 0)
        async_raise(ASYNC_NO_MEMORY);
    for (self->i = 0; self->i < 2; self->i++)
        self->takers[self->i] = async_create_task(taker, .done = &self->done);
    for (self->i = 0; self->i < self->when; self->i++)
        await(async_sleep, .delay = 0);
    async_cancel(self->takers[0]);
    for (self->i = 0; self->i < 12; self->i++)
        await(async_sleep, .delay = 0);
    await_catch(self->status, taker, .done = &self->done); /* what the other left */
    for (self->i = 0; self->i < MOST; self->i++)
        CHECK_INT(seen[self->i], 1);
    async_finally;
    await_catch(self->status, async_cancel_and_wait, .task = self->takers[0]);
    await_catch(self->status, async_cancel_and_wait, .task = self->takers[1]);
    async_as_completed_deinit(&self->done);
    end_all(self->takers, 2);
    end_all(self->tasks, MOST);
    async_end;
}

TEST(as_completed, cancelled_everywhere)
{
    long live = counted_live;
    int when;
    for (when = 0; when < 11; when++) {
        memset(seen, 0, sizeof seen);
        CHECK_INT(RUN(takers, .when = when), ASYNC_OK);
        diary[0] = '\0';
    }
    CHECK_INT(counted_live, live);
}

/* ---- a loop that ends in the middle ------------------------------------------------------------------------------ */

TEST(race, loop_closed)
{
    static const struct plan plan[] = { {RETURNS, 2}, {HANGS, 0}, {REFUSES, 1} };
    long live = counted_live;
    int steps;
    for (steps = 0; steps < 6; steps++) {
        async_loop *loop = async_new_event_loop_with(virtual_time());
        async_task *tasks[3];
        int i;
        if (loop == NULL)
            continue;
        for (i = 0; i < 3; i++)
            tasks[i] = async_loop_create_task(loop, job, .name = 'x', .how = plan[i].how, .passes = plan[i].passes);
        async_release(async_loop_create_task(loop, racer, .tasks = tasks));
        for (i = 0; i < steps; i++)
            async_loop_run_once(loop);
        CHECK_INT(async_loop_close(loop), ASYNC_OK);
        for (i = 0; i < 3; i++)
            CHECK(async_task_done(tasks[i]));
        end_all(tasks, 3);
        diary[0] = '\0';
    }
    CHECK_INT(counted_live, live);
}
