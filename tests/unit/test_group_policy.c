/* Task groups beyond asyncio: what a child's failure does, and how many run at once. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static const char *const policies[] = { "cancel", "collect", "ignore" };

/* How many run now, and the most there ever were. */
static int running, most, begun, ended;
static void count_anew(void) { running = most = begun = ended = 0; }

struct child { async_frame frame; int n, ms, slow; async_status fails, status; int result; };
async(child)
{
    async_begin;
    begun++;
    if (++running > most)
        most = running;
    if (self->n > 0)
        note("%d< ", self->n);
    await_catch(self->status, async_sleep, .delay = async_ms(self->ms));
    if (self->n > 0)
        note("%d%s ", self->n, self->status < 0 ? "x" : self->fails < 0 ? "!" : ">");
    if (self->status < 0 || self->fails < 0)
        async_raise(self->status < 0 ? self->status : self->fails);
    async_finally;
    await(async_sleep, .delay = async_ms(self->slow));
    running--;
    ended++;
    async_end;
}

/* ---- policy x how it ends -------------------------------------------------------------------------------------- */

enum { GOOD, ONE_FAILS, TWO_FAIL, BODY_FAILS, CHILD_THEN_BODY, CANCELLED_OUTSIDE, CHILD_THEN_OUTSIDE, WAYS };

static const char *name_of(async_status status) { return status == ASYNC_MISUSE ? "body" : word(status); }

struct policy { async_frame frame; async_group_policy policy; size_t limit; int way; async_task_group group;
    async_status status; };
async(policy)
{
    async_begin;
    async_task_group_enter(&self->group, .policy = self->policy, .limit = self->limit);
    async_task_group_create_task(&self->group, child, .n = 1, .ms = 10,
        .fails = self->way == ONE_FAILS || self->way == TWO_FAIL || self->way == CHILD_THEN_BODY
            || self->way == CHILD_THEN_OUTSIDE ? BOOM : ASYNC_OK);
    async_task_group_create_task(&self->group, child, .n = 2, .ms = 20, .fails = self->way == TWO_FAIL ? BANG : ASYNC_OK);
    async_task_group_create_task(&self->group, child, .n = 3, .ms = 30);
    await_catch(self->status, async_sleep, .delay = async_ms(15));
    note("body %s ", word(self->status));
    if (self->status < 0)
        async_raise(self->status);
    if (self->way == BODY_FAILS || self->way == CHILD_THEN_BODY)
        async_raise(ASYNC_MISUSE);
    async_finally;
    note("= %s %d", name_of(async_error), (int)async_task_group_failures(&self->group));
    if (async_task_group_failures(&self->group) > 0)
        note(" %s", name_of(async_task_group_failure(&self->group, 0)));
    async_end;
}

struct one_way { async_frame frame; async_group_policy policy; size_t limit; int way; async_task *task; async_status status; };
async(one_way)
{
    async_begin;
    self->task = async_create_task(policy, .policy = self->policy, .limit = self->limit, .way = self->way);
    if (self->way == CANCELLED_OUTSIDE || self->way == CHILD_THEN_OUTSIDE) {
        await(async_sleep, .delay = async_ms(17));
        async_cancel(self->task);
    }
    await_catch(self->status, async_join, .task = self->task);
    note(" ; %s", name_of(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

static void check_way(async_group_policy policy, size_t limit, int way, const char *says)
{
    count_anew();
    CHECK_INT(RUN(one_way, .policy = policy, .limit = limit, .way = way), ASYNC_OK);
    if (strcmp(diary, says) != 0)
        printf("%s, limit %d, way %d:\n", policies[policy], (int)limit, way);
    CHECK_NOTES(says);
    CHECK_INT(running, 0);
    CHECK_INT(begun, ended);
    CHECK_INT(counted_live, 0);
}

TEST(group_policy, ways)
{
    int p;
    for (p = 0; p < 3; p++) {
        async_group_policy policy = (async_group_policy)p;
        check_way(policy, 0, GOOD, "1< 2< 3< 1> body ok 2> 3> = ok 0 ; ok");
        check_way(policy, 0, BODY_FAILS, p == ASYNC_IGNORE_FAILURES ? "1< 2< 3< 1> body ok 2x 3x = body 0 ; body"
                                                                     : "1< 2< 3< 1> body ok 2x 3x = body 1 body ; body");
        check_way(policy, 0, CANCELLED_OUTSIDE, "1< 2< 3< 1> body ok 2x 3x = cancelled 0 ; cancelled");
    }
    check_way(ASYNC_CANCEL_ON_FAILURE, 0, ONE_FAILS, "1< 2< 3< 1! 2x 3x body cancelled = boom 1 boom ; boom");
    check_way(ASYNC_COLLECT_ALL, 0, ONE_FAILS, "1< 2< 3< 1! body ok 2> 3> = boom 1 boom ; boom");
    check_way(ASYNC_IGNORE_FAILURES, 0, ONE_FAILS, "1< 2< 3< 1! body ok 2> 3> = ok 1 boom ; ok");
    check_way(ASYNC_CANCEL_ON_FAILURE, 0, TWO_FAIL, "1< 2< 3< 1! 2x 3x body cancelled = boom 1 boom ; boom");
    check_way(ASYNC_COLLECT_ALL, 0, TWO_FAIL, "1< 2< 3< 1! body ok 2! 3> = boom 2 boom ; boom");
    check_way(ASYNC_IGNORE_FAILURES, 0, TWO_FAIL, "1< 2< 3< 1! body ok 2! 3> = ok 2 boom ; ok");
    check_way(ASYNC_CANCEL_ON_FAILURE, 0, CHILD_THEN_BODY, "1< 2< 3< 1! 2x 3x body cancelled = boom 1 boom ; boom");
    check_way(ASYNC_COLLECT_ALL, 0, CHILD_THEN_BODY, "1< 2< 3< 1! body ok 2x 3x = boom 2 boom ; boom");
    check_way(ASYNC_IGNORE_FAILURES, 0, CHILD_THEN_BODY, "1< 2< 3< 1! body ok 2x 3x = body 1 boom ; body");
    check_way(ASYNC_COLLECT_ALL, 0, CHILD_THEN_OUTSIDE, "1< 2< 3< 1! body ok 2x 3x = boom 1 boom ; boom");
    check_way(ASYNC_IGNORE_FAILURES, 0, CHILD_THEN_OUTSIDE, "1< 2< 3< 1! body ok 2x 3x = cancelled 1 boom ; cancelled");
}

TEST(group_policy, ways_with_a_limit)
{
    int p;
    for (p = 0; p < 3; p++) {
        async_group_policy policy = (async_group_policy)p;
        check_way(policy, 1, GOOD, "1< 1> 2< body ok 2> 3< 3> = ok 0 ; ok");
        CHECK_INT(most, 1);
        check_way(policy, 2, GOOD, "1< 2< 1> 3< body ok 2> 3> = ok 0 ; ok");
        CHECK_INT(most, 2);
        /* the third never begins */
        check_way(policy, 1, CANCELLED_OUTSIDE, "1< 1> 2< body ok 2x = cancelled 0 ; cancelled");
        CHECK_INT(begun, 2);
    }
    check_way(ASYNC_CANCEL_ON_FAILURE, 1, ONE_FAILS, "1< 1! body cancelled = boom 1 boom ; boom");
    check_way(ASYNC_COLLECT_ALL, 1, ONE_FAILS, "1< 1! 2< body ok 2> 3< 3> = boom 1 boom ; boom");
    check_way(ASYNC_IGNORE_FAILURES, 1, TWO_FAIL, "1< 1! 2< body ok 2! 3< 3> = ok 2 boom ; ok");
    check_way(ASYNC_COLLECT_ALL, 2, CHILD_THEN_BODY, "1< 2< 1! 3< body ok 2x 3x = boom 2 boom ; boom");
    check_way(ASYNC_IGNORE_FAILURES, 1, CHILD_THEN_BODY, "1< 1! 2< body ok 2x = body 1 boom ; body");
}

/* ---- a limit ---------------------------------------------------------------------------------------------------- */

struct many { async_frame frame; size_t limit; int count, i; bool eager; async_task_group group; };
async(many)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), self->eager);
    async_task_group_enter(&self->group, .limit = self->limit);
    for (self->i = 0; self->i < self->count; self->i++) {
        async_task_group_create_task(&self->group, child, .ms = self->i % 5, .slow = self->i % 3);
        if (self->i % 10 == 9)
            await(async_sleep, .delay = async_ms(1));
    }
    async_end;
}

TEST(group_limit, never_more_at_once)
{
    static const int limits[] = { 1, 2, 3, 7, 50, 1000 };
    size_t i;
    int eager;
    for (eager = 0; eager < 2; eager++)
        for (i = 0; i < sizeof limits / sizeof *limits; i++) {
            async_status status;
            count_anew();
            status = RUN(many, .limit = (size_t)limits[i], .count = 200, .eager = eager == 1);
            CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
            CHECK(most <= limits[i]);
            CHECK(status < 0 || ended == 200);
            CHECK(status < 0 || limits[i] > 10 || most == limits[i]);
            CHECK_INT(counted_live, 0);
        }
}

/* Children create more, through the same group, from inside. */
struct spreads { async_frame frame; async_task_group *group; int depth; };
async(spreads)
{
    async_begin;
    begun++;
    if (++running > most)
        most = running;
    if (self->depth > 0) {
        async_task_group_create_task(self->group, spreads, .group = self->group, .depth = self->depth - 1);
        async_task_group_create_task(self->group, spreads, .group = self->group, .depth = self->depth - 1);
    }
    await(async_sleep, .delay = async_ms(self->depth));
    async_finally;
    running--;
    ended++;
    async_end;
}
struct spreading { async_frame frame; size_t limit; bool eager; async_task_group group; };
async(spreading)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), self->eager);
    async_task_group_enter(&self->group, .limit = self->limit);
    async_task_group_create_task(&self->group, spreads, .group = &self->group, .depth = 6);
    async_end;
}
TEST(group_limit, children_that_create_children)
{
    int limit, eager;
    for (eager = 0; eager < 2; eager++)
        for (limit = 0; limit < 5; limit++) {
            async_status status;
            count_anew();
            status = RUN(spreading, .limit = (size_t)limit, .eager = eager == 1);
            CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
            CHECK(limit == 0 || most <= limit);
            CHECK(status < 0 || ended == 127);
            CHECK_INT(running, 0);
        }
    CHECK_INT(counted_live, 0);
}

/* ---- what waits for its turn is cancelled ------------------------------------------------------------------------ */

struct parked { async_frame frame; int how; async_task_group group; async_task *tasks[5]; async_status status; };
async(parked)
{
    async_begin;
    async_task_group_enter(&self->group, .limit = 1);
    self->tasks[1] = async_task_group_create_task(&self->group, child, .n = 1, .ms = 10);
    self->tasks[2] = async_task_group_create_task(&self->group, child, .n = 2, .ms = 10);
    self->tasks[3] = async_task_group_create_task(&self->group, child, .n = 3, .ms = 10);
    self->tasks[4] = async_task_group_create_task(&self->group, child, .n = 4, .ms = 10);
    if (self->how == 0) { /* one by one, also the first that waits and the last */
        await(async_sleep, .delay = async_ms(5));
        CHECK(async_cancel(self->tasks[2]));
        CHECK(async_cancel(self->tasks[4]));
        await(async_sleep);
        await(async_sleep);
        note("now ");
    } else if (self->how == 1) { /* before anything has run */
        CHECK(async_cancel(self->tasks[2]));
        CHECK(async_cancel(self->tasks[3]));
    } else if (self->how == 2) { /* with the turn given to it, and not begun */
        await(async_sleep, .delay = async_ms(10));
        while (running > 0)
            await(async_sleep);
        CHECK(async_cancel(self->tasks[2]));
    } else if (self->how == 3) { /* all */
        await(async_sleep, .delay = async_ms(5));
        async_raise(BOOM);
    } else { /* twice, and taken back: cancelling is as for any other */
        async_cancel(self->tasks[2]);
        async_cancel(self->tasks[2]);
        CHECK_INT(async_task_cancelling(self->tasks[2]), self->tasks[2] == NULL ? 0 : 2);
        CHECK_INT(async_task_uncancel(self->tasks[2]), self->tasks[2] == NULL ? 0 : 1);
    }
    async_end;
}

TEST(group_limit, who_waits_is_cancelled)
{
    static const char *const says[] = { "1< now 1> 3< 3> ", "1< 1> 4< 4> ", "1< 1> 3< 3> 4< 4> ", "1< 1x ",
        "1< 1> 3< 3> 4< 4> " };
    int how;
    for (how = 0; how < 5; how++) {
        count_anew();
        CHECK_INT(RUN(parked, .how = how), how == 3 ? BOOM : ASYNC_OK);
        CHECK_NOTES(says[how]);
        CHECK_INT(running, 0);
        CHECK_INT(counted_live, 0);
    }
}

struct joins_parked { async_frame frame; async_task_group group; async_task *task, *joiner; async_status status; };
struct joiner { async_frame frame; async_task *task; async_status status; };
async(joiner)
{
    async_begin;
    await_catch(self->status, async_join, .task = self->task);
    note("j%s ", word(self->status));
    async_end;
}
async(joins_parked)
{
    async_begin;
    async_task_group_enter(&self->group, .limit = 1);
    async_task_group_create_task(&self->group, child, .n = 1, .ms = 10);
    self->task = async_task_group_create_task(&self->group, child, .n = 2, .ms = 10);
    self->joiner = async_create_task(joiner, .task = self->task);
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->joiner); /* goes on to what it joins */
    await_catch(self->status, async_join, .task = self->joiner);
    await(async_task_group_join, .group = &self->group);
    async_finally;
    async_release(self->joiner);
    async_end;
}
TEST(group_limit, who_waits_is_joined)
{
    CHECK_INT(RUN(joins_parked), ASYNC_OK);
    CHECK_NOTES("1< jcancelled 1> ");
    CHECK_INT(counted_live, 0);
}

/* Their loop is closed under them. */
static async_task *leaver;
struct waits_long { async_frame frame; async_task_group group; int i; };
async(waits_long)
{
    async_begin;
    async_task_group_enter(&self->group, .limit = 2);
    for (self->i = 0; self->i < 6; self->i++)
        async_task_group_create_task(&self->group, child, .ms = 1000);
    await(async_sleep, .delay = async_seconds(100));
    async_end;
}
TEST(group_limit, a_loop_closed)
{
    int passes;
    for (passes = 0; passes < 4; passes++) {
        async_loop *loop = async_new_event_loop_with(virtual_time());
        int i;
        if (loop == NULL)
            return;
        leaver = async_loop_create_task(loop, waits_long);
        for (i = 0; i < passes; i++)
            (void)async_loop_run_once(loop);
        async_loop_close(loop);
        CHECK(async_task_done(leaver));
        (void)async_task_exception(leaver);
        async_release(leaver);
        CHECK_INT(counted_live, 0);
    }
}

/* ---- static memory ------------------------------------------------------------------------------------------------ */

static async_storage(sizeof(struct child) + 400) roomy[4];
struct on_static { async_frame frame; int i; async_task_group group; };
async(on_static)
{
    async_begin;
    async_task_group_enter(&self->group, .limit = 1);
    for (self->i = 0; self->i < 4; self->i++)
        CHECK(async_task_group_create_task_on(&self->group, &roomy[self->i], child, .n = self->i + 1, .ms = 5) != NULL
            || async_task_group_failures(&self->group) > 0);
    await(async_task_group_join, .group = &self->group);
    async_task_group_enter(&self->group, .limit = 2);
    for (self->i = 0; self->i < 4; self->i++)
        (void)async_task_group_create_task_on(&self->group, &roomy[self->i], child, .n = self->i + 1, .ms = 5);
    async_end;
}
TEST(group_limit, static_memory)
{
    count_anew();
    CHECK_INT(RUN(on_static), ASYNC_OK);
    CHECK_NOTES("1< 1> 2< 2> 3< 3> 4< 4> 1< 2< 1> 2> 3< 4< 3> 4> ");
}

/* A storage that has room for the child, but not for its wait, is refused whether or not it must wait. */
struct tiny { async_frame frame; };
async(tiny)
{
    async_begin;
    async_end;
}
static async_storage(sizeof(struct tiny) + sizeof(struct async_task_group_child)) narrow;
struct on_narrow { async_frame frame; size_t limit; async_task_group group; async_task *task; };
async(on_narrow)
{
    async_begin;
    async_task_group_enter(&self->group, .limit = self->limit);
    self->task = async_task_group_create_task_on(&self->group, &narrow, tiny);
    CHECK((self->task == NULL) == (self->limit > 0));
    async_end;
}
TEST(group_limit, static_memory_too_small)
{
    CHECK_INT(RUN(on_narrow, .limit = 0), ASYNC_OK);
    CHECK_INT(RUN(on_narrow, .limit = 1), ASYNC_NO_MEMORY);
}

/* ---- nested ------------------------------------------------------------------------------------------------------- */

struct inner { async_frame frame; async_group_policy policy; int n; async_task_group group; };
async(inner)
{
    async_begin;
    async_task_group_enter(&self->group, .policy = self->policy, .limit = 1);
    async_task_group_create_task(&self->group, child, .n = self->n, .ms = 5, .fails = BOOM);
    async_task_group_create_task(&self->group, child, .n = self->n + 1, .ms = 5);
    async_end;
}
struct outer { async_frame frame; async_group_policy policy, inside; async_task_group group; };
async(outer)
{
    async_begin;
    async_task_group_enter(&self->group, .policy = self->policy, .limit = 1);
    async_task_group_create_task(&self->group, inner, .policy = self->inside, .n = 1);
    async_task_group_create_task(&self->group, inner, .policy = self->inside, .n = 3);
    async_end;
}
TEST(group_policy, nested)
{
    static const char *const says[3][3] = {
        { "1< 1! ", "1< 1! 2< 2> ", "1< 1! 2< 2> 3< 3! 4< 4> " },
        { "1< 1! 3< 3! ", "1< 1! 2< 2> 3< 3! 4< 4> ", "1< 1! 2< 2> 3< 3! 4< 4> " },
        { "1< 1! 3< 3! ", "1< 1! 2< 2> 3< 3! 4< 4> ", "1< 1! 2< 2> 3< 3! 4< 4> " },
    };
    int out, in;
    for (out = 0; out < 3; out++)
        for (in = 0; in < 3; in++) {
            CHECK_INT(RUN(outer, .policy = (async_group_policy)out, .inside = (async_group_policy)in),
                out == ASYNC_IGNORE_FAILURES || in == ASYNC_IGNORE_FAILURES ? ASYNC_OK : BOOM);
            CHECK_NOTES(says[out][in]);
            CHECK_INT(counted_live, 0);
        }
}

/* More failures than are kept are counted; a group is entered again as another one. */
struct many_fail { async_frame frame; int i; async_task_group group; async_status status; };
async(many_fail)
{
    async_begin;
    async_task_group_enter(&self->group, .policy = ASYNC_COLLECT_ALL, .limit = 3);
    for (self->i = 0; self->i < 10; self->i++)
        async_task_group_create_task(&self->group, child, .ms = 10 - self->i, .fails = ASYNC_USER_ERROR(10 + self->i));
    await_catch(self->status, async_task_group_join, .group = &self->group);
    CHECK_INT(async_task_group_failures(&self->group), 10);
    CHECK_INT(self->status, async_task_group_failure(&self->group, 0));
    CHECK_INT(async_task_group_failure(&self->group, 0), ASYNC_USER_ERROR(12));
    CHECK_INT(async_task_group_failure(&self->group, 4), ASYNC_OK);
    CHECK(async_task_group_create_task(&self->group, child) == NULL);
    async_task_group_enter(&self->group);
    CHECK_INT(async_task_group_failures(&self->group), 0);
    async_task_group_create_task(&self->group, child, .ms = 1);
    async_end;
}
TEST(group_policy, many_failures)
{
    async_status status = RUN(many_fail);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    CHECK_INT(counted_live, 0);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

TEST(group_policy, no_memory)
{
    int p, way;
    for (p = 0; p < 3; p++)
        for (way = 0; way < WAYS; way++)
            EACH_ALLOCATION_FAILS {
                (void)RUN(one_way, .policy = (async_group_policy)p, .limit = 2, .way = way);
                diary[0] = '\0';
                CHECK_INT(running, 0);
            }
    EACH_ALLOCATION_FAILS {
        (void)RUN(spreading, .limit = 3);
        CHECK_INT(running, 0);
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(spreading, .limit = 3, .eager = true);
        CHECK_INT(running, 0);
    }
}
