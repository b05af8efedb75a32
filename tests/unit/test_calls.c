/* Gathering straight from calls. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

struct call { async_frame frame; int n, ms; async_status fails, status; int result; };
async(call)
{
    async_begin;
    note("%d< ", self->n);
    if (self->ms > 0) {
        await_catch(self->status, async_sleep, .delay = async_ms(self->ms));
        if (self->status < 0) {
            note("%dx ", self->n);
            async_raise(self->status);
        }
    }
    note("%d%s ", self->n, self->fails < 0 ? "!" : ">");
    if (self->fails < 0)
        async_raise(self->fails);
    async_return(self->n * 10);
    async_end;
}

/* A result larger than a register, and a call without any. */
struct text { async_frame frame; const char *text; struct { char bytes[40]; } result; };
async(text)
{
    async_begin;
    await(async_sleep);
    snprintf(self->result.bytes, sizeof self->result.bytes, "%s!", self->text);
    async_end;
}

struct counts { async_frame frame; int a, b, c, d, e, f, g, h; };
async(counts)
{
    async_begin;
    await_gather(async_call_into(self->a, call, .n = 1));
    CHECK_INT(self->a, 10);
    await_gather(async_call_into(self->a, call, .n = 2), async_call_into(self->b, call, .n = 3, .ms = 2));
    CHECK_INT(self->a + self->b, 50);
    await_gather(async_call_into(self->a, call, .n = 1, .ms = 3), async_call(call, .n = 2, .ms = 1),
        async_call_into(self->c, call, .n = 4));
    CHECK_INT(self->a + self->c, 50);
    await_gather(async_call_into(self->a, call, .n = 1, .ms = 8), async_call_into(self->b, call, .n = 2, .ms = 7),
        async_call_into(self->c, call, .n = 3, .ms = 6), async_call_into(self->d, call, .n = 4, .ms = 5),
        async_call_into(self->e, call, .n = 5, .ms = 4), async_call_into(self->f, call, .n = 6, .ms = 3),
        async_call_into(self->g, call, .n = 7, .ms = 2), async_call_into(self->h, call, .n = 8, .ms = 1));
    CHECK_INT(self->a + self->b + self->c + self->d + self->e + self->f + self->g + self->h, 360);
    CHECK_INT(self->h - self->a, 70);
    await_gather(async_call(call), async_call(call), async_call(call), async_call(call));
    await_gather(async_call(call), async_call(call), async_call(call), async_call(call), async_call(call));
    await_gather(async_call(call), async_call(call), async_call(call), async_call(call), async_call(call),
        async_call(call));
    await_gather(async_call(call), async_call(call), async_call(call), async_call(call), async_call(call),
        async_call(call), async_call_into(self->a, call, .n = 9));
    CHECK_INT(self->a, 90);
    async_end;
}
TEST(calls, one_to_eight)
{
    CHECK_INT(RUN(counts), ASYNC_OK);
    diary[84] = 0;
    CHECK_NOTES("1< 1> 2< 2> 3< 3> 1< 2< 4< 4> 2> 1> 1< 2< 3< 4< 5< 6< 7< 8< 8> 7> 6> 5> 4> 3> 2> 1> ");
    diary[0] = '\0';
    CHECK_INT(counted_live, 0);
    EACH_ALLOCATION_FAILS {
        (void)RUN(counts);
        diary[0] = '\0';
    }
}

struct kinds { async_frame frame; struct { char bytes[40]; } unused; struct text keeps; int n; char where[60]; };
async(kinds)
{
    async_begin;
    await_gather(async_call_into(self->keeps.result, text, .text = "hello"), async_call(async_sleep, .delay = async_ms(2)),
        async_call_into(self->n, call, .n = 4, .ms = 1));
    CHECK_STR(self->keeps.result.bytes, "hello!");
    CHECK_INT(self->n, 40);
    async_end;
}
TEST(calls, of_all_kinds)
{
    CHECK_INT(RUN(kinds), ASYNC_OK);
    diary[0] = '\0';
}

/* ---- failing ---------------------------------------------------------------------------------------------------- */

struct failing { async_frame frame; int which, a, b, c; bool catches; async_status status; };
async(failing)
{
    async_begin;
    self->a = self->b = self->c = -1;
    if (self->catches)
        await_gather_catch(self->status, async_call_into(self->a, call, .n = 1, .ms = 1, .fails = self->which & 1 ? BOOM : 0),
            async_call_into(self->b, call, .n = 2, .ms = 2, .fails = self->which & 2 ? BANG : 0),
            async_call_into(self->c, call, .n = 3, .ms = 3, .fails = self->which & 4 ? ASYNC_CANCELLED : 0));
    else
        await_gather(async_call_into(self->a, call, .n = 1, .ms = 1, .fails = self->which & 1 ? BOOM : 0),
            async_call_into(self->b, call, .n = 2, .ms = 2, .fails = self->which & 2 ? BANG : 0),
            async_call_into(self->c, call, .n = 3, .ms = 3, .fails = self->which & 4 ? ASYNC_CANCELLED : 0));
    note("= %s ", word(self->status));
    async_finally;
    if (self->which != 0) /* nothing is assigned */
        CHECK(self->a == -1 && self->b == -1 && self->c == -1);
    await(async_sleep, .delay = async_ms(10));
    async_end;
}
TEST(calls, the_first_failure)
{
    static const char *const says[] = { "1< 2< 3< 1> 2> 3> = ok ", "1< 2< 3< 1! = boom 2> 3> ", "1< 2< 3< 1> 2! = bang 3> ",
        "1< 2< 3< 1! = boom 2! 3> ", "1< 2< 3< 1> 2> 3! = cancelled ", "1< 2< 3< 1! = boom 2> 3! ",
        "1< 2< 3< 1> 2! = bang 3! ", "1< 2< 3< 1! = boom 2! 3! " };
    static const async_status statuses[] = { ASYNC_OK, BOOM, BANG, BOOM, ASYNC_CANCELLED, BOOM, BANG, BOOM };
    int which;
    for (which = 0; which < 8; which++) {
        CHECK_INT(RUN(failing, .which = which, .catches = true), ASYNC_OK);
        CHECK_NOTES(says[which]);
        CHECK_INT(RUN(failing, .which = which), statuses[which]);
        diary[0] = '\0';
        CHECK_INT(counted_live, 0);
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(failing, .which = 3);
        diary[0] = '\0';
    }
}

/* ---- cancelling -------------------------------------------------------------------------------------------------- */

struct cancels { async_frame frame; int at, passes; async_task *task; async_status status; };
async(cancels)
{
    async_begin;
    self->task = async_create_task(failing, .which = 0);
    if (self->at > 0)
        await(async_sleep, .delay = async_ms(self->at));
    for (; self->passes > 0; self->passes--)
        await(async_sleep);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("; %s", word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}
TEST(calls, cancelled)
{
    CHECK_INT(RUN(cancels), ASYNC_OK); /* before it began */
    CHECK_NOTES("; cancelled");
    CHECK_INT(RUN(cancels, .passes = 1), ASYNC_OK); /* before they began */
    CHECK_NOTES("; cancelled");
    CHECK_INT(RUN(cancels, .passes = 2), ASYNC_OK);
    CHECK_NOTES("1< 2< 3< 1x 2x 3x ; cancelled");
    CHECK_INT(RUN(cancels, .at = 2), ASYNC_OK); /* one is done; the next could go on, but the cancel comes first */
    CHECK_NOTES("1< 2< 3< 1> 2x 3x ; cancelled");
    CHECK_INT(counted_live, 0);
    EACH_ALLOCATION_FAILS {
        (void)RUN(cancels, .at = 1);
        diary[0] = '\0';
    }
}

/* ---- in all places ------------------------------------------------------------------------------------------------ */

struct deep { async_frame frame; int depth, a, b; char room[50]; int result; };
async(deep)
{
    async_begin;
    if (self->depth == 0) {
        await_gather(async_call_into(self->a, call, .n = 1), async_call_into(self->b, call, .n = 2, .ms = 1));
        async_return(self->a + self->b);
    }
    await_gather(async_call_into(self->a, deep, .depth = self->depth - 1), async_call(call));
    async_return(self->a + 1);
    async_end;
}
struct gathers_in_finally { async_frame frame; int i, a, b; };
async(gathers_in_finally)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++)
        await_gather(async_call_into(self->a, call, .n = self->i), async_call(call));
    CHECK_INT(self->a, 20);
    if (self->a > 0)
        await_gather(async_call_into(self->a, deep, .depth = 5));
    else
        await_gather(async_call(call), async_call(call));
    CHECK_INT(self->a, 35);
    async_raise(BOOM);
    async_finally;
    await_gather(async_call_into(self->b, call, .n = 5), async_call(call, .ms = 1));
    CHECK_INT(self->b, 50);
    async_end;
}
TEST(calls, everywhere)
{
    CHECK_INT(RUN(gathers_in_finally), BOOM);
    diary[0] = '\0';
    CHECK_INT(RUN(deep, .depth = 30), ASYNC_OK);
    diary[0] = '\0';
    CHECK_INT(counted_live, 0);
}

/* Its loop is closed while it waits. */
TEST(calls, a_loop_closed)
{
    int passes;
    for (passes = 0; passes < 5; passes++) {
        async_loop *loop = async_new_event_loop_with(virtual_time());
        async_task *task;
        int i;
        if (loop == NULL)
            return;
        task = async_loop_create_task(loop, failing, .which = 0);
        for (i = 0; i < passes; i++)
            (void)async_loop_run_once(loop);
        async_loop_close(loop);
        (void)async_task_exception(task);
        async_release(task);
        CHECK_INT(counted_live, 0);
        diary[0] = '\0';
    }
}

/* Two at once in a line, where labels are counted. */
#if ASYNCIO_COUNTER
struct in_one_line { async_frame frame; int a, b; };
async(in_one_line)
{
    async_begin;
    await_gather(async_call_into(self->a, call, .n = 1)); await_gather(async_call_into(self->b, call, .n = 2));
    CHECK_INT(self->a + self->b, 30);
    async_end;
}
TEST(calls, in_one_line)
{
    CHECK_INT(RUN(in_one_line), ASYNC_OK);
    CHECK_NOTES("1< 1> 2< 2> ");
}
#endif
