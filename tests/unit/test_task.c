/* Tasks: creating, joining, results, names, callbacks, handles, static storage. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

struct adds { async_frame frame; int a, b; async_time delay; async_status fails; int result; };
async(adds)
{
    async_begin;
    await(async_sleep, .delay = self->delay);
    if (self->fails < 0)
        async_raise(self->fails);
    async_return(self->a + self->b);
    async_end;
}

/* ---- joining ---------------------------------------------------------------------------------------------------- */

struct joins { async_frame frame; async_task *task; int name; };
async(joins)
{
    async_begin;
    await(async_join, .task = self->task);
    async_finally;
    note("%d:%s ", self->name, word(async_error));
    async_end;
}
struct many_joiners { async_frame frame; async_status fails, status; async_task *task, *joiners[5]; int i; };
async(many_joiners)
{
    async_begin;
    self->task = async_create_task(adds, .a = 1, .b = 2, .delay = async_ms(5), .fails = self->fails);
    for (; self->i < 5; self->i++)
        self->joiners[self->i] = async_create_task(joins, .task = self->task, .name = self->i);
    CHECK(!async_task_done(self->task) || self->task == NULL);
    await_catch(self->status, async_join, .task = self->task);
    await_catch(self->status, async_join, .task = self->task); /* as often as one likes */
    CHECK(self->status == self->fails || self->status == ASYNC_NO_MEMORY);
    if (self->status == ASYNC_OK)
        CHECK_INT(async_result(self->task, adds), 3);
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    for (self->i = 0; self->i < 5; self->i++)
        async_release(self->joiners[self->i]);
    async_release(self->task);
    async_end;
}

static int reports;
static void count_reports(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    (void)data;
    (void)e;
    reports++;
}
struct silently { async_frame frame; async_status fails; };
async(silently)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), count_reports, NULL);
    await(many_joiners, .fails = self->fails);
    async_end;
}

TEST(task, joined_by_many)
{
    CHECK_INT(RUN(silently), ASYNC_OK);
    CHECK_NOTES("0:ok 1:ok 2:ok 3:ok 4:ok ");
    reports = 0;
    CHECK_INT(RUN(silently, .fails = BOOM), ASYNC_OK);
    CHECK_NOTES("0:boom 1:boom 2:boom 3:boom 4:boom ");
    CHECK_INT(reports, 5); /* of the joiners, which nobody joined */
}

TEST(task, null_is_a_task_that_found_no_memory)
{
    CHECK_INT(RUN(async_join, .task = NULL), ASYNC_NO_MEMORY);
    CHECK(!async_cancel(NULL));
    async_release(NULL);
    CHECK(async_retain(NULL) == NULL);
}

TEST(task, no_loop_runs)
{
    async_status status;
    CHECK(async_get_running_loop() == NULL);
    CHECK(async_current_task() == NULL);
    CHECK_INT(async_all_tasks(NULL, 0), 0);
    status = async_loop_run_until_complete(NULL, NULL);
    CHECK(status < 0);
}

/* ---- order, the list of tasks, names --------------------------------------------------------------------------- */

struct steps { async_frame frame; int name, i; };
async(steps)
{
    async_begin;
    for (self->i = 0; self->i < 2; self->i++) {
        note("%d%c ", self->name, 'a' + self->i);
        await(async_sleep, .delay = 0);
    }
    async_end;
}
struct lists { async_frame frame; async_task *tasks[3], *all[8]; int i; };
async(lists)
{
    async_begin;
    for (; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(steps, .name = self->i);
    note("created ");
    if (self->tasks[0] == NULL || self->tasks[1] == NULL || self->tasks[2] == NULL)
        async_raise(ASYNC_NO_MEMORY);
    CHECK_INT(async_all_tasks(self->all, 8), 4);
    CHECK_PTR(self->all[0], async_current_task());
    CHECK_PTR(self->all[1], self->tasks[0]);
    CHECK_PTR(self->all[3], self->tasks[2]);
    CHECK_INT(async_all_tasks(self->all, 2), 4);
    await(async_join, .task = self->tasks[1]);
    await(async_join, .task = self->tasks[2]);
    CHECK_INT(async_all_tasks(self->all, 8), 1);
    CHECK_STR(async_task_get_name(self->tasks[0]), "steps");
    if (async_task_set_name(self->tasks[0], "first") == ASYNC_OK)
        CHECK_STR(async_task_get_name(self->tasks[0]), "first");
    if (async_task_set_name(self->tasks[0], "another, which is longer") == ASYNC_OK)
        CHECK_STR(async_task_get_name(self->tasks[0]), "another, which is longer");
    async_task_set_name(self->tasks[1], "second");
    CHECK_STR(async_task_get_name(self->tasks[2]), "steps");
    async_finally;
    for (self->i = 0; self->i < 3; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}

TEST(task, order_list_and_names)
{
    long live = counted_live;
    CHECK_INT(RUN(lists), ASYNC_OK);
    CHECK_NOTES("created 0a 1a 2a 0b 1b 2b ");
    CHECK_INT(counted_live, live);
}

/* What a task that looks on sees of another one. */
struct looked_at { async_frame frame; };
async(looked_at)
{
    async_begin;
    note("%d ", async_task_waiting(async_current_task()));
    await(async_sleep, .delay = async_ms(2));
    await(async_sleep, .delay = 0);
    async_end;
}
struct looks { async_frame frame; async_task *task; };
async(looks)
{
    async_begin;
    self->task = async_create_task(looked_at);
    if (self->task == NULL)
        async_raise(ASYNC_NO_MEMORY);
    note("new %d ", async_task_waiting(self->task));
    await(async_sleep, .delay = async_ms(1));
    note("asleep %d ", async_task_waiting(self->task));
    await(async_sleep, .delay = async_ms(1));
    note("%d ", async_task_waiting(self->task));
    note("ready %d ", async_task_done(self->task));
    async_cancel(self->task);
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0);
    note("done %d ", async_task_waiting(self->task));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(task, waiting)
{
    CHECK(!async_task_waiting(NULL));
    CHECK_INT(RUN(looks), ASYNC_OK);
    CHECK_NOTES("new 0 0 asleep 1 0 ready 0 done 0 ");
}

struct churns { async_frame frame; async_task *keep[40], *all[40]; int i, n; };
async(churns)
{
    int i;
    async_begin;
    for (; self->i < 1000; self->i++) {
        async_task **place;
        place = &self->keep[self->i * 7 % 40];
        async_cancel(*place);
        async_release(*place);
        *place = async_create_task(adds, .a = self->i, .delay = self->i % 3 == 0 ? ASYNC_FOREVER : async_ms(self->i % 5));
        if (self->i % 4 == 0)
            await(async_sleep, .delay = async_us(self->i % 700));
        self->n = (int)async_all_tasks(self->all, 40);
        for (i = 0; i < 40; i++)
            if (self->keep[i] != NULL && !async_task_done(self->keep[i])) {
                int j;
                for (j = 0; j < self->n && self->all[j < 40 ? j : 0] != self->keep[i]; j++) {
                }
                CHECK(j < self->n);
            }
    }
    async_finally;
    for (self->i = 0; self->i < 40; self->i++)
        async_release(self->keep[self->i]);
    async_end;
}

TEST(task, the_list_under_churn)
{
    long live = counted_live;
    CHECK_INT(RUN(churns), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* ---- callbacks and states ---------------------------------------------------------------------------------------- */

static void called(async_handle *handle) { note("%s ", (const char *)handle->data); }
static void called_too(async_handle *handle) { note("%s! ", (const char *)handle->data); }
static char a[] = "a", b[] = "b", c[] = "c";

struct calls_back { async_frame frame; async_task *task; async_handle handles[4]; async_status status; };
async(calls_back)
{
    async_begin;
    self->task = async_create_task(adds, .a = 1, .delay = async_ms(1));
    if (self->task == NULL)
        async_raise(ASYNC_NO_MEMORY);
    CHECK_INT(async_task_exception(self->task), ASYNC_INVALID_STATE);
    CHECK_INT(async_future_set_result(&self->task->future, NULL), ASYNC_MISUSE);
    CHECK_INT(async_task_add_done_callback(self->task, &self->handles[0], called, a), ASYNC_OK);
    CHECK_INT(async_task_add_done_callback(self->task, &self->handles[0], called, a), ASYNC_MISUSE);
    CHECK_INT(async_task_add_done_callback(self->task, &self->handles[1], called_too, b), ASYNC_OK);
    CHECK_INT(async_task_add_done_callback(self->task, &self->handles[2], called, c), ASYNC_OK);
    CHECK_INT(async_task_remove_done_callback(self->task, called_too), 1);
    await(async_join, .task = self->task);
    note("joined ");
    CHECK_INT(async_task_exception(self->task), ASYNC_OK);
    CHECK_INT(async_task_add_done_callback(self->task, &self->handles[3], called_too, a), ASYNC_OK);
    note("later ");
    await(async_sleep, .delay = 0);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(task, done_callbacks)
{
    CHECK_INT(RUN(calls_back), ASYNC_OK);
    CHECK_NOTES("a c joined later a! ");
}

/* ---- handles ----------------------------------------------------------------------------------------------------- */

struct outlives { async_frame frame; async_task **to; };
async(outlives)
{
    async_begin;
    *self->to = async_create_task(adds, .a = 20, .b = 3);
    if (*self->to == NULL)
        async_raise(ASYNC_NO_MEMORY);
    await(async_join, .task = *self->to);
    async_end;
}

TEST(task, a_handle_outlives_its_loop)
{
    long live = counted_live;
    async_task *task = NULL;
    if (RUN(outlives, .to = &task) == ASYNC_OK) {
        CHECK(async_task_done(task));
        CHECK_INT(async_result(task, adds), 23);
        CHECK_PTR(async_retain(task), task);
        async_release(task);
        CHECK_INT(async_result(task, adds), 23);
    }
    async_release(task);
    CHECK_INT(counted_live, live);
}

struct fires_and_forgets { async_frame frame; int i; };
async(fires_and_forgets)
{
    async_begin;
    for (; self->i < 100; self->i++)
        if (!async_go(adds, .delay = async_ms(self->i % 3)))
            async_raise(ASYNC_NO_MEMORY);
    await(async_sleep, .delay = async_ms(10));
    CHECK_INT(async_all_tasks(NULL, 0), 1);
    async_end;
}

TEST(task, fired_and_forgotten)
{
    long live = counted_live;
    CHECK_INT(RUN(fires_and_forgets), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* an argument that creates a task of its own */
struct takes { async_frame frame; async_task *inner; int result; };
async(takes)
{
    async_begin;
    await(async_join, .task = self->inner);
    self->result = async_result(self->inner, adds);
    async_finally;
    async_release(self->inner);
    async_end;
}
struct nests { async_frame frame; async_task *task; };
async(nests)
{
    async_begin;
    self->task = async_create_task(takes, .inner = async_create_task(adds, .a = 2, .b = 4));
    await(async_join, .task = self->task);
    CHECK_INT(async_result(self->task, takes), 6);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(task, created_inside_an_argument)
{
    CHECK_INT(RUN(nests), ASYNC_OK);
}

/* ---- static storage ------------------------------------------------------------------------------------------------ */

static async_storage(sizeof(struct adds) + 100) storage;
static async_storage(8) too_small;

struct in_storage { async_frame frame; async_task *task; int i; };
async(in_storage)
{
    async_begin;
    CHECK(async_create_task_on(&too_small, adds) == NULL);
    for (; self->i < 5; self->i++) {
        self->task = async_create_task_on(&storage, adds, .a = self->i, .b = 1, .delay = async_ms(1));
        if (self->task == NULL)
            async_raise(ASYNC_NO_MEMORY);
        CHECK_PTR(self->task, &storage.task);
        CHECK(async_create_task_on(&storage, adds) == NULL); /* in use */
        await(async_join, .task = self->task);
        CHECK_INT(async_result(self->task, adds), self->i + 1);
        CHECK(async_create_task_on(&storage, adds) == NULL); /* not released */
        async_release(self->task);
        self->task = NULL;
    }
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(task, in_static_storage)
{
    long live = counted_live;
    CHECK_INT(RUN(in_storage), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* ---- what nobody saw ------------------------------------------------------------------------------------------------ */

static void tell(async_loop *loop, const async_exception *e, void *data)
{
    CHECK(loop != NULL);
    note("%s %s %s ", (const char *)data, word(e->status), e->name == NULL ? "-" : e->name);
    CHECK(e->file != NULL && strstr(e->file, "test_task.c") != NULL);
}
struct neglects { async_frame frame; int how; async_task *task; async_status status; };
async(neglects)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), tell, a);
    self->task = async_create_task(adds, .fails = self->how == 3 ? ASYNC_CANCELLED : BOOM);
    if (self->task == NULL)
        async_raise(ASYNC_NO_MEMORY);
    await(async_sleep, .delay = async_ms(1));
    if (self->how == 1)
        CHECK_INT(async_task_exception(self->task), BOOM);
    if (self->how == 2)
        await_catch(self->status, async_join, .task = self->task);
    note("release ");
    async_release(self->task);
    self->task = NULL;
    note("after ");
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(task, a_failure_that_nobody_saw_is_reported)
{
    CHECK_INT(RUN(neglects), ASYNC_OK);
    CHECK_NOTES("release a boom adds after ");
    CHECK_INT(RUN(neglects, .how = 1), ASYNC_OK);
    CHECK_NOTES("release after ");
    CHECK_INT(RUN(neglects, .how = 2), ASYNC_OK);
    CHECK_NOTES("release after ");
    CHECK_INT(RUN(neglects, .how = 3), ASYNC_OK);
    CHECK_NOTES("release after ");
}
