/* Eager tasks. Where a diary is asyncio's, the same program of Python 3.13 with eager_task_factory has written it. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static const char *truth(bool value) { return value ? "True" : "False"; }

struct quick { async_frame frame; const char *n; int result; };
async(quick)
{
    async_begin;
    note("%s ", self->n);
    async_return(7);
    async_end;
}

struct slow { async_frame frame; const char *n; async_status status; int result; };
async(slow)
{
    async_begin;
    note("%s< ", self->n);
    await_catch(self->status, async_sleep);
    note("%s%s ", self->n, self->status == ASYNC_OK ? ">" : "x");
    if (self->status < 0)
        async_raise(self->status);
    async_return(8);
    async_end;
}

struct fails { async_frame frame; const char *n; int result; };
async(fails)
{
    async_begin;
    note("%s! ", self->n);
    async_raise(BOOM);
    async_end;
}

struct starts { async_frame frame; const char *n; char name[8]; async_task *task; };
async(starts)
{
    async_begin;
    note("%s< ", self->n);
    snprintf(self->name, sizeof self->name, "%sc", self->n);
    self->task = async_create_task(slow, .n = self->name);
    note("%s- ", self->n);
    await(async_join, .task = self->task);
    note("%s> ", self->n);
    async_finally;
    async_release(self->task);
    async_end;
}

static void say(async_handle *handle) { note("%s ", (const char *)handle->data); }

/* Each program runs on a loop whose tasks are all eager. */
#define EAGER(name)                                                                             \
    struct name##_main { async_frame frame; };                                                  \
    async(name##_main)                                                                          \
    {                                                                                           \
        async_begin;                                                                            \
        async_loop_set_eager(async_get_running_loop(), true);                                   \
        await(name);                                                                            \
        async_end;                                                                              \
    }

#define PROGRAM(name, says)                                                                     \
    TEST(eager, name)                                                                           \
    {                                                                                           \
        CHECK_INT(RUN(name##_main), ASYNC_OK);                                                  \
        CHECK_NOTES(says);                                                                      \
        CHECK_INT(counted_live, 0);                                                             \
        EACH_ALLOCATION_FAILS {                                                                 \
            (void)RUN(name##_main);                                                             \
            diary[0] = '\0';                                                                    \
        }                                                                                       \
    }

/* ---- order ----------------------------------------------------------------------------------------------------- */

static async_handle cb, pd; /* not in frames, which may have to leave early */

struct order { async_frame frame; async_task *tasks[4]; };
async(order)
{
    async_begin;
    memset(&cb, 0, sizeof cb);
    (void)async_call_soon(&cb, say, (char *)"cb");
    self->tasks[0] = async_create_task(quick, .n = "a");
    self->tasks[1] = async_create_task(slow, .n = "b");
    self->tasks[2] = async_create_task(slow, .n = "c");
    self->tasks[3] = async_create_task(quick, .n = "d");
    note("m%s%s ", truth(async_task_done(self->tasks[0])), truth(async_task_done(self->tasks[1])));
    await(async_join, .task = self->tasks[1]);
    note("m ");
    await(async_join, .task = self->tasks[2]);
    note("m ");
    await(async_join, .task = self->tasks[0]);
    await(async_join, .task = self->tasks[3]);
    CHECK_INT(async_result(self->tasks[0], quick) + async_result(self->tasks[2], slow), 15);
    note("e");
    async_finally;
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_release(self->tasks[2]);
    async_release(self->tasks[3]);
    async_end;
}
EAGER(order)
PROGRAM(order, "a b< c< d mTrueFalse cb b> c> m m e")

/* ---- failing --------------------------------------------------------------------------------------------------- */

struct failing { async_frame frame; async_task *task; async_status status; };
async(failing)
{
    async_begin;
    self->task = async_create_task(fails, .n = "f");
    note("%s ", truth(async_task_done(self->task)));
    await_catch(self->status, async_join, .task = self->task);
    if (self->status == BOOM)
        note("caught ");
    await_gather_catch(self->status, async_call(fails, .n = "g"), async_call(slow, .n = "h"));
    if (self->status == BOOM)
        note("caught ");
    await(async_sleep);
    async_finally;
    async_release(self->task);
    async_end;
}
EAGER(failing)
PROGRAM(failing, "f! True caught g! h< caught h> ")

/* ---- cancelling ------------------------------------------------------------------------------------------------ */

struct self_cancel { async_frame frame; const char *n; async_status status; };
async(self_cancel)
{
    async_begin;
    note("%s< ", self->n);
    async_cancel(async_current_task());
    await_catch(self->status, async_sleep);
    note("%s%s ", self->n, self->status == ASYNC_CANCELLED ? "x" : "?");
    async_raise(self->status < 0 ? self->status : BOOM);
    async_end;
}
struct only_cancels { async_frame frame; };
async(only_cancels)
{
    async_begin;
    async_cancel(async_current_task());
    note("o ");
    async_end;
}
struct cancelling { async_frame frame; async_task *task; async_status status; };
async(cancelling)
{
    async_begin;
    self->task = async_create_task(self_cancel, .n = "s");
    note("%s ", truth(async_task_done(self->task)));
    await_catch(self->status, async_join, .task = self->task);
    if (self->status == ASYNC_CANCELLED)
        note("c ");
    async_release(self->task);
    self->task = async_create_task(slow, .n = "t");
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    if (self->status == ASYNC_CANCELLED)
        note("c ");
    async_release(self->task);
    self->task = async_create_task(only_cancels);
    note("%s%s ", truth(async_task_done(self->task)), truth(async_task_cancelled(self->task)));
    await_catch(self->status, async_join, .task = self->task);
    if (self->status == ASYNC_CANCELLED)
        note("c");
    async_finally;
    async_release(self->task);
    async_end;
}
EAGER(cancelling)
PROGRAM(cancelling, "s< False sx c t< tx c o TrueTrue c")

/* ---- one in another -------------------------------------------------------------------------------------------- */

struct nested { async_frame frame; async_task *task; };
async(nested)
{
    async_begin;
    self->task = async_create_task(starts, .n = "p");
    note("m ");
    await(async_join, .task = self->task);
    note("m");
    async_finally;
    async_release(self->task);
    async_end;
}
EAGER(nested)
PROGRAM(nested, "p< pc< p- m pc> p> m")

struct recursive { async_frame frame; int n, to; async_task *task; };
async(recursive)
{
    async_begin;
    note("%d ", self->n);
    if (self->n < self->to) {
        self->task = async_create_task(recursive, .n = self->n + 1, .to = self->to);
        note("%d%s ", self->n, truth(async_task_done(self->task)));
        await(async_join, .task = self->task);
    } else {
        await(async_sleep);
    }
    note("%de ", self->n);
    async_finally;
    async_release(self->task);
    async_end;
}
struct recursion { async_frame frame; async_task *task; };
async(recursion)
{
    async_begin;
    self->task = async_create_task(recursive, .n = 0, .to = 4);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}
EAGER(recursion)
PROGRAM(recursion, "0 1 2 3 4 3False 2False 1False 0False 4e 3e 2e 1e 0e ")

/* Beyond the depth the C stack is meant for, they begin later; all of them run. */
struct countdown { async_frame frame; int n; async_task *task; char room[60]; int result; };
static int deepest, depth;
async(countdown)
{
    async_begin;
    memset(self->room, self->n & 0x7F, sizeof self->room);
    if (++depth > deepest)
        deepest = depth;
    if (self->n > 0)
        self->task = async_create_task(countdown, .n = self->n - 1);
    depth--;
    if (self->n > 0) {
        await(async_join, .task = self->task);
        self->result = async_result(self->task, countdown) + 1;
    }
    if (self->room[0] != (self->n & 0x7F) || memcmp(self->room, self->room + 1, sizeof self->room - 1) != 0)
        async_raise(BANG);
    async_finally;
    async_release(self->task);
    async_end;
}
struct counts_down { async_frame frame; int n; async_task *task; };
async(counts_down)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), true);
    self->task = async_create_task(countdown, .n = self->n);
    await(async_join, .task = self->task);
    CHECK_INT(async_result(self->task, countdown), self->n);
    async_finally;
    async_release(self->task);
    async_end;
}
TEST(eager, deeper_than_the_limit)
{
    int n;
    for (n = 10; n < 40; n++) {
        async_status status;
        deepest = depth = 0;
        status = RUN(counts_down, .n = n);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
        CHECK(deepest <= 17);
        CHECK_INT(counted_live, 0);
    }
    deepest = depth = 0;
    n = TEST_MANY < 1000 ? 100 : 2000;
    CHECK_INT(RUN(counts_down, .n = n), ASYNC_OK);
    EACH_ALLOCATION_FAILS
        (void)RUN(counts_down, .n = 40);
}

/* ---- deep frame stacks in both ---------------------------------------------------------------------------------- */

struct deep { async_frame frame; int depth; bool suspends; const char *n; async_task *task; char room[60]; int result; };
async(deep)
{
    async_begin;
    memset(self->room, self->depth & 0x7F, sizeof self->room);
    if (self->depth == 0) {
        self->task = async_create_task_eager(deep, .depth = -30, .suspends = self->suspends);
        CHECK(self->task == NULL || async_task_done(self->task) == !self->suspends
            || async_task_exception(self->task) == ASYNC_NO_MEMORY);
        await(async_join, .task = self->task);
        self->result = async_result(self->task, deep);
    } else if (self->depth == -1) {
        if (self->suspends)
            await(async_sleep);
        async_return(1);
    } else {
        await_into(self->result, deep, .depth = self->depth > 0 ? self->depth - 1 : self->depth + 1,
            .suspends = self->suspends);
        self->result++;
    }
    if (self->room[0] != (self->depth & 0x7F) || memcmp(self->room, self->room + 1, sizeof self->room - 1) != 0)
        async_raise(BANG);
    async_return(self->result);
    async_finally;
    async_release(self->task);
    async_end;
}

/* The eager one runs between the end of a callee and the reading of its result, which is in a chunk just left. */
struct reads_later { async_frame frame; int i, sum, got; async_task *tasks[4]; bool suspends; };
async(reads_later)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++) {
        await_into(self->got, deep, .depth = 20 + self->i, .suspends = self->suspends);
        self->tasks[self->i] = async_create_task_eager(deep, .depth = 25, .suspends = self->suspends);
        self->sum += self->got;
    }
    CHECK_INT(self->sum, 20 + 21 + 22 + 23 + 4 * 30);
    await(async_gather, .tasks = self->tasks, .count = 4);
    for (self->i = 0; self->i < 4; self->i++)
        CHECK_INT(async_result(self->tasks[self->i], deep), 25 + 30);
    async_finally;
    for (self->i = 0; self->i < 4; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}
TEST(eager, deep)
{
    CHECK_INT(RUN(reads_later), ASYNC_OK);
    CHECK_INT(RUN(reads_later, .suspends = true), ASYNC_OK);
    CHECK_INT(counted_live, 0);
    EACH_ALLOCATION_FAILS {
        async_status status = RUN(reads_later, .suspends = true);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    }
    EACH_ALLOCATION_FAILS
        (void)RUN(reads_later);
}

/* One of them has to grow where the outer one has just grown, in a gather's own frame. */
struct gathers_deep { async_frame frame; int depth, a, b; int result; };
async(gathers_deep)
{
    async_begin;
    if (self->depth > 0) {
        await_into(self->result, gathers_deep, .depth = self->depth - 1);
        async_return(self->result);
    }
    await_gather(async_call_into(self->a, deep, .depth = -10), async_call_into(self->b, deep, .depth = 10));
    async_return(self->a + self->b);
    async_end;
}
struct all_depths { async_frame frame; int i, got; };
async(all_depths)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), true);
    for (self->i = 0; self->i < 40; self->i++) {
        await_into(self->got, gathers_deep, .depth = self->i);
        CHECK_INT(self->got, 10 + 40);
    }
    async_end;
}
TEST(eager, gathers_at_every_depth)
{
    CHECK_INT(RUN(all_depths), ASYNC_OK);
    CHECK_INT(counted_live, 0);
}

/* ---- groups, gathers, callbacks, waits -------------------------------------------------------------------------- */

struct group_of_good { async_frame frame; async_task_group group; };
async(group_of_good)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, quick, .n = "q");
    async_task_group_create_task(&self->group, slow, .n = "s");
    async_task_group_create_task(&self->group, starts, .n = "t");
    note("body ");
    async_end;
}
struct group_of_bad { async_frame frame; async_task_group group; };
async(group_of_bad)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, slow, .n = "s");
    async_task_group_create_task(&self->group, fails, .n = "f");
    note("body ");
    if (async_task_group_create_task(&self->group, slow, .n = "u") == NULL)
        note("refused ");
    await(async_sleep);
    note("not ");
    async_end;
}
struct groups { async_frame frame; async_status status; };
async(groups)
{
    async_begin;
    await(group_of_good);
    note("end ");
    await_catch(self->status, group_of_bad);
    note("%s", word(self->status));
    async_end;
}
EAGER(groups)
PROGRAM(groups, "q s< t< tc< t- body s> tc> t> end s< f! body refused sx boom")

struct gathers { async_frame frame; int b, c; };
async(gathers)
{
    async_begin;
    await_gather(async_call(quick, .n = "a"), async_call_into(self->b, slow, .n = "b"),
        async_call_into(self->c, quick, .n = "c"), async_call(slow, .n = "d"));
    note("e");
    CHECK_INT(self->b + self->c, 15);
    async_end;
}
EAGER(gathers)
PROGRAM(gathers, "a b< c d< b> d> e")

static async_handle starter;
static async_task *p;
struct in_callbacks { async_frame frame; async_task *a; };
static void starts_task(async_handle *handle)
{
    (void)handle;
    p = async_create_task(starts, .n = "p");
    CHECK(async_current_task() == NULL);
    note("in ");
    (void)async_task_add_done_callback(p, &pd, say, (char *)"pd");
}
async(in_callbacks)
{
    async_begin;
    memset(&cb, 0, sizeof cb);
    memset(&pd, 0, sizeof pd);
    memset(&starter, 0, sizeof starter);
    p = NULL;
    self->a = async_create_task(quick, .n = "a");
    (void)async_task_add_done_callback(self->a, &cb, say, (char *)"cb");
    note("m ");
    await(async_join, .task = self->a);
    note("m2 ");
    await(async_sleep);
    note("m3 ");
    (void)async_call_soon(&starter, starts_task, NULL);
    await(async_sleep, .delay = async_ms(10));
    note("e");
    async_finally;
    async_handle_cancel(&starter);
    async_release(self->a);
    async_release(p);
    async_end;
}
EAGER(in_callbacks)
PROGRAM(in_callbacks, "a m m2 cb m3 p< pc< p- in pc> p> pd e")

struct waits { async_frame frame; async_task *tasks[2], *other; async_as_completed each; async_task *got; size_t n;
    async_timeout timeout; int result; };
async(waits)
{
    async_begin;
    self->tasks[0] = async_create_task(quick, .n = "a");
    self->tasks[1] = async_create_task(slow, .n = "b");
    await_into(self->n, async_wait, .tasks = self->tasks, .count = 2);
    note("w ");
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    self->tasks[1] = NULL;
    self->tasks[0] = async_create_task(quick, .n = "x");
    self->tasks[1] = async_create_task(slow, .n = "y");
    if (async_as_completed_init(&self->each, self->tasks, 2, ASYNC_FOREVER) < 0)
        async_raise(ASYNC_NO_MEMORY);
    for (;;) {
        await_into(self->got, async_as_completed_next, .iterator = &self->each);
        if (self->got == NULL)
            break;
        note("n ");
    }
    self->other = async_create_task(slow, .n = "z");
    await(async_wait_for, .task = self->other, .timeout = async_seconds(1));
    note("wf ");
    async_release(self->other);
    async_timeout_enter(&self->timeout, async_seconds(1));
    self->other = async_create_task(slow, .n = "t");
    await(async_join, .task = self->other);
    (void)async_timeout_exit(&self->timeout, ASYNC_OK);
    note("e");
    async_finally;
    async_as_completed_deinit(&self->each);
    async_release(self->other);
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_end;
}
EAGER(waits)
PROGRAM(waits, "a b< b> w x y< y> n n z< z> wf t< t> e")

struct leftovers { async_frame frame; };
async(leftovers)
{
    async_begin;
    (void)async_go(slow, .n = "l");
    (void)async_go(starts, .n = "m");
    async_end;
}
EAGER(leftovers)
PROGRAM(leftovers, "l< m< mc< m- l> mc> ")

/* ---- beyond asyncio --------------------------------------------------------------------------------------------- */

struct says_who { async_frame frame; async_task *expected; };
static async_task *who;
async(says_who)
{
    async_begin;
    who = async_current_task();
    await(async_sleep);
    CHECK_PTR(async_current_task(), who);
    async_end;
}
struct knows_who { async_frame frame; async_task *me, *other, *all[8]; };
async(knows_who)
{
    async_begin;
    self->me = async_current_task();
    who = NULL;
    self->other = async_create_task_eager(says_who);
    CHECK_PTR(who, self->other);
    CHECK_PTR(async_current_task(), self->me);
    CHECK_INT(async_all_tasks(self->all, 8), 1 + (self->other != NULL));
    await(async_join, .task = self->other);
    async_finally;
    async_release(self->other);
    async_end;
}
TEST(eager, who_runs)
{
    CHECK_INT(RUN(knows_who), ASYNC_OK);
    CHECK_INT(counted_live, 0);
}

/* Only while the loop runs; before, it begins in the first pass. */
TEST(eager, outside_of_a_run)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    async_task *task;
    if (loop == NULL)
        return;
    async_loop_set_eager(loop, true);
    task = async_loop_create_task(loop, quick, .n = "q");
    CHECK(task == NULL || !async_task_done(task));
    CHECK_NOTES("");
    CHECK_INT(async_loop_run_until_complete(loop, task), task == NULL ? ASYNC_NO_MEMORY : ASYNC_OK);
    CHECK_NOTES(task == NULL ? "" : "q ");
    async_release(task);
    CHECK_PTR(async_create_task_eager(quick, .n = "n"), NULL);
    async_loop_close(loop);
    CHECK_INT(counted_live, 0);
}

/* In static memory, and one that is used again at once since it has ended. */
static async_storage(300) storage;
struct on_storage { async_frame frame; int i; async_task *task; };
async(on_storage)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), true);
    for (self->i = 0; self->i < 3; self->i++) {
        self->task = async_create_task_on(&storage, quick, .n = "q");
        CHECK(async_task_done(self->task));
        CHECK_INT(async_task_exception(self->task), self->task == NULL ? ASYNC_NO_MEMORY : ASYNC_OK);
        async_release(self->task);
    }
    async_end;
}
TEST(eager, static_memory)
{
    CHECK_INT(RUN(on_storage), ASYNC_OK);
    CHECK_NOTES("q q q ");
}

/* A generator, a lock and a shield held by the one that creates: nothing of it is the eager one's. */
struct holds { async_frame frame; async_lock *lock; async_task *task; async_status status; };
struct wants { async_frame frame; async_lock *lock; };
async(wants)
{
    async_begin;
    note("w< ");
    async_cancel(async_current_task());
    async_task_uncancel(async_current_task());
    await_enter(self->lock);
    note("w> ");
    async_end;
}
struct creates_inside { async_frame frame; async_lock *lock; async_task *task; async_task *result; };
async(creates_inside)
{
    async_begin;
    async_cancel(async_current_task());
    self->task = async_create_task_eager(wants, .lock = self->lock);
    await(async_sleep);
    note("s ");
    async_return(self->task);
    async_end;
}
async(holds)
{
    async_begin;
    await_enter(self->lock);
    await_shielded_into(self->task, creates_inside, .lock = self->lock);
    await_catch(self->status, async_sleep);
    note("%s ", word(self->status));
    (void)async_exit(self->lock);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}
struct holds_main { async_frame frame; async_lock lock; };
async(holds_main)
{
    async_begin;
    async_lock_init(&self->lock);
    await(holds, .lock = &self->lock);
    async_finally;
    async_lock_deinit(&self->lock);
    async_end;
}
TEST(eager, inside_scopes_and_shields)
{
    CHECK_INT(RUN(holds_main), ASYNC_OK);
    CHECK_NOTES("w< s cancelled w> ");
    CHECK_INT(counted_live, 0);
}

/* A failure of an eager task that nobody has seen is reported once. */
static int reported;
static void report(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    (void)data;
    if (e->status == BOOM) {
        reported++;
        CHECK_STR(e->name, "fails");
    }
}
struct unseen { async_frame frame; };
async(unseen)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), report, NULL);
    async_loop_set_eager(async_get_running_loop(), true);
    if (async_go(fails, .n = "f"))
        reported--;
    CHECK_INT(reported, 0);
    async_end;
}
TEST(eager, unseen_failures)
{
    reported = 0;
    CHECK_INT(RUN(unseen), ASYNC_OK);
    CHECK_INT(reported, 0);
    CHECK_NOTES("f! ");
}
