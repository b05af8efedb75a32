/* Context variables: who inherits what, tokens, contexts. Where a diary is asyncio's, the same program of Python 3.13
 * has written it. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static char none[] = "-";
static async_context_var v = { "v", none }, w = { "w", none };

static char *const letters[] = { (char *)"1", (char *)"2", (char *)"3" };

static const char *v_now(void) { return (const char *)async_context_var_get(&v); }
static const char *w_now(void) { return (const char *)async_context_var_get(&w); }
static void show(const char *who) { note("%s%s%s ", who, v_now(), w_now()); }
static async_status set(async_context_var *var, const char *value)
{
    async_status status = async_context_var_set(var, (void *)(uintptr_t)value, NULL);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    return status;
}

/* Everything here begins in a thread that has set nothing. */
static void callback(async_handle *handle)
{
    const char *name = (const char *)handle->data;
    show(name);
    (void)set(&v, name);
}

static void soon(async_handle *handle, const char *name)
{
    async_status status = async_call_soon(handle, callback, (void *)(uintptr_t)name);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
}

/* ---- what tasks inherit ---------------------------------------------------------------------------------------- */

struct child { async_frame frame; const char *name; };
async(child)
{
    async_begin;
    show(self->name);
    (void)set(&v, self->name);
    await(async_sleep);
    show(self->name);
    async_end;
}

struct parent { async_frame frame; async_task *task; };
async(parent)
{
    async_begin;
    self->task = async_create_task(child, .name = "g");
    await(async_join, .task = self->task);
    show("p");
    async_finally;
    async_release(self->task);
    async_end;
}

struct inherits { async_frame frame; async_task *tasks[3]; };
async(inherits)
{
    async_begin;
    show("m");
    (void)set(&v, "1");
    (void)set(&w, "x");
    self->tasks[0] = async_create_task(child, .name = "a");
    (void)set(&v, "2");
    self->tasks[1] = async_create_task(child, .name = "b");
    (void)set(&v, "3");
    await(async_gather, .tasks = self->tasks, .count = 2);
    show("m");
    self->tasks[2] = async_create_task(parent);
    await(async_join, .task = self->tasks[2]);
    await(child, .name = "d"); /* a call is in the same context */
    show("m");
    async_finally;
    async_release(self->tasks[0]);
    async_release(self->tasks[1]);
    async_release(self->tasks[2]);
    async_end;
}

TEST(context, tasks_inherit)
{
    CHECK_INT(RUN(inherits), ASYNC_OK);
    CHECK_NOTES("m-- a1x b2x aax bbx m3x g3x ggx p3x d3x ddx mdx ");
    CHECK_STR(v_now(), "-"); /* nothing comes back to the thread */
    CHECK_INT(counted_live, 0);
}

/* ---- callbacks ------------------------------------------------------------------------------------------------- */

/* Not in frames, which may have to leave early. */
static struct { async_handle handles[7]; async_timer_handle later, at; } its;

struct callbacks { async_frame frame; async_future future; async_task *task; };
async(callbacks)
{
    async_begin;
    memset(&its, 0, sizeof its);
    soon(&its.handles[0], "a");
    (void)set(&v, "1");
    soon(&its.handles[1], "b");
    (void)async_call_later(async_ms(10), &its.later, callback, (char *)"c");
    (void)async_call_at(async_loop_time(async_get_running_loop()) + async_ms(20), &its.at, callback, (char *)"d");
    (void)async_future_add_done_callback(&self->future, &its.handles[2], callback, (char *)"e");
    (void)set(&v, "2");
    (void)async_future_add_done_callback(&self->future, &its.handles[3], callback, (char *)"f");
    (void)async_future_set_result(&self->future, NULL);
    (void)set(&v, "3");
    (void)async_future_add_done_callback(&self->future, &its.handles[4], callback, (char *)"g");
    self->task = async_create_task(async_sleep);
    (void)async_task_add_done_callback(self->task, &its.handles[5], callback, (char *)"h");
    await(async_sleep, .delay = async_ms(50));
    show("m");
    async_finally;
    (void)async_future_remove_done_callback(&self->future, callback);
    (void)async_task_remove_done_callback(self->task, callback);
    async_release(self->task);
    async_end;
}

TEST(context, callbacks_inherit)
{
    CHECK_INT(RUN(callbacks), ASYNC_OK);
    CHECK_NOTES("a-- b1- e1- f2- g3- h3- c1- d1- m3- ");
    CHECK_INT(RUN(callbacks), ASYNC_OK); /* and again, where variables are known already */
    CHECK_NOTES("a-- b1- e1- f2- g3- h3- c1- d1- m3- ");
    CHECK_INT(counted_live, 0);
}

/* Scheduled before any variable was set in this thread: what they set is still their own. */
static async_handle unbound_handles[3];
static void unbound_first(async_handle *handle)
{
    (void)handle;
    show("a");
    (void)set(&v, "a");
    soon(&unbound_handles[2], "c");
}
static void unbound_second(async_handle *handle)
{
    (void)handle;
    show("b");
}
struct unbound { async_frame frame; };
async(unbound)
{
    async_begin;
    memset(unbound_handles, 0, sizeof unbound_handles);
    (void)async_call_soon(&unbound_handles[0], unbound_first, NULL);
    (void)async_call_soon(&unbound_handles[1], unbound_second, NULL);
    await(async_sleep, .delay = async_ms(10));
    show("m");
    async_end;
}

TEST(context, callbacks_from_before_there_were_any)
{
    async_context_hooks_ = NULL; /* as in a thread that has not begun */
    CHECK_INT(RUN(unbound), ASYNC_OK);
    CHECK_NOTES("a-- b-- ca- m-- ");
    CHECK_STR(v_now(), "-");
    CHECK_INT(counted_live, 0);
}

/* One that makes a task, schedules itself again, and sets things in between. */
struct again { async_handle handle; int times; };
static void goes_again(async_handle *handle)
{
    struct again *again = (struct again *)handle->data;
    show("a");
    (void)set(&v, letters[again->times]);
    (void)async_go(child, .name = "t");
    (void)set(&w, letters[again->times]);
    if (again->times-- > 0)
        (void)async_call_soon(handle, goes_again, again);
}
static struct again again;
struct schedules_again { async_frame frame; };
async(schedules_again)
{
    async_begin;
    (void)set(&w, "y");
    memset(&again, 0, sizeof again);
    again.times = 2;
    (void)async_call_soon(&again.handle, goes_again, &again);
    await(async_sleep, .delay = async_ms(1));
    show("m");
    async_end;
}

TEST(context, a_callback_that_schedules_itself)
{
    CHECK_INT(RUN(schedules_again), ASYNC_OK);
    CHECK_NOTES("a-y t3y a33 tty t23 a22 tt3 t12 tt2 m-y ");
    CHECK_INT(counted_live, 0);
}

/* ---- cancelling and removing what is bound --------------------------------------------------------------------- */

static void never(async_handle *handle)
{
    (void)handle;
    note("never ");
}

static struct { async_handle a, b, c; async_timer_handle timer; } my;

struct removes { async_frame frame; async_future future; int added; };
async(removes)
{
    async_begin;
    memset(&my, 0, sizeof my);
    (void)set(&v, "1");
    CHECK(!async_handle_cancel(&my.a)); /* was never scheduled */
    soon(&my.a, "a");
    if (my.a.prev != 0)
        CHECK_INT(async_call_soon(&my.a, callback, NULL), ASYNC_MISUSE);
    (void)async_handle_cancel(&my.a);
    CHECK(async_handle_cancelled(&my.a));
    (void)async_call_later(async_ms(1), &my.timer, never, NULL);
    (void)async_timer_handle_cancel(&my.timer);
    CHECK(async_handle_cancelled(&my.timer.handle));
    (void)async_call_later(0, &my.timer, never, NULL);
    await(async_sleep, .delay = 0);
    (void)async_timer_handle_cancel(&my.timer);
    (void)async_future_add_done_callback(&self->future, &my.a, never, NULL);
    (void)async_future_add_done_callback(&self->future, &my.b, callback, (char *)"b");
    (void)async_future_add_done_callback(&self->future, &my.c, never, NULL);
    self->added = (my.a.prev != 0) + (my.c.prev != 0);
    CHECK_INT(async_future_remove_done_callback(&self->future, never), self->added);
    CHECK(my.a.prev == 0 && my.c.prev == 0);
    CHECK_INT(async_future_remove_done_callback(&self->future, never), 0);
    /* a handle that was taken out is its owner's again */
    (void)set(&v, "2");
    (void)async_future_add_done_callback(&self->future, &my.a, callback, (char *)"a");
    (void)async_future_set_result(&self->future, NULL);
    soon(&my.c, "c");
    await(async_sleep);
    CHECK(my.b.prev == 0 && my.b.callback == callback && strcmp((const char *)my.b.data, "b") == 0);
    async_finally;
    (void)async_future_remove_done_callback(&self->future, callback);
    async_end;
}

TEST(context, bound_callbacks_are_cancelled_and_removed)
{
    CHECK_INT(RUN(removes), ASYNC_OK);
    /* the timer of no time was due, or not, when it was cancelled: it is gone in any case */
    CHECK_NOTES("b1- a2- c2- ");
    CHECK_INT(counted_live, 0);
}

/* Pending callbacks of all kinds when their loop is closed: then they may be used on another one. */
TEST(context, a_loop_closed_with_bound_callbacks)
{
    static async_handle ready, waiting;
    static async_timer_handle later;
    async_loop *loop = async_new_event_loop_with(virtual_time());
    async_future future;
    async_context outside;
    memset(&ready, 0, sizeof ready);
    memset(&waiting, 0, sizeof waiting);
    memset(&later, 0, sizeof later);
    async_future_init(&future);
    if (loop == NULL)
        return;
    async_copy_context(&outside);
    CHECK(set(&v, "1") == ASYNC_OK || v_now() == none);
    (void)async_loop_call_soon(loop, &ready, callback, (char *)"a");
    (void)async_loop_call_later(loop, async_ms(1), &later, callback, (char *)"b");
    (void)async_future_add_done_callback(&future, &waiting, callback, (char *)"c");
    (void)async_loop_close(loop);
    CHECK(ready.prev == 0);
    loop = async_new_event_loop_with(virtual_time());
    if (loop != NULL) {
        (void)set(&v, "2");
        (void)async_loop_call_soon(loop, &ready, callback, (char *)"a");
        (void)async_loop_call_later(loop, async_ms(1), &later, callback, (char *)"b");
        if (waiting.prev != 0)
            (void)async_future_set_result(&future, NULL);
        (void)async_loop_run_once(loop);
        (void)async_loop_run_once(loop);
        (void)async_loop_run_once(loop);
        (void)async_loop_close(loop);
    }
    if (waiting.prev != 0)
        (void)async_future_remove_done_callback(&future, callback);
    async_future_deinit(&future);
    async_context_deinit(&outside);
    if (strcmp(diary, "a2- c-- b2- ") != 0) /* the one of the future has lost its context with its loop */
        CHECK_NOTES("a2- c-- ");
    diary[0] = '\0';
    async_bindings_release_(async_context_here_.bindings);
    memset(&async_context_here_, 0, sizeof async_context_here_);
    CHECK_INT(counted_live, 0);
}

/* ---- eager tasks ------------------------------------------------------------------------------------------------ */

struct sets_only { async_frame frame; const char *name; };
async(sets_only)
{
    async_begin;
    show(self->name);
    (void)set(&v, self->name);
    async_end;
}

struct eager { async_frame frame; async_task *e, *q; };
async(eager)
{
    async_begin;
    (void)set(&v, "1");
    self->e = async_create_task_eager(child, .name = "e");
    show("m");
    self->q = async_create_task_eager(sets_only, .name = "q");
    show("m");
    (void)set(&v, "2");
    await(async_join, .task = self->e);
    await(async_join, .task = self->q);
    show("m");
    async_finally;
    async_release(self->e);
    async_release(self->q);
    async_end;
}

TEST(context, eager_tasks_inherit)
{
    CHECK_INT(RUN(eager), ASYNC_OK);
    CHECK_NOTES("e1- m1- q1- m1- ee- m2- ");
    CHECK_INT(counted_live, 0);
}

/* ---- contexts --------------------------------------------------------------------------------------------------- */

static async_context first, second;
static async_handle from_inside;

static void run_first(void *data)
{
    (void)data;
    show("r");
    (void)set(&v, "r");
}
static void run_inner(void *data)
{
    (void)data;
    show("i");
    (void)set(&v, "i");
}
static void run_nested(void *data)
{
    (void)data;
    show("n");
    async_copy_context(&second);
    (void)set(&v, "n");
    (void)async_context_run(&second, run_inner, NULL);
    note("n%s%s%s ", v_now(), w_now(), (const char *)async_context_get(&second, &v));
    soon(&from_inside, "s");
    CHECK_INT(async_context_run(&first, run_inner, NULL), ASYNC_MISUSE);
}

struct in_context { async_frame frame; };
async(in_context)
{
    async_begin;
    memset(&from_inside, 0, sizeof from_inside);
    (void)set(&v, "1");
    async_copy_context(&first);
    (void)set(&v, "2");
    (void)async_context_run(&first, run_first, NULL);
    note("m%s%s%s ", v_now(), w_now(), (const char *)async_context_get(&first, &v));
    (void)async_context_run(&first, run_nested, NULL);
    await(async_sleep);
    show("m");
    async_finally;
    async_context_deinit(&first);
    async_context_deinit(&first); /* nothing more */
    async_context_deinit(&second);
    async_end;
}

TEST(context, run_in_one)
{
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    CHECK_INT(RUN(in_context), ASYNC_OK);
    CHECK_NOTES("r1- m2-r nr- ir- nn-i sn- m2- ");
    CHECK_INT(counted_live, 0);
}

/* Outside of any loop, and all zeros. */
static void run_alone(void *data)
{
    *(const char **)data = v_now();
    (void)set(&v, "x");
}
TEST(context, without_a_loop)
{
    async_context context, other;
    const char *seen = NULL;
    memset(&context, 0, sizeof context);
    CHECK_STR((const char *)async_context_get(&context, &v), "-");
    async_context_deinit(&context);
    if (async_context_run(&context, run_alone, &seen) == ASYNC_OK)
        CHECK_STR(seen, "-");
    CHECK_STR(v_now(), "-");
    CHECK_STR((const char *)async_context_get(&context, &w), "-");
    async_copy_context(&other);
    CHECK_STR((const char *)async_context_get(&other, &v), "-");
    async_context_deinit(&other);
    async_context_deinit(&context);
    CHECK_INT(counted_live, 0);
}

/* A context that outlives its loop, and is entered in another one. */
struct takes_context { async_frame frame; async_context *to; };
async(takes_context)
{
    async_begin;
    (void)set(&v, "t");
    async_copy_context(self->to);
    (void)set(&v, "u");
    async_end;
}
struct enters_context { async_frame frame; async_context *it; };
async(enters_context)
{
    async_begin;
    (void)async_context_run(self->it, run_first, NULL);
    show("m");
    async_end;
}
TEST(context, of_one_loop_in_another)
{
    async_context context;
    memset(&context, 0, sizeof context);
    CHECK_INT(RUN(takes_context, .to = &context), ASYNC_OK);
    CHECK_INT(RUN(enters_context, .it = &context), ASYNC_OK);
    CHECK_NOTES("rt- m-- ");
    CHECK_STR((const char *)async_context_get(&context, &v), "r");
    async_context_deinit(&context);
    CHECK_INT(counted_live, 0);
}

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

struct resets { async_frame frame; async_token *token; };
async(resets)
{
    async_begin;
    CHECK_INT(async_context_var_reset(&v, self->token), ASYNC_INVALID_ARGUMENT);
    async_end;
}

struct tokens { async_frame frame; async_token first, second, third; async_task *task; };
async(tokens)
{
    async_begin;
    if (async_context_var_set(&v, letters[0], &self->first) < 0
        || async_context_var_set(&v, letters[1], &self->second) < 0)
        async_raise(ASYNC_NO_MEMORY);
    CHECK_INT(async_context_var_reset(&v, &self->first), ASYNC_OK);
    show("");
    CHECK_PTR(v_now(), none);
    if (async_context_var_reset(&v, &self->second) < 0)
        async_raise(ASYNC_NO_MEMORY);
    show("");
    CHECK_INT(async_context_var_reset(&v, &self->second), ASYNC_MISUSE);
    if (async_context_var_set(&v, letters[2], &self->third) < 0)
        async_raise(ASYNC_NO_MEMORY);
    CHECK_INT(async_context_var_reset(&w, &self->third), ASYNC_INVALID_ARGUMENT);
    self->task = async_create_task(resets, .token = &self->third);
    await(async_join, .task = self->task);
    show(""); /* the child shared the list */
    if (async_context_var_reset(&v, &self->third) < 0)
        async_raise(ASYNC_NO_MEMORY);
    show("");
    (void)set(&w, letters[1]); /* a token that nobody wanted */
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(context, tokens)
{
    async_status status = RUN(tokens);
    if (status == ASYNC_OK)
        CHECK_NOTES("-- 1- 3- 1- ");
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    diary[0] = '\0';
    CHECK_INT(counted_live, 0);
}

/* ---- many variables --------------------------------------------------------------------------------------------- */

enum { VARIABLES = 300 };
static async_context_var many[VARIABLES];
static int values[VARIABLES], others[VARIABLES];

struct checks_many { async_frame frame; };
async(checks_many)
{
    int i;
    async_begin;
    for (i = 0; i < VARIABLES; i++)
        if (async_context_var_get(&many[i]) != &values[i])
            async_raise(BOOM);
    for (i = 0; i < VARIABLES; i += 3)
        if (async_context_var_set(&many[i], &others[i], NULL) < 0)
            async_raise(ASYNC_NO_MEMORY);
    for (i = 0; i < VARIABLES; i++)
        if (async_context_var_get(&many[i]) != (i % 3 == 0 ? &others[i] : &values[i]))
            async_raise(BANG);
    async_end;
}

struct sets_many { async_frame frame; async_token tokens[VARIABLES]; async_task *task; };
async(sets_many)
{
    int i;
    async_begin;
    for (i = 0; i < VARIABLES; i++)
        if (async_context_var_set(&many[i], &values[i], &self->tokens[i]) < 0)
            async_raise(ASYNC_NO_MEMORY);
    self->task = async_create_task(checks_many);
    await(async_join, .task = self->task);
    for (i = 0; i < VARIABLES; i++)
        if (async_context_var_get(&many[i]) != &values[i])
            async_raise(BOOM);
    for (i = 0; i < VARIABLES; i += 2)
        if (async_context_var_reset(&many[i], &self->tokens[i]) < 0)
            async_raise(ASYNC_NO_MEMORY);
    for (i = 0; i < VARIABLES; i++)
        if (async_context_var_get(&many[i]) != (i % 2 == 0 ? NULL : &values[i]))
            async_raise(BANG);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(context, many_variables)
{
    async_status status = RUN(sets_many);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    CHECK_INT(counted_live, 0);
}

/* ---- many tasks, each with a name and a value of its own ------------------------------------------------------- */

struct named { async_frame frame; int number; };
async(named)
{
    async_begin;
    CHECK(async_context_var_get(&v) == &values[self->number % VARIABLES]);
    (void)async_context_var_set(&v, &others[self->number % VARIABLES], NULL);
    await(async_sleep, .delay = async_ms(self->number % 7));
    CHECK(async_context_var_get(&v) == &others[self->number % VARIABLES] ||
        async_context_var_get(&v) == &values[self->number % VARIABLES]);
    async_end;
}

struct names_many { async_frame frame; async_task_group group; int i; char name[20]; async_task *task; };
async(names_many)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < (TEST_MANY < 1000 ? 50 : 1000); self->i++) {
        if (async_context_var_set(&v, &values[self->i % VARIABLES], NULL) < 0)
            async_raise(ASYNC_NO_MEMORY);
        self->task = async_task_group_create_task(&self->group, named, .number = self->i);
        if (self->task == NULL)
            break;
        snprintf(self->name, sizeof self->name, "number %d", self->i);
        if (self->i % 2 == 0 && async_task_set_name(self->task, self->name) == ASYNC_OK)
            CHECK_STR(async_task_get_name(self->task), self->name);
        if (self->i % 2 == 1)
            CHECK_STR(async_task_get_name(self->task), "named");
    }
    async_end;
}

TEST(context, many_tasks)
{
    async_status status = RUN(names_many);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    CHECK_INT(counted_live, 0);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

TEST(context, no_memory)
{
    EACH_ALLOCATION_FAILS {
        (void)RUN(inherits);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(callbacks);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(removes);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(schedules_again);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(in_context);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(tokens);
        diary[0] = '\0';
    }
    EACH_ALLOCATION_FAILS {
        (void)RUN(eager);
        diary[0] = '\0';
    }
}

/* What does not fit is as if it had not been asked for. */
struct all_or_nothing { async_frame frame; async_handle handle; async_timer_handle timer; async_future future; async_token token; };
async(all_or_nothing)
{
    async_begin;
    if (set(&v, "1") < 0)
        async_return();
    if (async_call_soon(&self->handle, never, NULL) < 0)
        CHECK(self->handle.prev == 0);
    else
        CHECK(async_handle_cancel(&self->handle));
    if (async_call_later(async_ms(1), &self->timer, never, NULL) < 0)
        CHECK(!async_timer_handle_cancel(&self->timer));
    else
        CHECK(async_timer_handle_cancel(&self->timer));
    if (async_future_add_done_callback(&self->future, &self->handle, never, NULL) < 0)
        CHECK_INT(async_future_remove_done_callback(&self->future, never), 0);
    else
        CHECK_INT(async_future_remove_done_callback(&self->future, never), 1);
    if (async_context_var_set(&w, letters[0], &self->token) < 0)
        CHECK_STR(w_now(), "-");
    else
        CHECK_INT(async_context_var_reset(&w, &self->token), ASYNC_OK);
    CHECK_STR(w_now(), "-");
    CHECK_STR(v_now(), "1");
    await(async_sleep, .delay = async_ms(5));
    async_end;
}

TEST(context, all_or_nothing)
{
    EACH_ALLOCATION_FAILS
        (void)RUN(all_or_nothing);
    CHECK_NOTES("");
}
