/* The two verification tools themselves: what they find, what they shuffle and what they leave alone. */
#define ASYNCIO_VERIFY 1
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "test.h"

static const async_loop_config in_order = {.virtual_clock = true};

static async_loop_config seeded(uint32_t seed)
{
    async_loop_config config = in_order;
    config.seed = seed;
    return config;
}

/* ---- seeded scheduling -------------------------------------------------------------------------------------- */

static char trace[100];

static void note(char c)
{
    size_t length = strlen(trace);
    if (length + 1 < sizeof trace) {
        trace[length] = c;
        trace[length + 1] = '\0';
    }
}

struct notes {
    async_frame frame;
    char name;
    int i;
};

async(notes)
{
    async_begin;
    for (self->i = 0; self->i < 2; self->i++) {
        note(self->name);
        await(async_sleep, .delay = 0);
    }
    async_end;
}

static void note_callback(async_handle *handle) { note(*(const char *)handle->data); }

struct mixture {
    async_frame frame;
    async_handle callbacks[3];
    async_timer_handle timers[2];
    async_task *tasks[4];
    int i;
};

async(mixture)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++) {
        self->tasks[self->i] = async_create_task(notes, .name = (char)('a' + self->i));
        if (self->i < 3)
            async_call_soon(&self->callbacks[self->i], note_callback, (void *)(size_t)&"123"[self->i]);
    }
    async_call_later(async_ms(1), &self->timers[0], note_callback, (void *)(size_t)"4");
    async_call_later(async_ms(2), &self->timers[1], note_callback, (void *)(size_t)"5");
    await(async_sleep, .delay = async_ms(9));
    async_finally;
    for (self->i = 0; self->i < 4; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}

static const char *trace_of(const async_loop_config *config)
{
    trace[0] = '\0';
    CHECK_INT(async_run_with(config, mixture), ASYNC_OK);
    return trace;
}

TEST(seeds, none_is_first_in_first_out) { CHECK_STR(trace_of(&in_order), "a1b2c3dabcd45"); }

/* These hold on every machine; whoever changes the generator changes what users have written down. */
TEST(seeds, the_same_seed_is_the_same_run)
{
    static const struct {
        uint32_t seed;
        const char *trace;
    } runs[] = {{1, "d1c23babadc45"}, {2, "1da2b3cbadc45"}, {4000000000u, "1bdca23bcda45"}};
    size_t i;
    for (i = 0; i < 3; i++) {
        async_loop_config config = seeded(runs[i].seed);
        CHECK_STR(trace_of(&config), runs[i].trace);
        CHECK_STR(trace_of(&config), runs[i].trace);
    }
}

TEST(seeds, only_what_is_legal)
{
    static bool first[4], callback_first;
    uint32_t seed;
    for (seed = 1; seed <= 500; seed++) {
        async_loop_config config = seeded(seed);
        const char *t = trace_of(&config);
        const char *one = strchr(t, '1'), *two = strchr(t, '2'), *three = strchr(t, '3');
        int i;
        CHECK_INT(strlen(t), 13);
        CHECK(one < two && two < three && three < t + 7); /* callbacks: in their order, in their pass */
        CHECK_STR(t + 11, "45");
        for (i = 0; i < 4; i++) {
            char name = (char)('a' + i);
            CHECK(strchr(t, name) < t + 7 && strrchr(t, name) >= t + 7);
            first[i] = first[i] || (t[0] == name);
        }
        callback_first = callback_first || t[0] == '1';
    }
    CHECK(first[0] && first[1] && first[2] && first[3] && callback_first);
}

/* A callback that another one cancels is found wherever the shuffle has put it. */
struct cancels_callbacks {
    async_frame frame;
    async_handle callbacks[6];
    int i;
};

static async_handle *victim;

static void cancel_victim(async_handle *handle)
{
    (void)handle;
    CHECK(async_handle_cancel(victim));
}

async(cancels_callbacks)
{
    async_begin;
    victim = &self->callbacks[4];
    async_call_soon(&self->callbacks[0], cancel_victim, NULL);
    for (self->i = 1; self->i < 6; self->i++) {
        async_go(notes, .name = 't');
        async_call_soon(&self->callbacks[self->i], note_callback, (void *)(size_t)&"012345"[self->i]);
    }
    await(async_sleep, .delay = async_ms(9));
    async_end;
}

TEST(seeds, callbacks_can_be_cancelled)
{
    uint32_t seed;
    for (seed = 0; seed <= 200; seed++) {
        async_loop_config config = seeded(seed);
        char *c, *to;
        trace[0] = '\0';
        CHECK_INT(async_run_with(&config, cancels_callbacks), ASYNC_OK);
        for (c = to = trace; *c != '\0'; c++)
            if (*c != 't')
                *to++ = *c;
        *to = '\0';
        CHECK_STR(trace, "1235");
    }
}

/* ---- what is found: each of these has one fault ------------------------------------------------------------- */

static int before_calls, after_calls;

static void before(void *data, const async_verify_run *run)
{
    (void)run;
    CHECK_STR((const char *)data, "data");
    before_calls++;
}

static bool after(void *data, const async_verify_run *run)
{
    CHECK_STR((const char *)data, "data");
    CHECK(run->status == ASYNC_OK || (run->point != 0 && run->status == ASYNC_CANCELLED));
    after_calls++;
    return true;
}

struct naps {
    async_frame frame;
    int times, i, result;
};

async(naps)
{
    async_begin;
    for (self->i = 0; self->i < self->times; self->i++)
        await(async_sleep, .delay = async_ms(1));
    async_return(self->i);
    async_end;
}

TEST(everywhere, counts_points)
{
    static char data[] = "data";
    async_verify verify = {.before = before, .after = after, .data = data};
    before_calls = after_calls = 0;
    /* begins; waits and goes on, three times */
    CHECK(async_cancel_everywhere(&verify, naps, .times = 3));
    CHECK_INT(verify.cancels, 7);
    CHECK_INT(verify.runs, 8);
    CHECK_INT(before_calls, 8);
    CHECK_INT(after_calls, 8);
    CHECK(async_run_seeds(&verify, naps, .times = 3));
    CHECK_INT(verify.cancels, 0);
    CHECK_INT(verify.runs, 1000);
    verify.seeds = 10;
    CHECK(async_cancel_everywhere(&verify, naps, .times = 3));
    CHECK_INT(verify.runs, 80);
}

TEST(everywhere, goes_back_to_a_point)
{
    async_verify verify = {.first_point = 6};
    CHECK(async_cancel_everywhere(&verify, naps, .times = 3));
    CHECK_INT(verify.runs, 3);
}

/* A cancel while it sleeps in the body leaves the task behind. */
struct leaks_task {
    async_frame frame;
    async_task *task;
};

async(leaks_task)
{
    async_begin;
    self->task = async_create_task(naps);
    await(async_sleep, .delay = async_ms(1));
    async_release(self->task);
    async_end;
}

TEST(everywhere, finds_a_task_that_is_not_released)
{
    async_verify verify = {0};
    CHECK(async_run_seeds(&verify, leaks_task));
    CHECK(!async_cancel_everywhere(&verify, leaks_task));
    CHECK_INT(verify.failed.point, 2);
}

/* What the library allocated for a queue. */
static async_queue queue;

struct leaks_queue {
    async_frame frame;
    int item;
};

async(leaks_queue)
{
    async_begin;
    async_queue_init(&queue, sizeof(int), 0);
    async_queue_put_nowait(&queue, &self->item);
    await(async_sleep, .delay = async_ms(1));
    async_queue_deinit(&queue);
    async_end;
}

TEST(everywhere, finds_an_allocation_that_is_not_freed)
{
    async_verify verify = {0};
    CHECK(async_run_seeds(&verify, leaks_queue));
    CHECK(!async_cancel_everywhere(&verify, leaks_queue));
    CHECK_INT(verify.failed.point, 2);
    async_queue_deinit(&queue);
}

/* A generator that is not closed never runs its finally part. */
struct numbers {
    async_frame frame;
    int result, i;
};

async(numbers)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        await(async_sleep, .delay = async_ms(1));
        async_yield(self->i);
    }
    async_end;
}

struct forgets_generator {
    async_frame frame;
    struct numbers numbers;
};

async(forgets_generator)
{
    async_begin;
    async_generator_open(&self->numbers, numbers);
    async_for (&self->numbers)
        await(async_sleep, .delay = async_ms(1));
    async_end;
}

TEST(everywhere, finds_a_finally_part_that_did_not_run)
{
    async_verify verify = {0};
    CHECK(async_run_seeds(&verify, forgets_generator));
    CHECK(!async_cancel_everywhere(&verify, forgets_generator));
    CHECK_INT(verify.failed.point, 4); /* begins; waits, goes on: an item; waits */
}

/* Whom the main function waits for is not told when it is cancelled. */
struct waits_for_ever {
    async_frame frame;
    async_event *event;
};

async(waits_for_ever)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    await(async_event_wait, .event = self->event);
    async_end;
}

struct deadlocks {
    async_frame frame;
    async_event event;
    async_task *task;
    async_status status;
};

async(deadlocks)
{
    async_begin;
    self->task = async_create_task(waits_for_ever, .event = &self->event);
    await(async_sleep, .delay = async_ms(2));
    async_event_set(&self->event);
    async_finally;
    await_catch(self->status, async_shield, .task = self->task);
    async_release(self->task);
    async_end;
}

TEST(everywhere, finds_a_deadlock)
{
    async_verify verify = {0};
    CHECK(async_run_seeds(&verify, deadlocks));
    CHECK(!async_cancel_everywhere(&verify, deadlocks));
    CHECK_INT(verify.failed.status, ASYNC_DEADLOCK);
}

/* A second cancel cuts the finally part short: only .again shows it. */
static int opened;

struct closes_late {
    async_frame frame;
};

async(closes_late)
{
    async_begin;
    opened++;
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    await(async_sleep, .delay = async_ms(1));
    opened--;
    async_end;
}

static void open_none(void *data, const async_verify_run *run)
{
    (void)data;
    (void)run;
    opened = 0;
}

static bool none_is_open(void *data, const async_verify_run *run)
{
    (void)data;
    return opened == 0 || run->point == 4 || run->point == 5; /* a first cancel in the finally part itself */
}

TEST(everywhere, cancels_again)
{
    async_verify verify = {.before = open_none, .after = none_is_open};
    CHECK(async_cancel_everywhere(&verify, closes_late));
    verify.again = true;
    CHECK(!async_cancel_everywhere(&verify, closes_late));
    CHECK_INT(verify.failed.point, 2);
}

/* Another task is cancelled only with .every_task. */
struct depends {
    async_frame frame;
    async_task *task;
    int sum;
};

async(depends)
{
    async_begin;
    self->task = async_create_task(naps, .times = 1);
    await(async_sleep, .delay = async_ms(5));
    self->sum = async_task_cancelled(self->task) ? -1 : async_result(self->task, naps);
    if (self->sum < 0)
        async_raise(ASYNC_USER_ERROR(1));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(everywhere, cancels_every_task)
{
    async_verify verify = {0};
    CHECK(async_cancel_everywhere(&verify, depends));
    CHECK_INT(verify.cancels, 3);
    verify.every_task = true;
    CHECK(!async_cancel_everywhere(&verify, depends));
    CHECK_INT(verify.failed.status, ASYNC_USER_ERROR(1));
}

/* Depends on who comes first: a few seeds show it, and the seed is enough to see it again. */
static int first_come;

struct comes {
    async_frame frame;
    int who;
};

async(comes)
{
    async_begin;
    if (first_come == 0)
        first_come = self->who;
    async_end;
}

struct races {
    async_frame frame;
};

async(races)
{
    async_begin;
    first_come = 0;
    async_go(comes, .who = 1);
    async_go(comes, .who = 2);
    await(async_sleep, .delay = async_ms(1));
    if (first_come != 1)
        async_raise(ASYNC_USER_ERROR(2));
    async_end;
}

TEST(seeds, find_what_depends_on_the_order)
{
    async_verify verify = {.seeds = 50}, again = {.seeds = 1};
    CHECK_INT(async_run_with(&in_order, races), ASYNC_OK);
    CHECK(!async_run_seeds(&verify, races));
    CHECK(verify.failed.seed >= 1 && verify.failed.seed <= 50);
    again.first_seed = verify.failed.seed;
    CHECK(!async_run_seeds(&again, races));
    CHECK_INT(again.runs, 1);
}

struct verifies {
    async_frame frame;
};

async(verifies)
{
    async_begin;
    {
        async_verify verify;
        memset(&verify, 0, sizeof verify);
        CHECK(!async_run_seeds(&verify, naps));
        CHECK_INT(verify.runs, 0);
    }
    async_end;
}

TEST(everywhere, refuses_inside_a_run) { CHECK_INT(async_run(verifies), ASYNC_OK); }
