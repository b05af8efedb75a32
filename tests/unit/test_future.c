/* Futures: results, failures, waiters, callbacks. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

static int x = 1;

struct waits { async_frame frame; async_future *future; int name; void *value; };
async(waits)
{
    async_begin;
    await_into(self->value, async_future_wait, .future = self->future);
    CHECK_PTR(self->value, &x);
    async_finally;
    note("%d:%s ", self->name, word(async_error));
    async_end;
}

static void called(async_handle *handle) { note("%s ", (const char *)handle->data); }
static void called_too(async_handle *handle) { note("%s! ", (const char *)handle->data); }
static char a[] = "a", b[] = "b", c[] = "c", d[] = "d";

enum { RESULT, FAILURE, CANCEL };
struct completes { async_frame frame; int how, i; async_future future; async_task *tasks[3]; async_handle handles[4]; void *value;
    async_status status; };
async(completes)
{
    async_begin;
    async_future_init(&self->future);
    CHECK(!async_future_done(&self->future));
    CHECK_INT(async_future_result(&self->future, &self->value), ASYNC_INVALID_STATE);
    CHECK_INT(async_future_exception(&self->future), ASYNC_INVALID_STATE);
    CHECK_INT(async_future_set_exception(&self->future, 0), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_future_set_exception(&self->future, 1), ASYNC_INVALID_ARGUMENT);
    async_future_add_done_callback(&self->future, &self->handles[0], called, a);
    self->tasks[0] = async_create_task(waits, .future = &self->future, .name = 0);
    self->tasks[1] = async_create_task(waits, .future = &self->future, .name = 1);
    await(async_sleep, .delay = 0);
    async_future_add_done_callback(&self->future, &self->handles[1], called, b);
    async_future_add_done_callback(&self->future, &self->handles[2], called_too, c);
    async_future_add_done_callback(&self->future, &self->handles[3], called_too, d);
    CHECK_INT(async_future_remove_done_callback(&self->future, called_too), 2);
    CHECK_INT(async_future_remove_done_callback(&self->future, called_too), 0);
    if (self->how == RESULT)
        CHECK_INT(async_future_set_result(&self->future, &x), ASYNC_OK);
    if (self->how == FAILURE)
        CHECK_INT(async_future_set_exception(&self->future, BOOM), ASYNC_OK);
    if (self->how == CANCEL)
        CHECK(async_future_cancel(&self->future));
    CHECK_INT(async_future_set_result(&self->future, NULL), ASYNC_INVALID_STATE);
    CHECK_INT(async_future_set_exception(&self->future, BANG), ASYNC_INVALID_STATE);
    CHECK(!async_future_cancel(&self->future));
    CHECK(async_future_done(&self->future));
    CHECK_INT(async_future_cancelled(&self->future), self->how == CANCEL);
    note("done ");
    async_future_add_done_callback(&self->future, &self->handles[2], called_too, c);
    self->status = async_future_result(&self->future, &self->value);
    CHECK_INT(self->status, self->how == RESULT ? ASYNC_OK : self->how == FAILURE ? BOOM : ASYNC_CANCELLED);
    for (self->i = 0; self->i < 2; self->i++)
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
    await_catch(self->status, async_future_wait, .future = &self->future); /* at once */
    note("%s", word(self->status));
    async_finally;
    for (self->i = 0; self->i < 2; self->i++)
        async_release(self->tasks[self->i]);
    if (async_error == ASYNC_OK)
        async_future_deinit(&self->future);
    async_end;
}

TEST(future, completed_in_every_way)
{
    CHECK_INT(RUN(completes, .how = RESULT), ASYNC_OK);
    CHECK_NOTES("done a 0:ok 1:ok b c! ok");
    CHECK_INT(RUN(completes, .how = FAILURE), ASYNC_OK);
    CHECK_NOTES("done a 0:boom 1:boom b c! boom");
    CHECK_INT(RUN(completes, .how = CANCEL), ASYNC_OK);
    CHECK_NOTES("done a 0:cancelled 1:cancelled b c! cancelled");
}

TEST(future, all_zeros_are_a_pending_one)
{
    async_future future;
    memset(&future, 0, sizeof future);
    CHECK(!async_future_done(&future));
    async_future_deinit(&future);
    async_future_deinit(&future);
}

static void tell(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    (void)data;
    note("%s ", word(e->status));
}
struct neglects { async_frame frame; bool looks; async_future future; };
async(neglects)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), tell, NULL);
    async_future_set_exception(&self->future, BOOM);
    if (self->looks)
        CHECK_INT(async_future_exception(&self->future), BOOM);
    async_future_deinit(&self->future);
    async_end;
}

TEST(future, a_failure_that_nobody_saw_is_reported)
{
    CHECK_INT(RUN(neglects), ASYNC_OK);
    CHECK_NOTES("boom ");
    CHECK_INT(RUN(neglects, .looks = true), ASYNC_OK);
    CHECK_NOTES("");
}

TEST(future, completed_between_runs)
{
    async_future future;
    async_loop *loop = async_new_event_loop();
    async_task *task;
    async_future_init(&future);
    task = loop == NULL ? NULL : async_loop_create_task(loop, waits, .future = &future, .name = 1);
    if (task != NULL) {
        async_loop_stop(loop);
        CHECK_INT(async_loop_run_until_complete(loop, task), ASYNC_STOPPED);
        CHECK_INT(async_future_set_result(&future, &x), ASYNC_OK);
        CHECK_INT(async_loop_run_until_complete(loop, task), ASYNC_OK);
        CHECK_NOTES("1:ok ");
    }
    async_release(task);
    async_loop_close(loop);
    async_future_deinit(&future);
}

/* ---- gather ---------------------------------------------------------------------------------------------------- */

struct job { async_frame frame; int ms; async_status fails; int result; };
async(job)
{
    async_begin;
    await(async_sleep, .delay = async_ms(self->ms));
    if (self->fails < 0)
        async_raise(self->fails);
    async_return(self->ms);
    async_finally;
    note("%d:%s ", self->ms, word(async_error));
    async_end;
}

enum { ALL_GOOD, ONE_FAILS, TWO_FAIL, TOLERATES, SAME_TWICE, WITH_NODES, NONE, DONE_BEFORE, WAYS };
struct gathers { async_frame frame; int how, i; async_task *tasks[4]; async_handle nodes[4]; async_status status, statuses[4]; };
async(gathers)
{
    async_begin;
    for (; self->i < 4; self->i++) {
        self->tasks[self->i] = async_create_task(job, .ms = (4 - self->i) * 10,
            .fails = (self->i == 2 && (self->how == ONE_FAILS || self->how == TWO_FAIL || self->how == TOLERATES)) ? BOOM
                : (self->i == 1 && self->how == TWO_FAIL) ? BANG : ASYNC_OK);
        if (self->tasks[self->i] == NULL)
            async_raise(ASYNC_NO_MEMORY);
    }
    if (self->how == SAME_TWICE) {
        async_cancel(self->tasks[3]);
        async_release(self->tasks[3]);
        self->tasks[3] = async_retain(self->tasks[0]);
    }
    if (self->how == DONE_BEFORE)
        await(async_sleep, .delay = async_ms(100));
    note("| ");
    await_catch(self->status, async_gather, .tasks = self->tasks, .count = self->how == NONE ? 0 : 4,
        .return_exceptions = self->how == TOLERATES, .statuses = self->statuses,
        .nodes = self->how == WITH_NODES ? self->nodes : NULL);
    note("= %s ", word(self->status));
    if (self->status == ASYNC_OK && self->how != NONE && self->how != SAME_TWICE && self->how != TOLERATES)
        for (self->i = 0; self->i < 4; self->i++)
            CHECK_INT(async_result(self->tasks[self->i], job), (4 - self->i) * 10);
    if (self->how == TOLERATES && self->status == ASYNC_OK) {
        CHECK_INT(self->statuses[1], ASYNC_OK);
        CHECK_INT(self->statuses[2], BOOM);
    }
    await(async_sleep, .delay = async_ms(100));
    async_finally;
    for (self->i = 0; self->i < 4; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}

TEST(gather, every_way)
{
    long live = counted_live;
    static const char *expected[WAYS] = {
        "| 10:ok 20:ok 30:ok 40:ok = ok ",
        "| 10:ok 20:boom = boom 30:ok 40:ok ",
        "| 10:ok 20:boom = boom 30:bang 40:ok ",
        "| 10:ok 20:boom 30:ok 40:ok = ok ",
        "| 20:ok 30:ok 40:ok = ok ",
        "| 10:ok 20:ok 30:ok 40:ok = ok ",
        "| = ok 10:ok 20:ok 30:ok 40:ok ",
        "10:ok 20:ok 30:ok 40:ok | = ok ",
    };
    int how;
    for (how = 0; how < WAYS; how++) {
        CHECK_INT(RUN(gathers, .how = how), ASYNC_OK);
        CHECK_NOTES(expected[how]);
    }
    CHECK_INT(counted_live, live);
}

/* a gather that is kept, and futures instead of tasks */
struct keeps { async_frame frame; bool cancels; async_future futures[3], *pointers[3]; async_gathering gathering; int i; async_status status; };
async(keeps)
{
    async_begin;
    for (; self->i < 3; self->i++)
        self->pointers[self->i] = &self->futures[self->i];
    if (async_gathering_start(&self->gathering, NULL, self->pointers, 3, false, NULL) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_future_set_result(&self->futures[1], NULL);
    await(async_sleep, .delay = 0);
    CHECK(!async_future_done(&self->gathering.future));
    if (self->cancels) {
        CHECK(async_future_cancel(&self->gathering.future));
        CHECK(async_future_cancelled(&self->futures[0]));
        CHECK(!async_future_cancelled(&self->futures[1]));
    } else {
        async_future_set_result(&self->futures[0], NULL);
        async_future_set_result(&self->futures[2], NULL);
    }
    await_catch(self->status, async_future_wait, .future = &self->gathering.future);
    CHECK_INT(self->status, self->cancels ? ASYNC_CANCELLED : ASYNC_OK);
    async_finally;
    async_gathering_deinit(&self->gathering);
    async_gathering_deinit(&self->gathering);
    for (self->i = 0; self->i < 3; self->i++)
        async_future_deinit(&self->futures[self->i]);
    async_end;
}

TEST(gather, kept)
{
    long live = counted_live;
    CHECK_INT(RUN(keeps), ASYNC_OK);
    CHECK_INT(RUN(keeps, .cancels = true), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

struct drops { async_frame frame; async_task *tasks[2]; async_gathering gathering; async_status status; int i; };
async(drops)
{
    async_begin;
    for (; self->i < 2; self->i++)
        self->tasks[self->i] = async_create_task(job, .ms = 5);
    if (async_gathering_start(&self->gathering, self->tasks, NULL, 2, false, NULL) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await(async_sleep, .delay = async_ms(1));
    async_gathering_deinit(&self->gathering); /* the tasks run on */
    await(async_join, .task = self->tasks[1]);
    async_finally;
    for (self->i = 0; self->i < 2; self->i++)
        async_release(self->tasks[self->i]);
    async_gathering_deinit(&self->gathering);
    async_end;
}

TEST(gather, dropped_halfway)
{
    CHECK_INT(RUN(drops), ASYNC_OK);
    CHECK_NOTES("5:ok 5:ok ");
}
