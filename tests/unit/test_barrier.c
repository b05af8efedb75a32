/* Barriers: nobody passes before all are there; reset, abort, and parties that are cancelled. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static async_barrier barrier; /* outlives every frame */
static unsigned numbers[8];   /* a bit for each index of a round */

enum { MOST = 7 };

static void release_all(async_task **tasks, int count)
{
    while (count-- > 0) {
        (void)async_task_exception(tasks[count]); /* it may have failed */
        async_release(tasks[count]);
        tasks[count] = NULL;
    }
}

struct party { async_frame frame; char name; int rounds, i; size_t index; async_status status; };
async(party)
{
    async_begin;
    for (self->i = 0; self->i < self->rounds; self->i++) {
        self->index = 99;
        await_into(self->index, async_barrier_wait, .barrier = &barrier);
        CHECK(self->index < async_barrier_parties(&barrier));
        numbers[self->i] |= 1u << self->index;
        note("%c%d ", self->name, (int)self->index);
    }
    async_finally;
    if (async_error < 0)
        note("%c%s ", self->name, async_error == ASYNC_BROKEN_BARRIER ? "!" : async_error == ASYNC_CANCELLED ? "?" : "x");
    async_end;
}

struct meeting { async_frame frame; int parties, rounds, i; async_task *tasks[MOST]; };
async(meeting)
{
    async_begin;
    for (self->i = 0; self->i < self->parties; self->i++)
        self->tasks[self->i] = async_create_task(party, .name = (char)('a' + self->i), .rounds = self->rounds);
    await(async_gather, .tasks = self->tasks, .count = (size_t)self->parties);
    async_finally;
    release_all(self->tasks, MOST);
    async_end;
}

TEST(barrier, numbers_each_party_in_every_round)
{
    int parties, i;
    for (parties = 1; parties <= MOST; parties++) {
        memset(numbers, 0, sizeof numbers);
        CHECK_INT(async_barrier_init(&barrier, (size_t)parties), ASYNC_OK);
        CHECK_INT(RUN(meeting, .parties = parties, .rounds = 8), ASYNC_OK);
        for (i = 0; i < 8; i++)
            CHECK_INT(numbers[i], (1u << parties) - 1u);
        CHECK_INT(async_barrier_n_waiting(&barrier), 0);
        CHECK(!async_barrier_broken(&barrier));
        async_barrier_deinit(&barrier);
        diary[0] = '\0';
    }
}

TEST(barrier, of_none)
{
    static async_barrier zero;
    async_barrier_deinit(&zero);
    CHECK_INT(async_barrier_init(&zero, 0), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_barrier_parties(&zero), 0);
    async_barrier_deinit(&zero);
    async_barrier_deinit(&zero);
}

/* ---- reset, abort, cancel ---------------------------------------------------------------------------------------- */

enum { RESET, ABORT, ABORT_RESET, CANCEL, CANCEL_LAST, RESET_DRAINING, ABORT_DRAINING, RESET_TWICE, ABORT_NONE, SCRIPTS };
struct script { async_frame frame; int which, i; async_task *tasks[6]; };

#define SLEEP(n) for (self->i = 0; self->i < (n); self->i++) await(async_sleep, .delay = 0)
#define COME(n, letter) self->tasks[n] = async_create_task(party, .name = letter, .rounds = 1)

async(script)
{
    async_begin;
    memset(numbers, 0, sizeof numbers);
    if (self->which == ABORT_NONE) {
        await(async_barrier_abort, .barrier = &barrier);
        COME(0, 'a');
        SLEEP(3);
        note("%d ", async_barrier_broken(&barrier));
        await(async_barrier_reset, .barrier = &barrier);
        note("%d ", async_barrier_broken(&barrier));
        async_return();
    }
    COME(0, 'a');
    COME(1, 'b');
    SLEEP(1);
    note("%d ", (int)async_barrier_n_waiting(&barrier));
    if (self->which == RESET || self->which == RESET_TWICE)
        await(async_barrier_reset, .barrier = &barrier);
    if (self->which == RESET_TWICE)
        await(async_barrier_reset, .barrier = &barrier);
    if (self->which == ABORT || self->which == ABORT_RESET)
        await(async_barrier_abort, .barrier = &barrier);
    if (self->which == ABORT_RESET)
        await(async_barrier_reset, .barrier = &barrier);
    if (self->which == CANCEL)
        async_cancel(self->tasks[0]);
    if (self->which == CANCEL_LAST || self->which == RESET_DRAINING || self->which == ABORT_DRAINING) {
        COME(2, 'c');
        SLEEP(1); /* c has come, and the others are about to leave */
        note("%d ", (int)async_barrier_n_waiting(&barrier));
    }
    if (self->which == CANCEL_LAST)
        async_cancel(self->tasks[0]);
    if (self->which == RESET_DRAINING)
        await(async_barrier_reset, .barrier = &barrier);
    if (self->which == ABORT_DRAINING)
        await(async_barrier_abort, .barrier = &barrier);
    note("%d%d ", (int)async_barrier_n_waiting(&barrier), async_barrier_broken(&barrier));
    COME(3, 'd');
    SLEEP(8);
    note("| %d%d ", (int)async_barrier_n_waiting(&barrier), async_barrier_broken(&barrier));
    COME(4, 'e');
    COME(5, 'f');
    memset(numbers, 0, sizeof numbers);
    SLEEP(8);
    note("| %d%d ", (int)async_barrier_n_waiting(&barrier), async_barrier_broken(&barrier));
    async_finally;
    for (self->i = 0; self->i < 6; self->i++)
        async_cancel(self->tasks[self->i]);
    release_all(self->tasks, 6);
    async_end;
}

TEST(barrier, reset_abort_and_cancel_as_cpython)
{
    static const char *const notes[SCRIPTS] = {
        "2 00 a! b! | 10 f2 d0 e1 | 00 ",
        "2 01 a! b! d! | 01 e! f! | 01 ",
        "2 00 a! b! | 10 f2 d0 e1 | 00 ",
        "2 20 a? | 20 e2 d1 b1 | 10 f? ", /* a's number is given away again, and b's stays */
        "2 c2 0 00 a? b1 | 10 f2 d0 e1 | 00 ",
        "2 c2 0 00 a! b! | 10 f2 d0 e1 | 00 ",
        "2 c2 0 01 a! b! d! | 01 e! f! | 01 ",
        "2 00 a! b! | 10 f2 d0 e1 | 00 ",
        "a! 1 0 ",
    };
    int which;
    for (which = 0; which < SCRIPTS; which++) {
        async_barrier_init(&barrier, 3);
        CHECK_INT(RUN(script, .which = which), ASYNC_OK);
        CHECK_NOTES(notes[which]);
        CHECK_INT(barrier.count, 0);
        async_barrier_deinit(&barrier);
    }
}

/* ---- cancelled everywhere ---------------------------------------------------------------------------------------- */

/* Whoever is cancelled, and whenever: nobody is counted who has left, and the barrier works again. */
struct storm { async_frame frame; int victim, other, when, how, i; async_task *tasks[6]; };
async(storm)
{
    async_begin;
    memset(numbers, 0, sizeof numbers);
    for (self->i = 0; self->i < 5; self->i++)
        self->tasks[self->i] = async_create_task(party, .name = 'x', .rounds = 1);
    SLEEP(self->when);
    async_cancel(self->tasks[self->victim]);
    memset(numbers, 0, sizeof numbers);
    if (self->how == 1)
        await(async_barrier_reset, .barrier = &barrier);
    if (self->how == 2)
        await(async_barrier_abort, .barrier = &barrier);
    async_cancel(self->tasks[self->other]);
    SLEEP(20);
    if (self->how == 2)
        await(async_barrier_reset, .barrier = &barrier);
    for (self->i = 0; self->i < 5; self->i++)
        async_cancel(self->tasks[self->i]);
    await(async_wait, .tasks = self->tasks, .count = 5);
    CHECK_INT(barrier.count, 0);
    CHECK_INT(async_barrier_n_waiting(&barrier), 0);
    CHECK(!async_barrier_broken(&barrier));
    release_all(self->tasks, 6);
    memset(numbers, 0, sizeof numbers);
    for (self->i = 0; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(party, .name = 'x', .rounds = 2);
    await(async_gather, .tasks = self->tasks, .count = 3);
    async_finally;
    release_all(self->tasks, 6);
    async_end;
}

TEST(barrier, cancelled_everywhere)
{
    int victim, other, when, how;
    for (how = 0; how < 3; how++)
        for (victim = 0; victim < 5; victim++)
            for (other = 0; other < 5; other++)
                for (when = 0; when < (TEST_MANY < 1000 ? 2 : 12); when++) {
                    async_barrier_init(&barrier, 3);
                    CHECK_INT(RUN(storm, .victim = victim, .other = other, .when = when, .how = how), ASYNC_OK);
                    CHECK(!async_condition_locked(&barrier.condition));
                    async_barrier_deinit(&barrier);
                    diary[0] = '\0';
                }
}

/* ---- a deadline -------------------------------------------------------------------------------------------------- */

struct alone { async_frame frame; async_status status; };
async(alone)
{
    async_begin;
    await_for_catch(async_ms(5), self->status, async_barrier_wait, .barrier = &barrier);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK_INT(async_barrier_n_waiting(&barrier), 0);
    async_end;
}

TEST(barrier, nobody_else_comes)
{
    async_barrier_init(&barrier, 2);
    CHECK_INT(RUN(alone), ASYNC_OK);
    async_barrier_deinit(&barrier);
}

TEST(barrier, loop_closed_with_parties)
{
    long live = counted_live;
    int passes;
    for (passes = 0; passes < 5; passes++) {
        async_loop *loop = async_new_event_loop_with(virtual_time());
        int i;
        if (loop == NULL)
            continue;
        async_barrier_init(&barrier, 3);
        for (i = 0; i < 5; i++)
            async_release(async_loop_create_task(loop, party, .name = 'x', .rounds = 1));
        memset(numbers, 0, sizeof numbers);
        for (i = 0; i < passes; i++)
            async_loop_run_once(loop);
        CHECK_INT(async_loop_close(loop), ASYNC_OK);
        CHECK(barrier.condition.line.first == NULL);
        CHECK(barrier.condition.own.line.first == NULL);
        diary[0] = '\0';
    }
    CHECK_INT(counted_live, live);
}

/* ---- async with barrier ------------------------------------------------------------------------------------------ */

struct guest { async_frame frame; char name; int passes, i; };
async(guest)
{
    async_begin;
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep, .delay = 0);
    await_enter(&barrier);
    note("%c+ ", self->name);
    await(async_sleep, .delay = 0);
    async_finally;
    note("%c%s ", self->name, async_error == ASYNC_BROKEN_BARRIER ? "!" : async_error == ASYNC_CANCELLED ? "?" : "-");
    async_end;
}

struct party_of_three { async_frame frame; int i; bool abort, cancel; async_task *tasks[3]; };
async(party_of_three)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(guest, .name = (char)('a' + self->i), .passes = 4 * self->i);
    for (self->i = 0; self->i < 5; self->i++)
        await(async_sleep, .delay = 0);
    CHECK_INT(async_barrier_n_waiting(&barrier), 2);
    if (self->cancel)
        async_cancel(self->tasks[0]);
    if (self->abort)
        await(async_barrier_abort, .barrier = &barrier);
    if (self->cancel) {
        await(async_sleep, .delay = 0);
        await(async_sleep, .delay = 0);
        CHECK_INT(async_barrier_n_waiting(&barrier), 1);
        async_cancel(self->tasks[1]);
        async_cancel(self->tasks[2]);
    }
    await(async_gather, .tasks = self->tasks, .count = 3, .return_exceptions = true);
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

TEST(barrier, is_entered_when_all_are_there)
{
    CHECK_INT(async_barrier_init(&barrier, 3), ASYNC_OK);
    CHECK_INT(RUN(party_of_three), ASYNC_OK);
    CHECK_NOTES("c+ a+ b+ c- a- b- ");
    CHECK_INT(RUN(party_of_three, .abort = true), ASYNC_OK);
    CHECK_NOTES("a! b! c! ");
    CHECK(async_barrier_broken(&barrier));
    async_barrier_deinit(&barrier);
    CHECK_INT(async_barrier_init(&barrier, 3), ASYNC_OK);
    CHECK_INT(RUN(party_of_three, .cancel = true), ASYNC_OK);
    CHECK_NOTES("a? c? b? "); /* c had not come yet */
    CHECK_INT(async_barrier_n_waiting(&barrier), 0);
    async_barrier_deinit(&barrier);
}
