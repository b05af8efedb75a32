/* The words of an async function: arguments, results, failures, finally. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "unit.h"

/* ---- arguments ----------------------------------------------------------------------------------------------- */

static int calls;
static int called(int value)
{
    calls++;
    return value;
}

struct pair { int x, y; };

struct dirty { async_frame frame; unsigned char bytes[160]; };
async(dirty)
{
    async_begin;
    memset(self->bytes, 0xee, sizeof self->bytes);
    async_end;
}

struct arguments { async_frame frame; int a, b; const char *text; struct pair pair; double real; int kept; int result; };
async(arguments)
{
    async_begin;
    CHECK_INT(self->kept, 0);
    CHECK_INT(self->result, 0);
    note("%d %d %s %d,%d %g\n", self->a, self->b, self->text == NULL ? "-" : self->text, self->pair.x, self->pair.y,
        self->real);
    async_return(self->a * 10 + self->b);
    async_end;
}

struct argue { async_frame frame; int result; int to[2]; int i; async_status status; struct arguments in_place; };
async(argue)
{
    async_begin;
    await(dirty);
    await(arguments);
    await(dirty);
    await(arguments, .a = called(1), .b = called(2), .text = "t", .pair = ((struct pair){ 3, 4 }), .real = 0.5);
    CHECK_INT(calls, 2);
    await_into(self->to[self->i++], arguments, .b = called(7));
    CHECK_INT(self->i, 1);
    CHECK_INT(self->to[0], 7);
    await_catch(self->status, arguments, .a = called(1));
    CHECK_INT(calls, 4);
    memset(&self->in_place, 0xee, sizeof self->in_place);
    await_at(&self->in_place, arguments, .a = called(5));
    CHECK_INT(calls, 5);
    CHECK_INT(self->in_place.result, 50);
    async_return(3);
    async_end;
}

TEST(language, arguments_are_evaluated_once_and_the_rest_is_zero)
{
    calls = 0;
    CHECK_INT(RUN(argue), ASYNC_OK);
    CHECK_NOTES("0 0 - 0,0 0\n1 2 t 3,4 0.5\n0 7 - 0,0 0\n1 0 - 0,0 0\n5 0 - 0,0 0\n");
}

struct with_buffer { async_frame frame; int a; int after; unsigned char buffer[64]; };
async(with_buffer, buffer)
{
    async_begin;
    CHECK_INT(self->a, 4);
    CHECK_INT(self->after, 0);
    note("%x", self->buffer[40]);
    async_end;
}
struct buffering { async_frame frame; struct with_buffer kept; };
async(buffering)
{
    async_begin;
    memset(&self->kept, 0xee, sizeof self->kept);
    await_at(&self->kept, with_buffer, .a = 4);
    async_end;
}

TEST(language, a_frame_is_not_zeroed_from_the_named_member_on)
{
    CHECK_INT(RUN(buffering), ASYNC_OK);
    CHECK_NOTES("ee");
    CHECK_INT(with_buffer_type.clear, offsetof(struct with_buffer, buffer));
}

struct twelve { async_frame frame; int a, b, c, d, e, f, g, h, i, j, k, l; int result; };
async(twelve)
{
    async_begin;
    async_return(self->a + self->b + self->c + self->d + self->e + self->f + self->g + self->h + self->i + self->j
        + self->k + self->l);
    async_end;
}
struct calls_twelve { async_frame frame; int sum; };
async(calls_twelve)
{
    async_begin;
    await_into(self->sum, twelve, .a = 1, .b = 2, .c = 3, .d = 4, .e = 5, .f = 6, .g = 7, .h = 8, .i = 9, .j = 10, .k = 11,
        .l = 12);
    CHECK_INT(self->sum, 78);
    async_end;
}

TEST(language, twelve_arguments)
{
    CHECK_INT(RUN(calls_twelve), ASYNC_OK);
}

/* ---- how a function ends, and how its caller hears of it ------------------------------------------------------ */

enum how { FALL_OFF, RETURN, RETURN_NOTHING, BREAK, RAISE, LOOP_BREAK };

struct ends { async_frame frame; enum how how; bool suspends; bool cleans; int result; };
async(ends)
{
    async_begin;
    self->result = 1;
    if (self->suspends)
        await(async_sleep, .delay = async_ms(1));
    if (self->how == RETURN)
        async_return(2);
    if (self->how == RETURN_NOTHING)
        async_return();
    if (self->how == RAISE)
        async_raise(BOOM);
    if (self->how == BREAK)
        break;
    for (;;)
        if (self->how == LOOP_BREAK || self->how == FALL_OFF)
            break;
    self->result = 3;
    async_finally;
    note("%s ", word(async_error));
    if (self->cleans)
        await(async_sleep, .delay = async_ms(1));
    async_end;
}

struct calls_ends { async_frame frame; int how, n; async_status status; struct ends kept; };
async(calls_ends)
{
    async_begin;
    for (self->how = FALL_OFF; self->how <= LOOP_BREAK; self->how++) {
        self->n = -1;
        await_catch(self->status, ends, .how = (enum how)self->how, .suspends = self->how & 1);
        note("%s ", word(self->status));
        if (self->how != RAISE) {
            await_into(self->n, ends, .how = (enum how)self->how, .cleans = true);
            note("%d ", self->n);
        }
        await_at_catch(&self->kept, self->status, ends, .how = (enum how)self->how, .cleans = true);
        note("%s %d\n", word(self->status), self->kept.result);
        await_for_catch(async_ms(50), self->status, ends, .how = (enum how)self->how);
        CHECK_INT(self->status, self->how == RAISE ? BOOM : ASYNC_OK);
        diary[strlen(diary) - strlen(self->how == RAISE ? "boom " : "ok ")] = '\0';
        if (self->how != RAISE) {
            await_for_into(async_ms(50), self->n, ends, .how = (enum how)self->how, .suspends = true);
            diary[strlen(diary) - strlen("ok ")] = '\0';
            CHECK_INT(self->n, self->kept.result);
            await_at_into(&self->kept, self->n, ends, .how = (enum how)self->how);
            diary[strlen(diary) - strlen("ok ")] = '\0';
            CHECK_INT(self->n, self->kept.result);
        }
    }
    async_end;
}

TEST(language, every_way_to_end)
{
    CHECK_INT(RUN(calls_ends), ASYNC_OK);
    CHECK_NOTES("ok ok ok 3 ok ok 3\n"
                "ok ok ok 2 ok ok 2\n"
                "ok ok ok 1 ok ok 1\n"
                "ok ok ok 1 ok ok 1\n"
                "boom boom boom boom 1\n"
                "ok ok ok 3 ok ok 3\n");
}

/* each form of await, of a child that fails at once or later: the caller leaves, its result is not copied */
struct fails { async_frame frame; bool suspends; int result; };
async(fails)
{
    async_begin;
    if (self->suspends)
        await(async_sleep, .delay = async_ms(1));
    self->result = 99;
    async_raise(BANG);
    async_end;
}
struct passes_on { async_frame frame; int form; bool suspends; int to; struct fails kept; };
async(passes_on)
{
    async_begin;
    self->to = 5;
    if (self->form == 0)
        await(fails, .suspends = self->suspends);
    if (self->form == 1)
        await_into(self->to, fails, .suspends = self->suspends);
    if (self->form == 2)
        await_at(&self->kept, fails, .suspends = self->suspends);
    if (self->form == 3)
        await_at_into(&self->kept, self->to, fails, .suspends = self->suspends);
    if (self->form == 4)
        await_for(async_ms(50), fails, .suspends = self->suspends);
    if (self->form == 5)
        await_for_into(async_ms(50), self->to, fails, .suspends = self->suspends);
    note("never ");
    async_finally;
    CHECK_INT(self->to, 5);
    note("%s%d ", word(async_error), self->form);
    async_end;
}
struct hears { async_frame frame; int form; async_status status; };
async(hears)
{
    async_begin;
    for (self->form = 0; self->form < 12; self->form++) {
        await_catch(self->status, passes_on, .form = self->form / 2, .suspends = self->form % 2 != 0);
        CHECK_INT(self->status, BANG);
    }
    async_end;
}

TEST(language, a_failed_await_leaves_through_finally)
{
    CHECK_INT(RUN(hears), ASYNC_OK);
    CHECK_NOTES("bang0 bang0 bang1 bang1 bang2 bang2 bang3 bang3 bang4 bang4 bang5 bang5 ");
}

struct in_branches { async_frame frame; int i; };
async(in_branches)
{
    async_begin;
    for (self->i = 0; self->i < 6; self->i++) {
        if (self->i == 1)
            continue;
        if (self->i % 2 == 0)
            await(async_sleep, .delay = async_ms(1));
        else if (self->i == 3)
            await(async_sleep, .delay = 0);
        else
            break;
        note("%d ", self->i);
    }
    while (self->i-- > 4)
        do
            await(async_sleep, .delay = async_ms(1));
        while (self->i < 4 && self->i++ < 0);
    async_end;
}

TEST(language, await_stands_where_a_statement_may)
{
    CHECK_INT(RUN(in_branches), ASYNC_OK);
    CHECK_NOTES("0 2 3 4 ");
}

/* ---- finally ------------------------------------------------------------------------------------------------- */

/* what the body does, and what the finally part does, as letters: r return, e raise, c catch a failure and go on,
 * a await, f await what fails, s sleep long, n nothing */
struct matrix { async_frame frame; char body, last; };
async(matrix)
{
    async_begin;
    if (self->body == 's')
        await(async_sleep, .delay = async_seconds(9));
    if (self->body == 'e')
        async_raise(BOOM);
    if (self->body == 'f')
        await(ends, .how = RAISE, .suspends = true);
    if (self->body == 'r')
        async_return();
    async_finally;
    note("(%s", word(async_error));
    if (self->last == 'a')
        await(async_sleep, .delay = async_ms(1));
    if (self->last == 's')
        await(async_sleep, .delay = async_seconds(9));
    if (self->last == 'e')
        async_raise(BANG);
    if (self->last == 'f')
        await(fails, .suspends = true);
    if (self->last == 'r')
        async_return();
    if (self->last == 'b')
        break;
    note(")");
    async_end;
}

struct tries { async_frame frame; const char *body, *last; async_status status; };
async(tries)
{
    async_begin;
    for (self->body = "nrefs"; *self->body != '\0'; self->body++) {
        for (self->last = "nrbaef"; *self->last != '\0'; self->last++) {
            if (*self->body == 's')
                await_for_catch(async_ms(5), self->status, matrix, .body = 's', .last = *self->last);
            else
                await_catch(self->status, matrix, .body = *self->body, .last = *self->last);
            note("%s ", word(self->status));
        }
        note("\n");
    }
    async_end;
}

TEST(language, the_status_after_finally)
{
    CHECK_INT(RUN(tries), ASYNC_OK);
    CHECK_NOTES("(ok)ok (okok (okok (ok)ok (okbang (okbang \n"
                "(ok)ok (okok (okok (ok)ok (okbang (okbang \n"
                "(boom)boom (boomboom (boomboom (boom)boom (boombang (boombang \n"
                "boom (boom)boom boom (boomboom boom (boomboom boom (boom)boom boom (boombang boom (boombang \n"
                "(cancelled)timeout (cancelledtimeout (cancelledtimeout (cancelled)timeout (cancelledbang (cancelledbang \n");
}

struct cancels_finally { async_frame frame; async_task *task; async_status status; };
async(cancels_finally)
{
    async_begin;
    self->task = async_create_task(matrix, .body = 'e', .last = 's');
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note(" %s", word(self->status));
    async_release(self->task);
    self->task = async_create_task(matrix, .body = 's', .last = 's');
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->task);
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note(" %s %d", word(self->status), async_task_cancelling(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(language, cancellation_inside_finally_replaces_the_status)
{
    CHECK_INT(RUN(cancels_finally), ASYNC_OK);
    CHECK_NOTES("(boom cancelled(cancelled cancelled 2");
}

struct nested { async_frame frame; int depth; };
async(nested)
{
    async_begin;
    if (self->depth == 0)
        async_raise(BOOM);
    await(nested, .depth = self->depth - 1);
    async_finally;
    await(async_sleep, .delay = async_ms(1));
    note("%d%s ", self->depth, word(async_error));
    async_end;
}

TEST(language, finally_runs_from_the_inside_out)
{
    CHECK_INT(RUN(nested, .depth = 3), BOOM);
    CHECK_NOTES("0boom 1boom 2boom 3boom ");
}

/* ---- frames in other places, recursion ------------------------------------------------------------------------ */

struct fib { async_frame frame; int n, a, b; bool yields; int result; };
async(fib)
{
    async_begin;
    if (self->n < 2)
        async_return(self->n);
    if (self->yields && self->n == 4)
        await(async_sleep, .delay = 0);
    await_into(self->a, fib, .n = self->n - 1, .yields = self->yields);
    await_into(self->b, fib, .n = self->n - 2, .yields = self->yields);
    async_return(self->a + self->b);
    async_end;
}
struct fibs { async_frame frame; int n, result; };
async(fibs)
{
    async_begin;
    await_into(self->n, fib, .n = 15);
    CHECK_INT(self->n, 610);
    await_into(self->n, fib, .n = 15, .yields = true);
    CHECK_INT(self->n, 610);
    async_end;
}

TEST(language, recursion)
{
    CHECK_INT(RUN(fibs), ASYNC_OK);
}

static struct fib in_static_storage;
struct holds { async_frame frame; struct fib *where; int n; };
async(holds)
{
    async_begin;
    self->where = &in_static_storage;
    await_at_into(self->where, self->n, fib, .n = 12, .yields = true);
    CHECK_INT(self->n, 144);
    CHECK_INT(in_static_storage.result, 144);
    await_at(self->where, fib, .n = 1);
    CHECK_INT(in_static_storage.result, 1);
    async_end;
}

TEST(language, a_frame_in_static_storage)
{
    CHECK_INT(RUN(holds), ASYNC_OK);
}

/* a child in its parent's frame, whose own child is in its frame, and so on, with failures and cancellation */
struct inner { async_frame frame; bool fails; struct ends kept; };
async(inner)
{
    async_begin;
    await_at(&self->kept, ends, .how = self->fails ? RAISE : RETURN, .suspends = true);
    async_finally;
    note("inner %s ", word(async_error));
    async_end;
}
struct outer { async_frame frame; struct inner kept; bool fails; };
async(outer)
{
    async_begin;
    await_at(&self->kept, inner, .fails = self->fails);
    note("%d ", self->kept.kept.result);
    async_finally;
    note("outer %s ", word(async_error));
    async_end;
}

TEST(language, frames_within_frames)
{
    CHECK_INT(RUN(outer), ASYNC_OK);
    CHECK_NOTES("ok inner ok 2 outer ok ");
    CHECK_INT(RUN(outer, .fails = true), BOOM);
    CHECK_NOTES("boom inner boom outer boom ");
}

struct times_out { async_frame frame; async_status status; };
async(times_out)
{
    async_begin;
    await_for_catch(async_us(500), self->status, outer);
    note("%s", word(self->status));
    async_end;
}

TEST(language, frames_within_frames_are_cancelled)
{
    CHECK_INT(RUN(times_out), ASYNC_OK);
    CHECK_NOTES("cancelled inner cancelled outer cancelled timeout");
}

/* ---- the C stack ----------------------------------------------------------------------------------------------- */

/* a caller is not entered while its callee waits */
static int entries;
struct chain { async_frame frame; int depth, i; };
async(chain)
{
    entries++;
    async_begin;
    if (self->depth > 0)
        await(chain, .depth = self->depth - 1);
    else
        for (self->i = 0; self->i < 50; self->i++)
            await(async_sleep, .delay = self->i % 2 == 0 ? async_ms(1) : 0);
    async_end;
}

TEST(language, only_the_innermost_function_is_resumed)
{
    entries = 0;
    CHECK_INT(RUN(chain, .depth = 1000), ASYNC_OK);
    if (ASYNCIO_SMALL)
        CHECK(entries <= 1000 * 3 + 60); /* enters a function once more to leave it */
    else
        CHECK_INT(entries, 1000 * 2 + 51);
}

struct before_begin { async_frame frame; int i; };
async(before_begin)
{
    int twice = self->i * 2;
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        await(async_sleep, .delay = async_ms(1));
        note("%d ", twice);
    }
    async_end;
}

TEST(language, locals_before_begin_are_computed_anew)
{
    CHECK_INT(RUN(before_begin), ASYNC_OK);
    CHECK_NOTES("0 2 4 ");
}
