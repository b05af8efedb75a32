/* Semaphores: how many, in which order, who gets a permit that was given to one that is cancelled. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static async_semaphore permits; /* outlives every frame */
static int holders, most;

/* ---- without waiting --------------------------------------------------------------------------------------------- */

struct takes { async_frame frame; int n, i; };
async(takes)
{
    async_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        await(async_semaphore_acquire, .semaphore = &permits);
    async_end;
}

TEST(semaphore, counts)
{
    async_semaphore_init(&permits, 2);
    CHECK(!async_semaphore_locked(&permits));
    CHECK_INT(RUN(takes, .n = 1), ASYNC_OK);
    CHECK(!async_semaphore_locked(&permits));
    CHECK_INT(RUN(takes, .n = 1), ASYNC_OK);
    CHECK(async_semaphore_locked(&permits));
    CHECK_INT(async_semaphore_release(&permits), ASYNC_OK); /* no loop is needed */
    CHECK(!async_semaphore_locked(&permits));
    CHECK_INT(async_semaphore_release(&permits), ASYNC_OK);
    CHECK_INT(async_semaphore_release(&permits), ASYNC_OK); /* more than there were: it counts on */
    CHECK_INT(RUN(takes, .n = 3), ASYNC_OK);
    CHECK(async_semaphore_locked(&permits));
    async_semaphore_deinit(&permits); /* permits that are out do not matter */
}

TEST(semaphore, bounded)
{
    async_bounded_semaphore_init(&permits, 2);
    CHECK_INT(async_semaphore_release(&permits), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(RUN(takes, .n = 2), ASYNC_OK); /* the failed release left nothing behind */
    CHECK(async_semaphore_locked(&permits));
    CHECK_INT(async_semaphore_release(&permits), ASYNC_OK);
    CHECK_INT(async_semaphore_release(&permits), ASYNC_OK);
    CHECK_INT(async_semaphore_release(&permits), ASYNC_INVALID_ARGUMENT);
    async_semaphore_deinit(&permits);
    async_bounded_semaphore_init(&permits, 0);
    CHECK(async_semaphore_locked(&permits));
    CHECK_INT(async_semaphore_release(&permits), ASYNC_INVALID_ARGUMENT);
    async_semaphore_deinit(&permits);
}

TEST(semaphore, zero_is_nothing)
{
    static async_semaphore zero;
    async_semaphore_deinit(&zero);
    async_semaphore_deinit(&zero);
    CHECK_INT(async_semaphore_release(&zero), ASYNC_INVALID_ARGUMENT);
    CHECK(async_semaphore_locked(&zero));
}

static void release_all(async_task **tasks, int count)
{
    while (count-- > 0) {
        async_release(tasks[count]);
        tasks[count] = NULL;
    }
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

enum { FALL_OFF, BREAK, RETURN, RAISE, FAILED_AWAIT, EXIT, BY_HAND, WAYS };

struct fails { async_frame frame; };
async(fails)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_raise(BOOM);
    async_end;
}

/* Holds a permit for some passes and leaves in one of all ways. */
struct worker { async_frame frame; char name; int how, passes, i; bool holds; };
async(worker)
{
    async_begin;
    note("%c ", self->name);
    if (self->how == BY_HAND)
        await(async_semaphore_acquire, .semaphore = &permits);
    else
        await_enter(&permits);
    self->holds = true;
    if (++holders > most)
        most = holders;
    note("+%c ", self->name);
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep, .delay = 0);
    if (self->how == BREAK)
        break;
    if (self->how == RETURN)
        async_return();
    if (self->how == RAISE)
        async_raise(BOOM);
    if (self->how == FAILED_AWAIT)
        await(fails);
    if (self->how == EXIT) {
        holders--;
        self->holds = false;
        CHECK_INT(async_exit(&permits), ASYNC_OK);
        CHECK_INT(async_exit(&permits), ASYNC_MISUSE);
        await(async_sleep, .delay = 0);
    }
    async_finally;
    holders -= self->holds;
    if (self->holds && self->how == BY_HAND)
        CHECK_INT(async_semaphore_release(&permits), ASYNC_OK);
    note(async_error == ASYNC_CANCELLED ? "!%c " : "-%c ", self->name);
    async_end;
}

static async_status ended(int how) { return how == RAISE || how == FAILED_AWAIT ? BOOM : ASYNC_OK; }

enum { WORKERS = 5 };
struct crowd { async_frame frame; int how, passes, victim, other, when, i; size_t n; async_task *tasks[WORKERS]; };
async(crowd)
{
    async_begin;
    for (self->i = 0; self->i < WORKERS; self->i++)
        self->tasks[self->i] = async_create_task(worker, .name = (char)('a' + self->i), .how = self->how,
            .passes = self->passes);
    for (self->i = 0; self->i < self->when; self->i++)
        await(async_sleep, .delay = 0);
    if (self->victim >= 0)
        async_cancel(self->tasks[self->victim]);
    if (self->other >= 0)
        async_cancel(self->tasks[self->other]);
    await_into(self->n, async_wait, .tasks = self->tasks, .count = WORKERS);
    CHECK_INT(self->n, WORKERS);
    for (self->i = 0; self->i < WORKERS; self->i++) {
        async_status status = async_task_exception(self->tasks[self->i]);
        CHECK(status == ended(self->how) ||
            (status == ASYNC_CANCELLED && (self->i == self->victim || self->i == self->other)));
    }
    async_finally;
    release_all(self->tasks, WORKERS);
    async_end;
}

TEST(semaphore, two_at_a_time_in_order)
{
    async_semaphore_init(&permits, 2);
    holders = most = 0;
    CHECK_INT(RUN(crowd, .passes = 1, .victim = -1, .other = -1), ASYNC_OK);
    CHECK_NOTES("a +a b +b c d e -a -b +c +d -c -d +e -e ");
    CHECK_INT(holders, 0);
    CHECK_INT(most, 2);
    CHECK_INT(permits.value, 2);
    async_semaphore_deinit(&permits);
}

/* Whoever is cancelled, and whenever: no permit is lost or made, never too many hold one, and all others get theirs. */
TEST(semaphore, cancelled_everywhere)
{
    int how, victim, other, when, bounded;
    for (bounded = 0; bounded < 2; bounded++)
        for (how = 0; how < WAYS; how++)
            for (victim = 0; victim < WORKERS; victim++)
                for (other = -1; other < WORKERS; other++)
                    for (when = 0; when < 12; when++) {
                        (bounded ? async_bounded_semaphore_init : async_semaphore_init)(&permits, 2);
                        holders = most = 0;
                        CHECK_INT(RUN(crowd, .how = how, .passes = 2, .victim = victim, .other = other, .when = when),
                            ASYNC_OK);
                        CHECK_INT(holders, 0);
                        CHECK(most <= 2);
                        CHECK_INT(permits.value, 2);
                        CHECK(!async_semaphore_locked(&permits));
                        async_semaphore_deinit(&permits);
                        diary[0] = '\0';
                        if (TEST_MANY < 1000 && when > 3)
                            break;
                    }
}

/* ---- handing over, as CPython 3.13 does -------------------------------------------------------------------------- */

struct getter { async_frame frame; char name; bool gives_back; };
async(getter)
{
    async_begin;
    await(async_semaphore_acquire, .semaphore = &permits);
    note("+%c ", self->name);
    if (self->gives_back)
        async_semaphore_release(&permits);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        note("!%c ", self->name);
    async_end;
}

enum { RELEASE_ONE, RELEASE_CANCEL_FIRST, CANCEL_FIRST_RELEASE, RELEASE_TWO_CANCEL_BOTH, NEWCOMER, CANCEL_ALL_NEWCOMER,
    RELEASE_BY_WAITER, SCRIPTS };
struct script { async_frame frame; int which, i; async_status status; async_task *tasks[4]; };
async(script)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(getter, .name = (char)('a' + self->i),
            .gives_back = self->which == RELEASE_BY_WAITER);
    await(async_sleep, .delay = 0);
    if (self->which == CANCEL_FIRST_RELEASE)
        async_cancel(self->tasks[0]);
    if (self->which == CANCEL_ALL_NEWCOMER)
        for (self->i = 0; self->i < 3; self->i++)
            async_cancel(self->tasks[self->i]);
    async_semaphore_release(&permits);
    if (self->which == RELEASE_TWO_CANCEL_BOTH)
        async_semaphore_release(&permits);
    note("%d%d ", (int)permits.value, async_semaphore_locked(&permits));
    if (self->which == RELEASE_CANCEL_FIRST || self->which == RELEASE_TWO_CANCEL_BOTH)
        async_cancel(self->tasks[0]);
    if (self->which == RELEASE_TWO_CANCEL_BOTH)
        async_cancel(self->tasks[1]);
    if (self->which == NEWCOMER || self->which == CANCEL_ALL_NEWCOMER) {
        await_for_catch(async_ms(5), self->status, async_semaphore_acquire, .semaphore = &permits);
        note("main %s ", word(self->status));
    }
    for (self->i = 0; self->i < 3; self->i++)
        await(async_sleep, .delay = 0);
    note("%d%d ", (int)permits.value, async_semaphore_locked(&permits));
    for (self->i = 0; self->i < 3; self->i++)
        async_cancel(self->tasks[self->i]);
    await(async_sleep, .delay = 0);
    async_finally;
    release_all(self->tasks, 4);
    async_end;
}

TEST(semaphore, hands_over_as_cpython)
{
    static const char *const notes[SCRIPTS] = {
        "01 +a 01 !b !c ",         /* the permit is a's at once */
        "01 !a +b 01 !c ",         /* a hands it on */
        "01 !a +b 01 !c ",         /* b has it before a is gone */
        "01 !a !b +c 10 ",         /* one is left over */
        "01 +a main timeout 01 !b !c ", /* main came last: nobody gives one back to it */
        "10 main ok !a !b !c 01 ",   /* who is cancelled already stands in nobody's way */
        "01 +a +b +c 10 ",
    };
    int which;
    for (which = 0; which < SCRIPTS; which++) {
        async_semaphore_init(&permits, 0);
        CHECK_INT(RUN(script, .which = which), ASYNC_OK);
        CHECK_NOTES(notes[which]);
        CHECK(permits.line.first == NULL);
        async_semaphore_deinit(&permits);
    }
}

/* ---- scopes ------------------------------------------------------------------------------------------------------ */

struct twice { async_frame frame; async_status status; };
async(twice)
{
    async_begin;
    await_enter(&permits);
    await_enter(&permits);
    CHECK_INT(permits.value, 1);
    CHECK_INT(async_exit(&permits), ASYNC_OK);
    CHECK_INT(permits.value, 2);
    await_enter(&permits);
    await_enter(&permits);
    CHECK_INT(permits.value, 0);
    await_for_catch(async_ms(5), self->status, async_semaphore_acquire, .semaphore = &permits);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK_INT(permits.value, 0);
    async_finally;
    CHECK_INT(permits.value, 3);
    await_enter(&permits); /* and once more in the finally part */
    CHECK_INT(permits.value, 2);
    async_end;
}

TEST(semaphore, entered_more_than_once)
{
    async_bounded_semaphore_init(&permits, 3);
    CHECK_INT(RUN(twice), ASYNC_OK);
    CHECK_INT(permits.value, 3);
    async_semaphore_deinit(&permits);
}

/* A deadline on the way in and in the body. */
struct late { async_frame frame; async_timeout timeout; bool inside; };
async(late)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(10));
    await_enter(&permits);
    self->inside = true;
    await(async_sleep, .delay = async_seconds(1));
    async_finally;
    note("%s%s ", word(async_error), self->inside ? " inside" : "");
    async_end;
}

struct holder { async_frame frame; };
async(holder)
{
    async_begin;
    await_enter(&permits);
    await(async_sleep, .delay = async_ms(50));
    async_end;
}

struct two { async_frame frame; async_task *tasks[2]; };
async(two)
{
    async_begin;
    self->tasks[0] = async_create_task(holder);
    self->tasks[1] = async_create_task(late);
    await(async_gather, .tasks = self->tasks, .count = 2, .return_exceptions = true);
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

TEST(semaphore, under_a_timeout)
{
    size_t n;
    for (n = 1; n <= 2; n++) {
        async_semaphore_init(&permits, n);
        CHECK_INT(RUN(two), ASYNC_OK);
        CHECK_INT(permits.value, n);
        async_semaphore_deinit(&permits);
    }
    CHECK_NOTES("timeout timeout inside ");
}

/* ---- a loop that ends in the middle ------------------------------------------------------------------------------ */

TEST(semaphore, loop_closed_with_waiters)
{
    long live = counted_live;
    int passes;
    for (passes = 0; passes < 4; passes++) {
        async_loop *loop = async_new_event_loop_with(virtual_time());
        int i;
        if (loop == NULL)
            continue;
        async_semaphore_init(&permits, 1);
        for (i = 0; i < 4; i++)
            async_release(async_loop_create_task(loop, worker, .name = 'x', .passes = 1, .how = BY_HAND));
        for (i = 0; i < passes; i++)
            async_loop_run_once(loop);
        CHECK_INT(async_loop_close(loop), ASYNC_OK);
        CHECK(permits.line.first == NULL);
        async_semaphore_deinit(&permits);
        diary[0] = '\0';
    }
    CHECK_INT(counted_live, live);
}
