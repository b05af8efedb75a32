/* The queue: items by value, in order; growth, bounds, waiting, shutdown. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

/* ---- without waiting --------------------------------------------------------------------------------------------- */

static void fill(unsigned char *item, size_t size, unsigned n)
{
    size_t i;
    for (i = 0; i < size; i++)
        item[i] = (unsigned char)(n * 7 + i);
}

/* puts and gets by a fixed pattern, compared with what a queue of numbers does; the ring wraps in every position */
static void against_model(async_queue *queue, size_t size, size_t maxsize, unsigned rounds)
{
    unsigned put = 0, got = 0, random = 12345, round;
    unsigned char item[128], want[128];
    for (round = 0; round < rounds; round++) {
        unsigned burst = (random >> 16) % 9, i;
        bool puts = (random >> 8 & 1) != 0;
        random = random * 1103515245u + 12345u;
        for (i = 0; i < burst; i++) {
            async_status status;
            if (puts) {
                fill(item, size, put);
                status = async_queue_put_nowait(queue, item);
                if (status == ASYNC_NO_MEMORY)
                    return;
                CHECK_INT(status, maxsize != 0 && put - got == maxsize ? ASYNC_QUEUE_FULL : ASYNC_OK);
                put += status == ASYNC_OK;
            } else {
                memset(item, 0, sizeof item);
                status = async_queue_get_nowait(queue, item);
                CHECK_INT(status, put == got ? ASYNC_QUEUE_EMPTY : ASYNC_OK);
                if (status == ASYNC_OK) {
                    fill(want, size, got++);
                    CHECK(memcmp(item, want, size) == 0);
                }
            }
            CHECK_INT(async_queue_qsize(queue), put - got);
            CHECK_INT(async_queue_empty(queue), put == got);
            CHECK_INT(async_queue_full(queue), maxsize != 0 && put - got == maxsize);
        }
    }
}

TEST(queue, items_of_all_sizes)
{
    static const size_t sizes[] = { 0, 1, 2, 4, 7, 8, 100 };
    static const size_t bounds[] = { 0, 1, 2, 7, 8, 9, 50 };
    static unsigned char storage[50 * 100];
    size_t i, j;
    long live = counted_live;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (j = 0; j < sizeof bounds / sizeof *bounds; j++) {
            async_queue queue;
            async_queue_init(&queue, sizes[i], bounds[j]);
            CHECK_INT(async_queue_maxsize(&queue), bounds[j]);
            against_model(&queue, sizes[i], bounds[j], 300);
            async_queue_deinit(&queue);
            CHECK_INT(counted_live, live);
            async_queue_deinit(&queue); /* all zeros now: nothing */
            if (bounds[j] == 0)
                continue;
            async_queue_init_with(&queue, sizes[i], bounds[j], storage);
            against_model(&queue, sizes[i], bounds[j], 300);
            async_queue_deinit(&queue);
        }
    CHECK_INT(counted_live, live);
}

TEST(queue, the_callers_storage_is_not_left)
{
    unsigned char storage[3 * 4 + 4];
    async_queue queue;
    uint32_t i, n;
    memset(storage, 0xcc, sizeof storage);
    async_queue_init_with(&queue, 4, 3, storage);
    for (i = 0; i < 10; i++) {
        CHECK_INT(async_queue_put_nowait(&queue, &i), ASYNC_OK);
        CHECK_INT(async_queue_put_nowait(&queue, &i), ASYNC_OK);
        CHECK_INT(async_queue_get_nowait(&queue, &n), ASYNC_OK);
        CHECK_INT(async_queue_get_nowait(&queue, NULL), ASYNC_OK);
        CHECK_INT(n, i);
    }
    for (i = 12; i < 16; i++)
        CHECK_INT(storage[i], 0xcc);
    async_queue_deinit(&queue);
    async_queue_init_with(&queue, 4, 0, storage); /* no storage is no room, not "no bound" */
    CHECK(async_queue_full(&queue));
    CHECK_INT(async_queue_put_nowait(&queue, &i), ASYNC_QUEUE_FULL);
    async_queue_deinit(&queue);
}

TEST(queue, growth_with_a_wrapped_ring)
{
    int head, count, put, i, n;
    for (head = 0; head < 8; head++)
        for (count = 8; count < 70; count += 13) {
            async_queue queue;
            async_queue_init(&queue, sizeof(int), 0);
            for (i = 0; i < head; i++) {
                if (async_queue_put_nowait(&queue, &i) == ASYNC_NO_MEMORY)
                    break;
                async_queue_get_nowait(&queue, &n);
            }
            for (put = 0; put < count; put++)
                if (async_queue_put_nowait(&queue, &put) == ASYNC_NO_MEMORY)
                    break;
            for (i = 0; i < put; i++) {
                CHECK_INT(async_queue_get_nowait(&queue, &n), ASYNC_OK);
                CHECK_INT(n, i);
            }
            async_queue_deinit(&queue);
        }
}

TEST(queue, task_done_is_counted)
{
    async_queue queue;
    int n = 1;
    async_queue_init(&queue, sizeof n, 0);
    CHECK_INT(async_queue_task_done(&queue), ASYNC_MISUSE);
    if (async_queue_put_nowait(&queue, &n) == ASYNC_OK) {
        async_queue_get_nowait(&queue, &n);
        CHECK_INT(async_queue_task_done(&queue), ASYNC_OK);
    }
    CHECK_INT(async_queue_task_done(&queue), ASYNC_MISUSE);
    async_queue_deinit(&queue);
}

/* ---- waiting -------------------------------------------------------------------------------------------------- */

struct putter { async_frame frame; async_queue *queue; int from, count; };
async(putter)
{
    async_begin;
    for (; self->count > 0; self->count--, self->from++)
        await(async_queue_put, .queue = self->queue, .item = &self->from);
    async_finally;
    if (async_error < 0)
        note("p%d:%s ", self->from, word(async_error));
    async_end;
}
struct getter { async_frame frame; async_queue *queue; int name, count, item, delay; int *sum; };
async(getter)
{
    async_begin;
    for (; self->count > 0; self->count--) {
        await(async_queue_get, .queue = self->queue, .item = &self->item);
        if (self->sum != NULL)
            *self->sum += self->item;
        else
            note("%d:%d ", self->name, self->item);
        if (self->delay != 0)
            await(async_sleep, .delay = async_us(self->delay));
        async_queue_task_done(self->queue);
    }
    async_finally;
    if (async_error < 0)
        note("g%d:%s ", self->name, word(async_error));
    async_end;
}

struct crowd { async_frame frame; async_queue queue; async_task_group group; int i, maxsize, sum, many; };
async(crowd)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), (size_t)self->maxsize);
    async_task_group_enter(&self->group);
    for (; self->i < 10; self->i++) {
        async_task_group_create_task(&self->group, putter, .queue = &self->queue, .from = 1, .count = self->many);
        async_task_group_create_task(&self->group, getter, .queue = &self->queue, .count = self->many,
            .delay = self->i % 3, .sum = &self->sum);
    }
    await(async_task_group_join, .group = &self->group);
    CHECK_INT(self->sum, 10 * self->many * (self->many + 1) / 2);
    await(async_queue_join, .queue = &self->queue);
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

TEST(queue, many_putters_and_getters_lose_nothing)
{
    int maxsize;
    for (maxsize = 0; maxsize < 4; maxsize++)
        CHECK_INT(RUN(crowd, .maxsize = maxsize, .many = TEST_MANY > 100 ? 100 : TEST_MANY), ASYNC_OK);
}

struct fair { async_frame frame; async_queue queue; async_task *tasks[4]; int i; };
async(fair)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 2);
    for (; self->i < 3; self->i++)
        self->tasks[self->i] = async_create_task(getter, .queue = &self->queue, .name = self->i, .count = 2);
    await(async_sleep, .delay = async_ms(1));
    self->tasks[3] = async_create_task(putter, .queue = &self->queue, .from = 10, .count = 6);
    await(async_gather, .tasks = self->tasks, .count = 4);
    async_finally;
    for (self->i = 0; self->i < 4; self->i++) {
        async_cancel(self->tasks[self->i]);
        async_release(self->tasks[self->i]);
    }
    if (async_error == ASYNC_OK)
        async_queue_deinit(&self->queue);
    async_end;
}

TEST(queue, getters_are_served_in_order)
{
    CHECK_INT(RUN(fair), ASYNC_OK);
    /* 1 was woken for 11, which 0 took: it waits again, at the end of the line */
    CHECK_NOTES("0:10 0:11 2:12 2:13 1:14 1:15 ");
}

/* A getter that is cancelled after it was woken must wake another; a putter likewise. */
struct hands_on { async_frame frame; async_queue queue; async_task *a, *b; int item, i; async_status status; };
async(hands_on)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 1);
    self->a = async_create_task(getter, .queue = &self->queue, .name = 1, .count = 1);
    self->b = async_create_task(getter, .queue = &self->queue, .name = 2, .count = 1);
    await(async_sleep, .delay = async_ms(1));
    self->item = 5;
    async_queue_put_nowait(&self->queue, &self->item);
    async_cancel(self->a);
    await_catch(self->status, async_join, .task = self->a);
    await_catch(self->status, async_join, .task = self->b);
    async_release(self->a);
    async_release(self->b);
    note("| ");
    self->a = self->b = NULL;
    async_queue_put_nowait(&self->queue, &self->item);
    self->a = async_create_task(putter, .queue = &self->queue, .from = 20, .count = 1);
    self->b = async_create_task(putter, .queue = &self->queue, .from = 30, .count = 1);
    await(async_sleep, .delay = async_ms(1));
    async_queue_get_nowait(&self->queue, &self->item);
    async_cancel(self->a);
    await_catch(self->status, async_join, .task = self->a);
    await_catch(self->status, async_join, .task = self->b);
    CHECK_INT(async_queue_get_nowait(&self->queue, &self->item), ASYNC_OK);
    note("%d", self->item);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_queue_deinit(&self->queue);
    async_end;
}

TEST(queue, a_wake_that_cannot_be_used_is_handed_on)
{
    CHECK_INT(RUN(hands_on), ASYNC_OK);
    CHECK_NOTES("g1:cancelled 2:5 | p20:cancelled 30");
}

struct times_out { async_frame frame; async_queue queue; int item; async_status status; };
async(times_out)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 1);
    await_for_catch(async_ms(5), self->status, async_queue_get, .queue = &self->queue, .item = &self->item);
    note("%s ", word(self->status));
    self->item = 3;
    await(async_queue_put, .queue = &self->queue, .item = &self->item);
    await_for_catch(async_ms(5), self->status, async_queue_put, .queue = &self->queue, .item = &self->item);
    note("%s ", word(self->status));
    await_for_catch(async_ms(5), self->status, async_queue_join, .queue = &self->queue);
    note("%s %d", word(self->status), (int)async_queue_qsize(&self->queue));
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

TEST(queue, with_a_deadline)
{
    CHECK_INT(RUN(times_out), ASYNC_OK);
    CHECK_NOTES("timeout timeout timeout 1");
}

/* ---- shutdown --------------------------------------------------------------------------------------------------- */

struct shuts { async_frame frame; bool immediate, blocks_put; async_queue queue; async_task *a, *b; int item; async_status status; };
async(shuts)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(int), 2);
    if (self->blocks_put) {
        self->a = async_create_task(putter, .queue = &self->queue, .from = 1, .count = 3);
        self->b = async_create_task(putter, .queue = &self->queue, .from = 9, .count = 1);
    } else {
        self->a = async_create_task(getter, .queue = &self->queue, .name = 1, .count = 1);
        self->b = async_create_task(getter, .queue = &self->queue, .name = 2, .count = 1);
    }
    await(async_sleep, .delay = async_ms(1));
    async_queue_shutdown(&self->queue, self->immediate);
    async_queue_shutdown(&self->queue, self->immediate);
    await_catch(self->status, async_join, .task = self->a);
    await_catch(self->status, async_join, .task = self->b);
    note("%d ", (int)async_queue_qsize(&self->queue));
    CHECK_INT(async_queue_put_nowait(&self->queue, &self->item), ASYNC_QUEUE_SHUT_DOWN);
    await_catch(self->status, async_queue_put, .queue = &self->queue, .item = &self->item);
    CHECK_INT(self->status, ASYNC_QUEUE_SHUT_DOWN);
    while ((self->status = async_queue_get_nowait(&self->queue, &self->item)) == ASYNC_OK) {
        note("%d ", self->item);
        async_queue_task_done(&self->queue);
    }
    CHECK_INT(self->status, ASYNC_QUEUE_SHUT_DOWN);
    await_catch(self->status, async_queue_get, .queue = &self->queue, .item = &self->item);
    CHECK_INT(self->status, ASYNC_QUEUE_SHUT_DOWN);
    await(async_queue_join, .queue = &self->queue);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_queue_deinit(&self->queue);
    async_end;
}

TEST(queue, shutdown)
{
    CHECK_INT(RUN(shuts), ASYNC_OK);
    CHECK_NOTES("g1:-4100 g2:-4100 0 ");
    CHECK_INT(RUN(shuts, .blocks_put = true), ASYNC_OK);
    CHECK_NOTES("p3:-4100 p9:-4100 2 1 2 ");
    CHECK_INT(RUN(shuts, .blocks_put = true, .immediate = true), ASYNC_OK);
    CHECK_NOTES("p3:-4100 p9:-4100 0 ");
}

/* A queue of no items is a queue of signals. */
struct signals { async_frame frame; async_queue queue; int i; };
async(signals)
{
    async_begin;
    async_queue_init(&self->queue, 0, 0);
    for (; self->i < 20; self->i++)
        await(async_queue_put, .queue = &self->queue);
    for (; self->i > 0; self->i--)
        await(async_queue_get, .queue = &self->queue);
    CHECK(async_queue_empty(&self->queue));
    async_finally;
    async_queue_deinit(&self->queue);
    async_end;
}

TEST(queue, items_of_no_size)
{
    CHECK_INT(RUN(signals), ASYNC_OK);
}
