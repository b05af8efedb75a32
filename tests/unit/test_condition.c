/* Conditions: who is woken, that the lock is always held again, that no notification is lost. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static async_condition changed, other_one; /* outlive every frame */
static async_lock shared;

static void release_all(async_task **tasks, int count)
{
    while (count-- > 0) {
        async_release(tasks[count]);
        tasks[count] = NULL;
    }
}

/* ---- misuse ------------------------------------------------------------------------------------------------------ */

static bool yes(void *data) { ++*(int *)data; return true; }
static bool no(void *data) { (void)data; return false; }

struct misuse { async_frame frame; async_status status; int calls; };
async(misuse)
{
    async_begin;
    CHECK_INT(async_condition_notify(&changed, 1), ASYNC_MISUSE);
    CHECK_INT(async_condition_notify_all(&changed), ASYNC_MISUSE);
    CHECK_INT(async_condition_release(&changed), ASYNC_MISUSE);
    await_catch(self->status, async_condition_wait, .condition = &changed);
    CHECK_INT(self->status, ASYNC_MISUSE);
    await_catch(self->status, async_condition_wait_for, .condition = &changed, .predicate = no);
    CHECK_INT(self->status, ASYNC_MISUSE);
    /* the lock is only looked at when it has to wait */
    await_catch(self->status, async_condition_wait_for, .condition = &changed, .predicate = yes, .data = &self->calls);
    CHECK_INT(self->status, ASYNC_OK);
    CHECK_INT(self->calls, 1);
    CHECK(!async_condition_locked(&changed));
    await(async_condition_acquire, .condition = &changed);
    CHECK(async_condition_locked(&changed));
    CHECK_INT(async_condition_notify(&changed, 0), ASYNC_OK);
    CHECK_INT(async_condition_notify(&changed, 3), ASYNC_OK); /* nobody is there: it is forgotten */
    CHECK_INT(async_condition_notify_all(&changed), ASYNC_OK);
    await_for_catch(async_ms(5), self->status, async_condition_wait, .condition = &changed);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK(async_condition_locked(&changed));
    CHECK_INT(async_condition_release(&changed), ASYNC_OK);
    CHECK_INT(async_condition_release(&changed), ASYNC_MISUSE);
    async_end;
}

TEST(condition, misuse_and_what_is_none)
{
    static async_condition zero;
    async_condition_init(&changed, NULL);
    CHECK_INT(RUN(misuse), ASYNC_OK);
    async_condition_deinit(&changed);
    async_condition_deinit(&changed);
    async_condition_deinit(&zero);
    async_lock_init(&shared);
    async_condition_init(&changed, &shared);
    CHECK_INT(RUN(misuse), ASYNC_OK);
    async_condition_deinit(&changed);
    async_lock_deinit(&shared);
}

/* ---- who is woken ------------------------------------------------------------------------------------------------ */

struct waiter { async_frame frame; char name; async_condition *condition; async_status status; };
async(waiter)
{
    async_begin;
    await_enter(self->condition);
    await_catch(self->status, async_condition_wait, .condition = self->condition);
    CHECK(async_condition_locked(self->condition) || self->status == ASYNC_NO_MEMORY);
    note(self->status == ASYNC_CANCELLED ? "!%c " : "+%c ", self->name);
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

enum { NOTIFY_ONE, NOTIFY_TWO, NOTIFY_ALL, NOTIFY_CANCEL_IT, CANCEL_NOTIFY, NOTIFY_TWO_CANCEL_BOTH, CANCEL_TWICE,
    CANCEL_WHILE_LOCKING, NOTIFY_IN_TURN, SCRIPTS };
struct script { async_frame frame; int which, i; async_task *tasks[3]; };
async(script)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(waiter, .name = (char)('a' + self->i), .condition = &changed);
    await(async_sleep, .delay = 0);
    await_enter(&changed);
    if (self->which == CANCEL_NOTIFY || self->which == CANCEL_TWICE)
        async_cancel(self->tasks[0]);
    if (self->which == NOTIFY_TWO || self->which == NOTIFY_TWO_CANCEL_BOTH)
        async_condition_notify(&changed, 2);
    else if (self->which == NOTIFY_ALL)
        async_condition_notify_all(&changed);
    else if (self->which != CANCEL_TWICE)
        async_condition_notify(&changed, 1);
    if (self->which == NOTIFY_IN_TURN)
        async_condition_notify(&changed, 1);
    if (self->which == NOTIFY_CANCEL_IT || self->which == NOTIFY_TWO_CANCEL_BOTH)
        async_cancel(self->tasks[0]);
    if (self->which == NOTIFY_TWO_CANCEL_BOTH)
        async_cancel(self->tasks[1]);
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0); /* those that were woken stand in the lock's line now */
    if (self->which == CANCEL_TWICE || self->which == CANCEL_WHILE_LOCKING)
        async_cancel(self->tasks[0]);
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0);
    note("| ");
    async_exit(&changed);
    for (self->i = 0; self->i < 5; self->i++)
        await(async_sleep, .delay = 0);
    note("| ");
    for (self->i = 0; self->i < 3; self->i++)
        async_cancel(self->tasks[self->i]);
    for (self->i = 0; self->i < 5; self->i++)
        await(async_sleep, .delay = 0);
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

TEST(condition, wakes_as_cpython)
{
    static const char *const notes[SCRIPTS] = {
        "| +a | !b !c ",
        "| +a +b | !c ",
        "| +a +b +c | ",
        "| !a +b | !c ",  /* a passes it on */
        "| !a +b +c | ",  /* b was notified, and a, which cannot know, wakes one more */
        "| !a !b +c | ",
        "| !a +b | !c ",  /* cancelled once more while it takes the lock: one exception, one wake */
        "| !a +b | !c ",
        "| +a +b | !c ",
    };
    int which, own;
    for (own = 0; own < 2; own++)
        for (which = 0; which < SCRIPTS; which++) {
            async_lock_init(&shared);
            async_condition_init(&changed, own ? NULL : &shared);
            CHECK_INT(RUN(script, .which = which), ASYNC_OK);
            CHECK_NOTES(notes[which]);
            CHECK(changed.line.first == NULL);
            async_condition_deinit(&changed);
            async_lock_deinit(&shared);
        }
}

/* ---- one lock, several conditions -------------------------------------------------------------------------------- */

struct sharing { async_frame frame; async_task *tasks[2]; };
async(sharing)
{
    async_begin;
    self->tasks[0] = async_create_task(waiter, .name = 'a', .condition = &changed);
    self->tasks[1] = async_create_task(waiter, .name = 'b', .condition = &other_one);
    await(async_sleep, .delay = 0);
    await_enter(&other_one);
    CHECK(async_lock_locked(&shared));
    CHECK(async_condition_locked(&changed));
    CHECK_INT(async_condition_notify_all(&other_one), ASYNC_OK); /* not those of the other condition */
    async_exit(&other_one);
    await(async_join, .task = self->tasks[1]);
    await_enter(&shared); /* the lock itself will do */
    CHECK_INT(async_condition_notify_all(&changed), ASYNC_OK);
    async_exit(&shared);
    await(async_join, .task = self->tasks[0]);
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

TEST(condition, lock_shared_by_two)
{
    async_lock_init(&shared);
    async_condition_init(&changed, &shared);
    async_condition_init(&other_one, &shared);
    CHECK_INT(RUN(sharing), ASYNC_OK);
    CHECK_NOTES("+b +a ");
    async_condition_deinit(&changed);
    async_condition_deinit(&other_one);
    async_lock_deinit(&shared);
}

/* ---- as a scope -------------------------------------------------------------------------------------------------- */

enum { FALL_OFF, BREAK, RETURN, RAISE, FAILED_AWAIT, FAILED_WAIT, CANCEL, CANCELLED_WAIT, WAYS };

struct fails { async_frame frame; };
async(fails)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_raise(BOOM);
    async_end;
}

struct scoped { async_frame frame; int how; };
async(scoped)
{
    async_begin;
    await_enter(&changed);
    CHECK(async_condition_locked(&changed));
    await(async_sleep, .delay = 0);
    if (self->how == BREAK)
        break;
    if (self->how == RETURN)
        async_return();
    if (self->how == RAISE)
        async_raise(BOOM);
    if (self->how == FAILED_AWAIT)
        await(fails);
    if (self->how == FAILED_WAIT)
        await(async_condition_wait, .condition = &other_one); /* whose lock is free */
    if (self->how == CANCEL)
        await(async_sleep, .delay = async_seconds(1));
    if (self->how == CANCELLED_WAIT)
        await(async_condition_wait, .condition = &changed);
    async_finally;
    CHECK(!async_condition_locked(&changed));
    await_enter(&changed);
    await(async_sleep, .delay = 0);
    CHECK(async_condition_locked(&changed));
    async_end;
}

struct scope_main { async_frame frame; int how; async_status status; async_task *task; };
async(scope_main)
{
    async_begin;
    self->task = async_create_task(scoped, .how = self->how);
    await(async_sleep, .delay = async_ms(10));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s ", self->status == ASYNC_MISUSE ? "misuse" : word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(condition, entered_and_left_in_all_ways)
{
    int how;
    for (how = 0; how < WAYS; how++) {
        async_condition_init(&changed, NULL);
        async_condition_init(&other_one, NULL);
        CHECK_INT(RUN(scope_main, .how = how), ASYNC_OK);
        CHECK(!async_condition_locked(&changed));
        async_condition_deinit(&changed);
        async_condition_deinit(&other_one);
    }
    CHECK_NOTES("ok ok ok boom boom misuse cancelled cancelled ");
}

/* ---- nothing is lost --------------------------------------------------------------------------------------------- */

static int items, taken, put_in;
static bool filled(void *data) { (void)data; return items > 0; }

struct consumer { async_frame frame; };
async(consumer)
{
    async_begin;
    await_enter(&changed);
    await(async_condition_wait_for, .condition = &changed, .predicate = filled);
    items--;
    taken++;
    async_end;
}

struct producer { async_frame frame; };
async(producer)
{
    async_begin;
    await_enter(&changed);
    await(async_sleep, .delay = 0);
    items++;
    put_in++;
    async_condition_notify(&changed, 1);
    async_end;
}

enum { CONSUMERS = 4, PRODUCERS = 3, ALL = CONSUMERS + PRODUCERS };
struct market { async_frame frame; int victim, other, when, i; size_t n; async_task *tasks[ALL]; };
async(market)
{
    async_begin;
    for (self->i = 0; self->i < CONSUMERS; self->i++)
        self->tasks[self->i] = async_create_task(consumer);
    for (; self->i < ALL; self->i++)
        self->tasks[self->i] = async_create_task(producer);
    for (self->i = 0; self->i < self->when; self->i++)
        await(async_sleep, .delay = 0);
    async_cancel(self->tasks[self->victim]);
    async_cancel(self->tasks[self->other]);
    for (self->i = 0; self->i < 30; self->i++)
        await(async_sleep, .delay = 0);
    CHECK_INT(put_in - taken, items);
    CHECK(!async_condition_locked(&changed));
    for (self->n = 0, self->i = 0; self->i < CONSUMERS; self->i++)
        self->n += !async_task_done(self->tasks[self->i]);
    CHECK(items == 0 || self->n == 0); /* nobody waits while there is something to take */
    async_finally;
    for (self->i = 0; self->i < ALL; self->i++)
        async_cancel(self->tasks[self->i]);
    release_all(self->tasks, ALL);
    async_end;
}

TEST(condition, cancelled_everywhere)
{
    int victim, other, when;
    for (victim = 0; victim < ALL; victim++)
        for (other = victim; other < ALL; other++)
            for (when = 0; when < (TEST_MANY < 1000 ? 3 : 24); when++) {
                async_condition_init(&changed, NULL);
                items = taken = put_in = 0;
                CHECK_INT(RUN(market, .victim = victim, .other = other, .when = when), ASYNC_OK);
                CHECK(changed.line.first == NULL);
                async_condition_deinit(&changed);
            }
}

/* ---- a loop that ends in the middle: what is left of the tasks takes no lock ------------------------------------- */

struct locker { async_frame frame; };
async(locker)
{
    async_begin;
    await(async_lock_acquire, .lock = &shared);
    await(async_sleep, .delay = async_seconds(1));
    async_end;
}

struct notifier { async_frame frame; };
async(notifier)
{
    async_begin;
    await(async_condition_acquire, .condition = &changed);
    async_condition_notify_all(&changed);
    await(async_sleep, .delay = async_seconds(1));
    async_end;
}

TEST(condition, loop_closed_with_waiters)
{
    long live = counted_live;
    int passes, order;
    for (order = 0; order < 4; order++)
        for (passes = 0; passes < 5; passes++) {
            async_loop *loop = async_new_event_loop_with(virtual_time());
            int i;
            if (loop == NULL)
                continue;
            async_lock_init(&shared);
            async_condition_init(&changed, &shared);
            for (i = 0; i < 3; i++)
                async_release(async_loop_create_task(loop, waiter, .name = 'x', .condition = &changed));
            if (order & 1)
                async_release(async_loop_create_task(loop, locker));
            if (order & 2)
                async_release(async_loop_create_task(loop, notifier));
            for (i = 0; i < 2; i++)
                async_release(async_loop_create_task(loop, waiter, .name = 'x', .condition = &changed));
            for (i = 0; i < passes; i++)
                async_loop_run_once(loop);
            CHECK_INT(async_loop_close(loop), ASYNC_OK);
            CHECK(changed.line.first == NULL);
            CHECK(shared.line.first == NULL);
            CHECK(order != 0 || !async_lock_locked(&shared));
            diary[0] = '\0';
        }
    CHECK_INT(counted_live, live);
}
