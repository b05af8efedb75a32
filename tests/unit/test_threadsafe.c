/* Async functions on the loop of another thread: results, failures, deadlines, cancels, and loops that end first. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include "gate.h"

#ifdef __TINYC__
TEST(threadsafe, one_thread_only) { CHECK(true); } /* no thread-local variables, no atomic ones */
#else

/* ---- a loop in a thread ------------------------------------------------------------------------------------------ */

struct other { async_loop *loop; pthread_t thread; async_handle last; };

static void *run_forever(void *loop)
{
    async_loop_run_forever((async_loop *)loop);
    async_loop_cancel_all_tasks((async_loop *)loop);
    return NULL;
}

static void stop(async_handle *handle) { async_loop_stop((async_loop *)handle->data); }

static bool begin(struct other *other)
{
    memset(other, 0, sizeof *other);
    other->loop = async_new_event_loop();
    if (other->loop == NULL)
        return false;
    REQUIRE(pthread_create(&other->thread, NULL, run_forever, other->loop) == 0);
    return true;
}

static void end(struct other *other)
{
    CHECK_INT(async_loop_call_soon_threadsafe(other->loop, &other->last, stop, other->loop), ASYNC_OK);
    pthread_join(other->thread, NULL);
    async_loop_close(other->loop);
}

static bool is(async_status status, async_status expected) { return status == expected || status == ASYNC_NO_MEMORY; }

/* ---- results ------------------------------------------------------------------------------------------------------ */

struct sum { async_frame frame; const char *name; int a, b; struct { char text[20]; long value; } result; };
async(sum)
{
    async_begin;
    await(async_sleep, .delay = 0);
    snprintf(self->result.text, sizeof self->result.text, "%s", self->name);
    self->result.value = self->a + self->b;
    async_end;
}

struct fails { async_frame frame; async_status status; };
async(fails)
{
    async_begin;
    await(async_sleep, .delay = self->status == BANG ? async_ms(1) : 0);
    async_raise(self->status);
    async_end;
}

TEST(threadsafe, results)
{
    long live = counted_live;
    struct other other;
    async_concurrent_future *f, *g;
    if (!begin(&other))
        return;
    f = async_run_coroutine_threadsafe(other.loop, sum, .name = "one", .a = 1, .b = 2);
    g = async_run_coroutine_threadsafe(other.loop, sum, .name = "two", .a = 10);
    CHECK(is(async_concurrent_future_wait(g, async_seconds(60)), ASYNC_OK));
    CHECK(is(async_concurrent_future_wait(f, ASYNC_FOREVER), ASYNC_OK));
    if (async_concurrent_future_wait(f, 0) == ASYNC_OK) {
        CHECK(async_concurrent_future_done(f));
        CHECK_STR(async_concurrent_future_result(f, sum).text, "one");
        CHECK_INT(async_concurrent_future_result(f, sum).value, 3);
    }
    if (async_concurrent_future_wait(g, 0) == ASYNC_OK)
        CHECK_INT(async_concurrent_future_result(g, sum).value, 10);
    CHECK(!async_concurrent_future_cancel(f));
    async_concurrent_future_release(f);
    async_concurrent_future_release(g);
    f = async_run_coroutine_threadsafe(other.loop, fails, .status = BOOM);
    CHECK(is(async_concurrent_future_wait(f, ASYNC_FOREVER), BOOM));
    async_concurrent_future_release(f);
    f = async_run_coroutine_threadsafe(other.loop, async_sleep, .delay = async_ms(1)); /* a leaf */
    CHECK(is(async_concurrent_future_wait(f, ASYNC_FOREVER), ASYNC_OK));
    async_concurrent_future_release(f);
    f = async_run_coroutine_threadsafe(other.loop, sum, .name = "nobody waits");
    async_concurrent_future_release(f);
    f = async_run_coroutine_threadsafe(other.loop, fails, .status = BANG);
    async_concurrent_future_release(f);
    end(&other);
    CHECK_INT(counted_live, live);
}

TEST(threadsafe, nothing)
{
    CHECK_PTR(async_run_coroutine_threadsafe((async_loop *)NULL, sum), NULL);
    CHECK_INT(async_concurrent_future_wait(NULL, 0), ASYNC_NO_MEMORY);
    CHECK(async_concurrent_future_done(NULL));
    CHECK(!async_concurrent_future_cancel(NULL));
    async_concurrent_future_release(NULL);
}

/* An argument may start one itself. */
TEST(threadsafe, nested)
{
    long live = counted_live;
    struct other other;
    async_concurrent_future *inner = NULL, *outer;
    if (!begin(&other))
        return;
    outer = async_run_coroutine_threadsafe(other.loop, sum, .name = "outer",
        .a = (inner = async_run_coroutine_threadsafe(other.loop, sum, .name = "inner", .a = 4)) != NULL, .b = 7);
    CHECK(is(async_concurrent_future_wait(inner, ASYNC_FOREVER), ASYNC_OK));
    if (async_concurrent_future_wait(outer, ASYNC_FOREVER) == ASYNC_OK) {
        CHECK_STR(async_concurrent_future_result(outer, sum).text, "outer");
        CHECK_INT(async_concurrent_future_result(outer, sum).value, inner == NULL ? 7 : 8);
    }
    if (async_concurrent_future_wait(inner, ASYNC_FOREVER) == ASYNC_OK)
        CHECK_INT(async_concurrent_future_result(inner, sum).value, 4);
    async_concurrent_future_release(inner);
    async_concurrent_future_release(outer);
    end(&other);
    CHECK_INT(counted_live, live);
}

/* ---- deadlines and cancels ---------------------------------------------------------------------------------------- */

struct waits { async_frame frame; gate *begun; int *cleaned; };
async(waits)
{
    async_begin;
    gate_set(self->begun);
    await(async_sleep, .delay = async_seconds(3600));
    async_finally;
    await(async_sleep, .delay = 0);
    ++*self->cleaned;
    async_end;
}

TEST(threadsafe, cancelled)
{
    long live = counted_live;
    struct other other;
    gate begun = GATE_INIT, second = GATE_INIT;
    int cleaned = 0;
    async_concurrent_future *f, *g;
    if (!begin(&other))
        return;
    f = async_run_coroutine_threadsafe(other.loop, waits, .begun = &begun, .cleaned = &cleaned);
    CHECK(is(async_concurrent_future_wait(f, async_ms(2)), ASYNC_TIMED_OUT));
    CHECK(is(async_concurrent_future_wait(f, 0), ASYNC_TIMED_OUT));
    if (f != NULL && !async_concurrent_future_done(f)) {
        gate_wait(&begun);
        CHECK(async_concurrent_future_cancel(f));
        async_concurrent_future_cancel(f);
        CHECK(is(async_concurrent_future_wait(f, ASYNC_FOREVER), ASYNC_CANCELLED));
        CHECK_INT(cleaned, 1);
    }
    g = async_run_coroutine_threadsafe(other.loop, waits, .begun = &second, .cleaned = &cleaned);
    async_concurrent_future_cancel(g); /* perhaps before it has begun */
    async_concurrent_future_release(g);
    async_concurrent_future_release(f);
    end(&other);
    CHECK_INT(counted_live, live);
}

struct waits_for_itself { async_frame frame; async_concurrent_future *f; };
async(waits_for_itself)
{
    async_begin;
    self->f = async_run_coroutine_threadsafe(async_get_running_loop(), fails, .status = BOOM);
    CHECK(is(async_concurrent_future_wait(self->f, async_seconds(1)), ASYNC_MISUSE));
    await(async_sleep, .delay = async_ms(1));
    CHECK(is(async_concurrent_future_wait(self->f, 0), BOOM));
    async_finally;
    async_concurrent_future_release(self->f);
    async_end;
}

TEST(threadsafe, in_its_own_thread)
{
    long live = counted_live;
    CHECK(is(async_run(waits_for_itself), ASYNC_OK));
    CHECK_INT(counted_live, live);
}

/* ---- loops that end first ------------------------------------------------------------------------------------------- */

TEST(threadsafe, loop_closed_before_it_began)
{
    long live = counted_live;
    async_loop *loop = async_new_event_loop();
    async_concurrent_future *f, *g, *h;
    if (loop == NULL)
        return;
    f = async_run_coroutine_threadsafe(loop, sum, .name = "never");
    g = async_run_coroutine_threadsafe(loop, sum, .name = "never");
    h = async_run_coroutine_threadsafe(loop, sum, .name = "never");
    async_concurrent_future_cancel(g);
    async_concurrent_future_release(h);
    CHECK_INT(async_loop_close(loop), ASYNC_OK);
    CHECK(is(async_concurrent_future_wait(f, ASYNC_FOREVER), ASYNC_CLOSED));
    CHECK(is(async_concurrent_future_wait(g, ASYNC_FOREVER), ASYNC_CLOSED));
    CHECK(!async_concurrent_future_cancel(f));
    async_concurrent_future_release(f);
    async_concurrent_future_release(g);
    CHECK_INT(counted_live, live);
}

TEST(threadsafe, loop_closed_meanwhile)
{
    long live = counted_live;
    async_loop *loop = async_new_event_loop();
    gate begun = GATE_INIT;
    int cleaned = 0;
    async_concurrent_future *f, *g;
    if (loop == NULL)
        return;
    f = async_run_coroutine_threadsafe(loop, waits, .begun = &begun, .cleaned = &cleaned);
    g = async_run_coroutine_threadsafe(loop, fails, .status = BOOM);
    async_loop_run_once(loop);
    async_loop_run_once(loop);
    async_concurrent_future_cancel(f);
    CHECK_INT(async_loop_close(loop), ASYNC_OK);
    CHECK(is(async_concurrent_future_wait(f, ASYNC_FOREVER), ASYNC_CLOSED));
    CHECK(async_concurrent_future_done(g));
    async_concurrent_future_release(f);
    async_concurrent_future_release(g);
    CHECK_INT(counted_live, live);
}

/* ---- many ------------------------------------------------------------------------------------------------------------ */

enum { CALLERS = 4 };
struct caller { async_loop *loop; int number; pthread_t thread; };
static void *call(void *data)
{
    struct caller *caller = (struct caller *)data;
    async_concurrent_future *f[8];
    int i, k;
    for (i = 0; i < TEST_MANY / 1000; i++) {
        for (k = 0; k < 8; k++)
            f[k] = async_run_coroutine_threadsafe(caller->loop, sum, .name = "", .a = caller->number, .b = i + k);
        async_concurrent_future_cancel(f[i % 8]);
        for (k = 7; k >= 0; k--) {
            async_status status = async_concurrent_future_wait(f[k], ASYNC_FOREVER);
            CHECK(is(status, ASYNC_OK) || (k == i % 8 && status == ASYNC_CANCELLED));
            if (status == ASYNC_OK)
                CHECK_INT(async_concurrent_future_result(f[k], sum).value, caller->number + i + k);
            async_concurrent_future_release(f[k]);
        }
    }
    return NULL;
}

TEST(threadsafe, many_callers)
{
    long live = counted_live;
    struct other other;
    struct caller callers[CALLERS];
    int i;
    if (!begin(&other))
        return;
    for (i = 0; i < CALLERS; i++) {
        callers[i].loop = other.loop;
        callers[i].number = 1000 * i;
        REQUIRE(pthread_create(&callers[i].thread, NULL, call, &callers[i]) == 0);
    }
    for (i = 0; i < CALLERS; i++)
        pthread_join(callers[i].thread, NULL);
    end(&other);
    CHECK_INT(counted_live, live);
}

#endif
