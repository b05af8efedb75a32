/* Generators: async_for, async_yield, await_close. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

/* Counts up; may suspend before an item, end, or fail at one. Tells how it left. */
struct counter { async_frame frame; int from, to, fails_at; bool suspends, slow_end; int result; };
async(counter)
{
    async_begin;
    for (; self->from < self->to; self->from++) {
        if (self->suspends)
            await(async_sleep, .delay = async_ms(1));
        if (self->fails_at != 0 && self->from == self->fails_at)
            async_raise(BOOM);
        async_yield(self->from);
    }
    async_finally;
    if (self->slow_end)
        await(async_sleep, .delay = async_ms(1));
    note("[%s]", word(async_error));
    async_end;
}

enum { ALL, BREAK, CONTINUE, AWAIT, RAISE, RETURN };
struct consumer { async_frame frame; int what; bool suspends, slow_end; int fails_at; struct counter g; };
async(consumer)
{
    async_begin;
    async_generator_open(&self->g, counter, .from = 1, .to = 5, .suspends = self->suspends, .slow_end = self->slow_end,
        .fails_at = self->fails_at);
    async_for (&self->g) {
        if (self->what == BREAK && self->g.result == 3)
            break;
        if (self->what == CONTINUE && self->g.result % 2 == 0)
            continue;
        if (self->what == AWAIT)
            await(async_sleep, .delay = async_ms(1));
        if (self->what == RAISE && self->g.result == 2)
            async_raise(BANG);
        if (self->what == RETURN && self->g.result == 4)
            async_return();
        note("%d ", self->g.result);
    }
    note("after ");
    async_finally;
    note("finally ");
    await_close(&self->g);
    await_close(&self->g);
    async_end;
}

struct consumes { async_frame frame; int n; async_status status; };
async(consumes)
{
    async_begin;
    for (; self->n < 6 * 4; self->n++) {
        await_catch(self->status, consumer, .what = self->n / 4, .suspends = self->n & 1, .slow_end = self->n & 2);
        CHECK_INT(self->status, self->n / 4 == RAISE ? BANG : ASYNC_OK);
        switch (self->n / 4) {
        case ALL: CHECK_NOTES("1 2 3 4 [ok]after finally "); break;
        case BREAK: CHECK_NOTES("1 2 after finally [ok]"); break;
        case CONTINUE: CHECK_NOTES("1 3 [ok]after finally "); break;
        case AWAIT: CHECK_NOTES("1 2 3 4 [ok]after finally "); break;
        case RAISE: CHECK_NOTES("1 finally [ok]"); break;
        default: CHECK_NOTES("1 2 3 finally [ok]"); break;
        }
    }
    async_end;
}

TEST(generator, the_consumer_goes_on_and_breaks_off)
{
    long live = counted_live;
    CHECK_INT(RUN(consumes), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

TEST(generator, it_fails)
{
    CHECK_INT(RUN(consumer, .fails_at = 3), BOOM);
    CHECK_NOTES("1 2 [boom]finally ");
    CHECK_INT(RUN(consumer, .fails_at = 1, .suspends = true, .slow_end = true), BOOM);
    CHECK_NOTES("[boom]finally ");
}

/* the consumer is cancelled: in the generator, in the body, or in neither */
struct cancels { async_frame frame; int what; bool suspends; async_time after; async_task *task; async_status status; };
async(cancels)
{
    async_begin;
    self->task = async_create_task(consumer, .what = self->what, .suspends = self->suspends, .slow_end = true);
    await(async_sleep, .delay = self->after);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s", word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(generator, the_consumer_is_cancelled)
{
    CHECK_INT(RUN(cancels, .suspends = true, .after = async_us(2500)), ASYNC_OK);
    CHECK_NOTES("1 2 [cancelled]finally cancelled");
    CHECK_INT(RUN(cancels, .what = AWAIT, .after = async_us(2500)), ASYNC_OK);
    CHECK_NOTES("1 2 finally [ok]cancelled");
    CHECK_INT(RUN(cancels, .suspends = true, .after = async_us(4500)), ASYNC_OK); /* in the generator's finally */
    CHECK_NOTES("1 2 3 4 finally cancelled");
}

/* never opened, opened and never used, opened again */
struct opens { async_frame frame; int how, i; struct counter g; };
async(opens)
{
    async_begin;
    if (self->how == 0)
        async_return();
    for (; self->i < 3; self->i++) {
        async_generator_open(&self->g, counter, .from = self->i * 10, .to = self->i * 10 + 3, .suspends = true);
        if (self->how == 1)
            continue;
        async_for (&self->g) {
            if (self->g.result % 10 == self->i && self->how == 3)
                break;
            note("%d ", self->g.result);
        }
        await_close(&self->g);
    }
    async_finally;
    await_close(&self->g);
    async_end;
}

TEST(generator, opened_never_or_again)
{
    CHECK_INT(RUN(opens, .how = 0), ASYNC_OK);
    CHECK_NOTES("");
    CHECK_INT(RUN(opens, .how = 1), ASYNC_OK); /* it did not begin, so there is nothing to end */
    CHECK_NOTES("");
    CHECK_INT(RUN(opens, .how = 2), ASYNC_OK);
    CHECK_NOTES("0 1 2 [ok]10 11 12 [ok]20 21 22 [ok]");
    CHECK_INT(RUN(opens, .how = 3), ASYNC_OK);
    CHECK_NOTES("[ok]10 [ok]20 21 [ok]");
}

/* two loops over one generator: the second goes on where the first stopped */
struct goes_on { async_frame frame; struct counter g; };
async(goes_on)
{
    async_begin;
    async_generator_open(&self->g, counter, .to = 6);
    async_for (&self->g) {
        note("%d ", self->g.result);
        if (self->g.result == 2)
            break;
    }
    note("| ");
    async_for (&self->g)
        note("%d ", self->g.result);
    async_for (&self->g)
        note("never ");
    async_finally;
    await_close(&self->g);
    async_end;
}

TEST(generator, two_loops_over_one)
{
    CHECK_INT(RUN(goes_on), ASYNC_OK);
    CHECK_NOTES("0 1 2 | 3 4 5 [ok]");
}

/* a generator that consumes a generator that consumes a generator */
struct doubles { async_frame frame; int depth; struct counter source; struct doubles *inner; int result; };
async(doubles)
{
    async_begin;
    if (self->depth == 0) {
        async_generator_open(&self->source, counter, .from = 1, .to = 4, .suspends = true);
        async_for (&self->source)
            async_yield(self->source.result);
        async_return();
    }
    async_generator_open(self->inner, doubles, .depth = self->depth - 1, .inner = self->inner + 1);
    async_for (self->inner) {
        async_yield(self->inner->result * 2);
        if (self->depth == 2)
            await(async_sleep, .delay = 0);
    }
    async_finally;
    note("<%d:%s>", self->depth, word(async_error));
    if (self->depth == 0)
        await_close(&self->source);
    else
        await_close(self->inner);
    async_end;
}
struct nests { async_frame frame; int stop; struct doubles chain[4]; int i; };
async(nests)
{
    async_begin;
    async_generator_open(&self->chain[0], doubles, .depth = 3, .inner = &self->chain[1]);
    async_for (&self->chain[0]) {
        note("%d ", self->chain[0].result);
        if (self->chain[0].result == self->stop)
            break;
    }
    async_finally;
    await_close(&self->chain[0]);
    async_end;
}

TEST(generator, nested)
{
    CHECK_INT(RUN(nests), ASYNC_OK);
    CHECK_NOTES("8 16 24 [ok]<0:ok><1:ok><2:ok><3:ok>");
    CHECK_INT(RUN(nests, .stop = 16), ASYNC_OK);
    CHECK_NOTES("8 16 <3:ok><2:ok><1:ok><0:ok>[ok]");
}

/* two at once, by turns, and one loop in another */
struct zips { async_frame frame; struct counter a, b; };
async(zips)
{
    async_begin;
    async_generator_open(&self->a, counter, .from = 1, .to = 4);
    async_for (&self->a) {
        async_generator_open(&self->b, counter, .from = 0, .to = self->a.result, .suspends = true);
        async_for (&self->b)
            if (self->a.result == 2)
                note("%d%d ", self->a.result, self->b.result);
            else
                note("%d,%d ", self->a.result, self->b.result);
    }
    async_finally;
    await_close(&self->b);
    await_close(&self->a);
    async_end;
}

TEST(generator, one_loop_in_another)
{
    CHECK_INT(RUN(zips), ASYNC_OK);
    CHECK_NOTES("1,0 [ok]20 21 [ok]3,0 3,1 3,2 [ok][ok]");
}

struct many { async_frame frame; struct counter g; bool suspends; long sum, calls; };
async(many)
{
    async_begin;
    async_generator_open(&self->g, counter, .to = TEST_MANY, .suspends = self->suspends);
    async_for (&self->g) {
        self->sum += self->g.result;
        if (self->g.result == 10)
            self->calls = counted_calls;
    }
    CHECK_INT(self->sum, (long)TEST_MANY * (TEST_MANY - 1) / 2);
    CHECK_INT(counted_calls, self->calls);
    async_finally;
    await_close(&self->g);
    async_end;
}

TEST(generator, many_items_take_no_memory)
{
    CHECK_INT(RUN(many), ASYNC_OK);
    CHECK_INT(RUN(many, .suspends = true), ASYNC_OK);
    CHECK_NOTES("[ok][ok]");
}

/* an item of a struct, and a failure in the finally part when it is closed */
struct point { int x, y; };
struct points { async_frame frame; int i; struct point result; };
async(points)
{
    async_begin;
    for (;; self->i++)
        async_yield(((struct point){ self->i, -self->i }));
    async_finally;
    async_raise(BANG);
    async_end;
}
struct draws { async_frame frame; struct points g; };
async(draws)
{
    async_begin;
    async_generator_open(&self->g, points);
    async_for (&self->g) {
        note("%d%d ", self->g.result.x, self->g.result.y);
        if (self->g.result.x == 2)
            break;
    }
    async_finally;
    await_close(&self->g);
    note("never");
    async_end;
}

TEST(generator, its_finally_fails)
{
    CHECK_INT(RUN(draws), BANG);
    CHECK_NOTES("00 1-1 2-2 ");
}
