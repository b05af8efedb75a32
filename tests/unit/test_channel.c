/* Channels between loops in different threads: order, bounds, closing, cancelling; nothing lost, nothing twice. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

#ifdef __TINYC__
TEST(channel, one_thread_only) { CHECK(true); } /* no thread-local variables, no atomic ones */
#else

static bool is(async_status status, async_status expected) { return status == expected || status == ASYNC_NO_MEMORY; }

/* ---- by itself ----------------------------------------------------------------------------------------------------- */

TEST(channel, nowait)
{
    async_channel channel;
    int items[3], i, x;
    memset(&channel, 0, sizeof channel);
    async_channel_deinit(&channel);
    CHECK_INT(async_channel_init(&channel, sizeof(int), 0, items), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_channel_init(&channel, sizeof(int), 3, NULL), ASYNC_INVALID_ARGUMENT);
    async_channel_deinit(&channel);
    REQUIRE(async_channel_init(&channel, sizeof(int), 3, items) == ASYNC_OK);
    CHECK_INT(async_channel_get_nowait(&channel, &x), ASYNC_QUEUE_EMPTY);
    for (i = 0; i < 3; i++)
        CHECK_INT(async_channel_put_nowait(&channel, &i), ASYNC_OK);
    CHECK_INT(async_channel_put_nowait(&channel, &i), ASYNC_QUEUE_FULL);
    CHECK_INT(async_channel_qsize(&channel), 3);
    CHECK_INT(async_channel_get_nowait(&channel, &x), ASYNC_OK);
    CHECK_INT(x, 0);
    CHECK_INT(async_channel_put_nowait(&channel, &i), ASYNC_OK);
    async_channel_close(&channel);
    async_channel_close(&channel);
    CHECK_INT(async_channel_put_nowait(&channel, &i), ASYNC_CLOSED);
    CHECK_INT(async_channel_get_nowait(&channel, NULL), ASYNC_OK);
    CHECK_INT(async_channel_get_nowait(&channel, &x), ASYNC_OK);
    CHECK_INT(x, 2);
    CHECK_INT(async_channel_get_nowait(&channel, &x), ASYNC_OK);
    CHECK_INT(x, 3);
    CHECK_INT(async_channel_get_nowait(&channel, &x), ASYNC_CLOSED);
    async_channel_deinit(&channel);
    async_channel_deinit(&channel);
    REQUIRE(async_channel_init(&channel, 0, 2, NULL) == ASYNC_OK); /* signals */
    CHECK_INT(async_channel_put_nowait(&channel, NULL), ASYNC_OK);
    CHECK_INT(async_channel_get_nowait(&channel, &x), ASYNC_OK);
    async_channel_deinit(&channel);
}

/* ---- in one loop ----------------------------------------------------------------------------------------------------- */

struct gets { async_frame frame; async_channel *channel; char name; int x; async_status status; };
async(gets)
{
    async_begin;
    for (;;) {
        await_catch(self->status, async_channel_get, .channel = self->channel, .item = &self->x);
        if (self->status < 0)
            break;
        note("%c%d ", self->name, self->x);
    }
    note("%c:%s ", self->name, self->status == ASYNC_CLOSED ? "closed" : word(self->status));
    async_end;
}

struct puts_some { async_frame frame; async_channel *channel; char name; int first, count, i, x; async_status status; };
async(puts_some)
{
    async_begin;
    for (self->i = 0; self->i < self->count; self->i++) {
        self->x = self->first + self->i;
        await_catch(self->status, async_channel_put, .channel = self->channel, .item = &self->x);
        if (self->status < 0) {
            note("%c:%s ", self->name, self->status == ASYNC_CLOSED ? "closed" : word(self->status));
            async_raise(ASYNC_CANCELLED);
        }
    }
    async_end;
}

struct one_loop { async_frame frame; async_channel channel; int items[2], i; async_task *tasks[3]; async_status status; };
async(one_loop)
{
    async_begin;
    async_channel_init(&self->channel, sizeof(int), 2, self->items);
    self->tasks[0] = async_create_task(gets, .channel = &self->channel, .name = 'a');
    self->tasks[1] = async_create_task(puts_some, .channel = &self->channel, .name = 'p', .first = 1, .count = 5);
    await_catch(self->status, async_join, .task = self->tasks[1]);
    await(async_sleep, .delay = async_ms(1));
    async_channel_close(&self->channel);
    await_catch(self->status, async_join, .task = self->tasks[0]);
    if (self->tasks[0] != NULL && self->tasks[1] != NULL)
        CHECK_NOTES("a1 a2 a3 a4 a5 a:closed ");
    async_finally;
    async_channel_close(&self->channel);
    for (self->i = 0; self->i < 2; self->i++) {
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
        async_release(self->tasks[self->i]);
    }
    async_channel_deinit(&self->channel);
    diary[0] = '\0';
    async_end;
}

TEST(channel, one_loop)
{
    long live = counted_live;
    CHECK(is(RUN(one_loop), ASYNC_OK));
    CHECK_INT(counted_live, live);
}

/* Close wakes all who wait, on either side. */
struct closes { async_frame frame; async_channel full, empty; int items[2], i; async_task_group group; };
async(closes)
{
    async_begin;
    async_channel_init(&self->full, sizeof(int), 1, &self->items[0]);
    async_channel_init(&self->empty, sizeof(int), 1, &self->items[1]);
    async_channel_put_nowait(&self->full, &self->i);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < 3; self->i++) {
        async_task_group_create_task(&self->group, gets, .channel = &self->empty, .name = 'g');
        async_task_group_create_task(&self->group, puts_some, .channel = &self->full, .name = 'p', .count = 1);
    }
    await(async_sleep, .delay = 0);
    await(async_sleep, .delay = 0);
    async_channel_close(&self->empty);
    async_channel_close(&self->full);
    await(async_task_group_join, .group = &self->group);
    CHECK_NOTES("g:closed g:closed g:closed p:closed p:closed p:closed ");
    CHECK_INT(async_channel_get_nowait(&self->full, &self->i), ASYNC_OK);
    CHECK_INT(async_channel_get_nowait(&self->full, &self->i), ASYNC_CLOSED);
    async_finally;
    async_channel_deinit(&self->full);
    async_channel_deinit(&self->empty);
    diary[0] = '\0';
    async_end;
}

TEST(channel, close_wakes)
{
    long live = counted_live;
    CHECK(is(RUN(closes), ASYNC_OK));
    CHECK_INT(counted_live, live);
}

/* One that was woken and cancelled before it ran passes the item on; one that waits leaves the line. */
struct cancels { async_frame frame; async_channel channel; int items[1], i, x; async_task *tasks[3]; async_status status; };
async(cancels)
{
    async_begin;
    async_channel_init(&self->channel, sizeof(int), 1, self->items);
    for (self->i = 0; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(gets, .channel = &self->channel, .name = (char)('a' + self->i));
    await(async_sleep, .delay = 0);
    if (async_task_done(self->tasks[0]) || async_task_done(self->tasks[1]) || async_task_done(self->tasks[2]))
        async_raise(ASYNC_NO_MEMORY);
    self->x = 7;
    CHECK_INT(async_channel_put_nowait(&self->channel, &self->x), ASYNC_OK); /* wakes a */
    async_cancel(self->tasks[0]);
    async_cancel(self->tasks[1]);
    await(async_sleep, .delay = async_ms(1));
    CHECK_NOTES("b:cancelled a:cancelled c7 ");
    async_finally;
    async_channel_close(&self->channel);
    for (self->i = 0; self->i < 3; self->i++) {
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
        async_release(self->tasks[self->i]);
    }
    async_channel_deinit(&self->channel);
    diary[0] = '\0';
    async_end;
}

TEST(channel, cancelled)
{
    long live = counted_live;
    CHECK(is(RUN(cancels), ASYNC_OK));
    CHECK_INT(counted_live, live);
}

/* A loop is closed with somebody in the line, and with somebody who was woken. */
TEST(channel, loop_closed)
{
    long live = counted_live;
    int woken;
    for (woken = 0; woken < 2; woken++) {
        async_channel channel;
        int items[1], x = 3, i;
        async_loop *loop = async_new_event_loop();
        async_channel_init(&channel, sizeof(int), 1, items);
        for (i = 0; i < 2 && loop != NULL; i++)
            async_release(async_loop_create_task(loop, gets, .channel = &channel, .name = 'x'));
        if (loop != NULL)
            async_loop_run_once(loop);
        if (woken)
            CHECK_INT(async_channel_put_nowait(&channel, &x), ASYNC_OK);
        async_loop_close(loop);
        if (woken)
            CHECK_INT(async_channel_get_nowait(&channel, &x), ASYNC_OK);
        else
            CHECK_INT(async_channel_put_nowait(&channel, &x), ASYNC_OK);
        async_channel_deinit(&channel);
    }
    CHECK_INT(counted_live, live);
    diary[0] = '\0';
}

/* ---- many loops ---------------------------------------------------------------------------------------------------------- */

enum { SIDES = 3, EACH = 3, CAPACITY = 4 }; /* threads on either side, tasks in each thread */
struct item { int producer, number; };

static struct {
    async_channel channel;
    struct item items[CAPACITY];
    int count; /* of each producer */
    unsigned char *seen; /* how often each was got */
    int producers_left;
    bool cancels;
} world;

struct produces { async_frame frame; struct item item; async_status status; };
async(produces)
{
    async_begin;
    while (self->item.number < world.count) {
        if (world.cancels && self->item.number % 3 == 0)
            await_for_catch(async_us(50), self->status, async_channel_put, .channel = &world.channel,
                .item = &self->item);
        else
            await_catch(self->status, async_channel_put, .channel = &world.channel, .item = &self->item);
        if (self->status == ASYNC_CLOSED)
            break;
        if (self->status == ASYNC_OK) /* TIMED_OUT, NO_MEMORY: it has not been put */
            self->item.number++;
        else if (self->status != ASYNC_TIMED_OUT)
            async_raise(self->status);
    }
    async_end;
}

struct consumes { async_frame frame; struct item item; int last[SIDES * EACH], i; async_status status; };
async(consumes)
{
    async_begin;
    for (self->i = 0; self->i < SIDES * EACH; self->i++)
        self->last[self->i] = -1;
    for (;;) {
        if (world.cancels && self->i++ % 4 == 0)
            await_for_catch(async_us(50), self->status, async_channel_get, .channel = &world.channel,
                .item = &self->item);
        else
            await_catch(self->status, async_channel_get, .channel = &world.channel, .item = &self->item);
        if (self->status == ASYNC_CLOSED)
            break;
        if (self->status == ASYNC_TIMED_OUT)
            continue;
        if (self->status < 0)
            async_raise(self->status);
        /* each consumer sees a producer's items in their order */
        CHECK(self->item.number > self->last[self->item.producer]);
        self->last[self->item.producer] = self->item.number;
        __atomic_add_fetch(&world.seen[self->item.producer * world.count + self->item.number], 1, __ATOMIC_RELAXED);
    }
    async_end;
}

struct side { async_frame frame; int number, i; bool produces; async_task_group group; };
async(side)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < EACH; self->i++)
        if (self->produces)
            async_task_group_create_task(&self->group, produces, .item.producer = self->number * EACH + self->i);
        else
            async_task_group_create_task(&self->group, consumes);
    async_end;
}

static void *run_side(void *data)
{
    int number = *(int *)data;
    bool is_producer = number < SIDES;
    async_status status = async_run(side, .number = number, .produces = is_producer);
    CHECK(is(status, ASYNC_OK));
    /* the last producer closes it; so does who cannot go on, for all */
    if (status < 0 || (is_producer && __atomic_sub_fetch(&world.producers_left, 1, __ATOMIC_SEQ_CST) == 0))
        async_channel_close(&world.channel);
    return status < 0 ? &world : NULL;
}

static void many_sides(int count, bool cancels, int close_after)
{
    pthread_t threads[2 * SIDES];
    int numbers[2 * SIDES], i, k, missing = 0, doubles = 0, gap;
    bool complete = close_after == 0, all_went_on = true;
    void *failed;
    memset(&world, 0, sizeof world);
    world.count = count;
    world.cancels = cancels;
    world.producers_left = SIDES;
    world.seen = (unsigned char *)calloc((size_t)(SIDES * EACH * count), 1);
    REQUIRE(world.seen != NULL);
    REQUIRE(async_channel_init(&world.channel, sizeof(struct item), CAPACITY, world.items) == ASYNC_OK);
    for (i = 0; i < 2 * SIDES; i++) {
        numbers[i] = i;
        REQUIRE(pthread_create(&threads[i], NULL, run_side, &numbers[i]) == 0);
    }
    if (close_after > 0) {
        struct timespec pause = { 0, close_after * 1000 };
        nanosleep(&pause, NULL);
        async_channel_close(&world.channel);
    }
    for (i = 0; i < 2 * SIDES; i++) {
        pthread_join(threads[i], &failed);
        if (failed != NULL)
            complete = all_went_on = false;
    }
    for (i = 0; i < SIDES * EACH; i++)
        for (k = gap = 0; k < count; k++) {
            unsigned char times = world.seen[i * count + k];
            doubles += times > 1;
            missing += times == 0 && complete;
            missing += times != 0 && gap; /* what was put is got, as long as the consumers go on */
            gap |= times == 0 && all_went_on;
        }
    CHECK_INT(doubles, 0);
    CHECK_INT(missing, 0);
    async_channel_deinit(&world.channel);
    free(world.seen);
}

TEST(channel, many_producers_and_consumers)
{
    long live = counted_live;
    many_sides(TEST_MANY / 50, false, 0);
    CHECK_INT(counted_live, live);
}

TEST(channel, many_with_cancels)
{
    long live = counted_live;
    many_sides(TEST_MANY / 200, true, 0);
    CHECK_INT(counted_live, live);
}

TEST(channel, closed_in_the_middle)
{
    long live = counted_live;
    many_sides(TEST_MANY / 50, false, 3000);
    many_sides(TEST_MANY / 50, true, 3000);
    CHECK_INT(counted_live, live);
}

#endif
