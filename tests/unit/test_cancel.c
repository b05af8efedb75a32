/* Cancelling: a request, counted, delivered at an await, which may be refused. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

/* Sleeps; on CANCELLED does what it was told. */
enum { PASS_ON, SWALLOW, CONVERT, UNCANCEL };
struct sleeper { async_frame frame; int what; async_status status; int result; };
async(sleeper)
{
    async_begin;
    note("start ");
    await_catch(self->status, async_sleep, .delay = async_seconds(1));
    note("%s ", word(self->status));
    if (self->what == CONVERT)
        async_raise(BOOM);
    if (self->what == UNCANCEL)
        note("%d ", async_task_uncancel(async_current_task()));
    if (self->status < 0 && self->what == PASS_ON)
        async_raise(self->status);
    await_catch(self->status, async_sleep, .delay = async_seconds(1));
    note("then %s ", word(self->status));
    async_return(7);
    async_end;
}

struct cancels { async_frame frame; int what, times; async_time before; async_task *task; async_status status; };
async(cancels)
{
    async_begin;
    self->task = async_create_task(sleeper, .what = self->what);
    if (self->before >= 0)
        await(async_sleep, .delay = self->before);
    for (; self->times > 0; self->times--)
        CHECK(async_cancel(self->task) || self->task == NULL);
    await_catch(self->status, async_join, .task = self->task);
    note("= %s", word(self->status));
    CHECK(self->task == NULL || (self->status == ASYNC_CANCELLED) == async_task_cancelled(self->task));
    note(" %d %d", async_task_cancelling(self->task), async_cancel(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(cancel, while_it_sleeps)
{
    CHECK_INT(RUN(cancels, .what = PASS_ON, .times = 1), ASYNC_OK);
    CHECK_NOTES("start cancelled = cancelled 1 0");
    CHECK_INT(RUN(cancels, .what = SWALLOW, .times = 1), ASYNC_OK);
    CHECK_NOTES("start cancelled then ok = ok 1 0");
    CHECK_INT(RUN(cancels, .what = CONVERT, .times = 1), ASYNC_OK);
    CHECK_NOTES("start cancelled = boom 1 0");
    CHECK_INT(RUN(cancels, .what = UNCANCEL, .times = 1), ASYNC_OK);
    CHECK_NOTES("start cancelled 0 then ok = ok 0 0");
}

TEST(cancel, twice_at_once_is_delivered_once_or_as_must)
{
    /* the second finds the sleep cancelled already: it is delivered at the next await */
    CHECK_INT(RUN(cancels, .what = SWALLOW, .times = 2), ASYNC_OK);
    CHECK_NOTES("start cancelled then ok = ok 2 0");
}

TEST(cancel, before_the_first_step_nothing_of_it_runs)
{
    CHECK_INT(RUN(cancels, .what = SWALLOW, .before = -1, .times = 1), ASYNC_OK);
    CHECK_NOTES("= cancelled 1 0");
}

/* ---- oneself --------------------------------------------------------------------------------------------------- */

struct cancels_itself { async_frame frame; bool takes_back, at_the_end; async_status status; };
async(cancels_itself)
{
    async_begin;
    CHECK(async_cancel(async_current_task()));
    note("running %d ", async_task_cancelling(async_current_task()));
    if (self->takes_back)
        CHECK_INT(async_task_uncancel(async_current_task()), 0);
    if (self->at_the_end)
        async_return();
    await_catch(self->status, async_sleep, .delay = async_ms(1));
    note("%s ", word(self->status));
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    note("finally %s ", word(async_error));
    async_end;
}

TEST(cancel, itself)
{
    CHECK_INT(RUN(cancels_itself), ASYNC_OK);
    CHECK_NOTES("running 1 cancelled finally ok ");
    CHECK_INT(RUN(cancels_itself, .takes_back = true), ASYNC_OK);
    CHECK_NOTES("running 1 ok finally ok ");
    CHECK_INT(RUN(cancels_itself, .at_the_end = true), ASYNC_CANCELLED); /* asked, and never told */
    CHECK_NOTES("running 1 finally ok ");
}

struct cancels_at_sleep_0 { async_frame frame; async_task *task; async_status status; };
struct naps { async_frame frame; async_status status; };
async(naps)
{
    async_begin;
    await_catch(self->status, async_sleep, .delay = 0);
    note("%s ", word(self->status));
    await_catch(self->status, async_sleep, .delay = 0);
    note("%s ", word(self->status));
    async_end;
}
async(cancels_at_sleep_0)
{
    async_begin;
    self->task = async_create_task(naps);
    await(async_sleep, .delay = 0);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(cancel, a_task_in_sleep_0)
{
    CHECK_INT(RUN(cancels_at_sleep_0), ASYNC_OK);
    CHECK_NOTES("cancelled ok ");
}

TEST(cancel, nobody)
{
    CHECK(!async_cancel(NULL));
    CHECK_INT(async_task_cancelling(NULL), 0);
    CHECK_INT(async_task_uncancel(NULL), 0);
}

/* ---- down the chain -------------------------------------------------------------------------------------------- */

/* A line of tasks, each of which joins the one before. The last may refuse. */
struct joins { async_frame frame; async_task *task; int *ended; bool refuses; async_status status; };
async(joins)
{
    async_begin;
    if (self->task == NULL) {
        await_catch(self->status, async_sleep, .delay = async_seconds(1));
        if (self->status < 0 && !self->refuses)
            async_raise(self->status);
    } else {
        await(async_join, .task = self->task);
    }
    async_finally;
    async_release(self->task);
    *self->ended += async_error == (self->refuses ? ASYNC_OK : ASYNC_CANCELLED);
    async_end;
}

struct chain { async_frame frame; async_task *last; int length, i, ended; bool refuses; async_status status; };
async(chain)
{
    async_begin;
    for (; self->i < self->length; self->i++) {
        async_task *next;
        next = async_create_task(joins, .task = self->last, .ended = &self->ended, .refuses = self->refuses);
        if (next == NULL)
            async_raise(ASYNC_NO_MEMORY);
        self->last = next;
    }
    await(async_sleep, .delay = async_ms(1));
    CHECK(async_cancel(self->last));
    await_catch(self->status, async_join, .task = self->last);
    CHECK_INT(self->status, self->refuses ? ASYNC_OK : ASYNC_CANCELLED);
    CHECK_INT(self->ended, self->length);
    async_finally;
    async_release(self->last);
    async_end;
}

TEST(cancel, a_long_chain_of_joins)
{
    long live = counted_live;
    CHECK_INT(RUN(chain, .length = 3), ASYNC_OK);
    CHECK_INT(RUN(chain, .length = TEST_MANY), ASYNC_OK);
    CHECK_INT(RUN(chain, .length = 1000, .refuses = true), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* n tasks that join each other in a ring */
struct in_ring { async_frame frame; async_task **ring; int index, count; };
async(in_ring)
{
    async_begin;
    await(async_join, .task = self->ring[(self->index + 1) % self->count]);
    async_finally;
    note("%d%s ", self->index, word(async_error));
    async_end;
}
struct ring { async_frame frame; async_task *tasks[4]; int count, i, first; async_status status; };
async(ring)
{
    async_begin;
    for (; self->i < self->count; self->i++)
        self->tasks[self->i] = async_create_task(in_ring, .ring = self->tasks, .index = self->i, .count = self->count);
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->tasks[self->first]);
    for (self->i = 0; self->i < self->count; self->i++)
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
    async_finally;
    for (self->i = 0; self->i < self->count; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}

TEST(cancel, a_ring_of_joins_dissolves)
{
    CHECK_INT(RUN(ring, .count = 2), ASYNC_OK);
    CHECK_NOTES("1cancelled 0cancelled ");
    CHECK_INT(RUN(ring, .count = 4, .first = 2), ASYNC_OK);
    CHECK_NOTES("1cancelled 0cancelled 3cancelled 2cancelled ");
}

TEST(cancel, joining_oneself_is_misuse)
{
    CHECK_INT(RUN(ring, .count = 1), ASYNC_OK);
    CHECK_NOTES("0-4102 ");
}

/* ---- waiting for a future, or for several ----------------------------------------------------------------------- */

struct waits { async_frame frame; async_future *future; void *value; };
async(waits)
{
    async_begin;
    await_into(self->value, async_future_wait, .future = self->future);
    async_finally;
    note("%s ", word(async_error));
    async_end;
}
struct cancels_future { async_frame frame; async_future future; async_task *a, *b; async_status status; };
async(cancels_future)
{
    async_begin;
    self->a = async_create_task(waits, .future = &self->future);
    self->b = async_create_task(waits, .future = &self->future);
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->a);
    CHECK(self->a == NULL || async_future_cancelled(&self->future)); /* so all who wait for it are told */
    await_catch(self->status, async_join, .task = self->a);
    note("%s ", word(self->status));
    await_catch(self->status, async_join, .task = self->b);
    note("%s", word(self->status));
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_future_deinit(&self->future);
    async_end;
}

TEST(cancel, who_waits_for_a_future_cancels_the_future)
{
    CHECK_INT(RUN(cancels_future), ASYNC_OK);
    CHECK_NOTES("cancelled cancelled cancelled cancelled");
}

struct gathers { async_frame frame; async_task *tasks[3]; int i, what; };
async(gathers)
{
    async_begin;
    for (; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(sleeper, .what = self->i == 1 ? self->what : PASS_ON);
    await(async_gather, .tasks = self->tasks, .count = 3, .return_exceptions = self->what != PASS_ON);
    async_finally;
    note("gather %s ", word(async_error));
    for (self->i = 0; self->i < 3; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}
struct cancels_gather { async_frame frame; int what; async_task *task; async_status status; };
async(cancels_gather)
{
    async_begin;
    self->task = async_create_task(gathers, .what = self->what);
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s", word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(cancel, who_gathers_cancels_them_all)
{
    CHECK_INT(RUN(cancels_gather, .what = PASS_ON), ASYNC_OK);
    CHECK_NOTES("start start start cancelled cancelled cancelled gather cancelled cancelled");
    CHECK_INT(RUN(cancels_gather, .what = SWALLOW), ASYNC_OK);
    CHECK_NOTES("start start start cancelled cancelled cancelled then ok gather cancelled cancelled");
}

/* Counts that saturate do not wrap, and are positive where an int has 16 bits. */
struct stubborn { async_frame frame; async_task *task; long i; async_status status; };
async(stubborn)
{
    async_begin;
    self->task = async_create_task(sleeper, .what = SWALLOW);
    await(async_sleep, .delay = 0);
    for (self->i = 0; self->i < 70000; self->i++)
        async_cancel(self->task);
    CHECK(self->task == NULL || async_task_cancelling(self->task) == 0x7FFF);
    await_catch(self->status, async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(cancel, very_often)
{
    CHECK_INT(RUN(stubborn), ASYNC_OK);
    CHECK_NOTES("start cancelled then ok ");
}

struct several { async_frame frame; async_task *task; };
async(several)
{
    async_begin;
    self->task = async_create_task(sleeper, .what = SWALLOW);
    await(async_sleep, .delay = 0);
    async_cancel(self->task);
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->task);
    await(async_join, .task = self->task);
    CHECK_INT(async_task_cancelling(self->task), 2);
    CHECK_INT(async_task_uncancel(self->task), 1);
    CHECK_INT(async_task_uncancel(self->task), 0);
    CHECK_INT(async_task_uncancel(self->task), 0);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(cancel, refused_twice)
{
    CHECK_INT(RUN(several), ASYNC_OK);
    CHECK_NOTES("start cancelled then cancelled ");
}
