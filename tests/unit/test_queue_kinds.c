/* Last in first out, and the least first: against a model; what waits, and what is cancelled, as in every queue. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { LIFO, PRIORITY, KINDS };
enum { BOUND_MOST = 64 };

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* the first byte counts, so that items of any size have an order */
static int compare_bytes(const void *a, const void *b)
{
    return *(const unsigned char *)a - *(const unsigned char *)b;
}

static void make(async_queue *queue, int kind, size_t size, size_t maxsize, void *storage)
{
    int (*compare)(const void *, const void *) = size == sizeof(int) ? compare_ints : compare_bytes;
    if (kind == LIFO && storage == NULL)
        async_lifo_queue_init(queue, size, maxsize);
    else if (kind == LIFO)
        async_lifo_queue_init_with(queue, size, maxsize, storage);
    else if (storage == NULL)
        async_priority_queue_init(queue, size, maxsize, compare);
    else
        async_priority_queue_init_with(queue, size, maxsize, storage, compare);
}

/* ---- without waiting --------------------------------------------------------------------------------------------- */

/* Which of the model's items comes next. */
static size_t next_of(const unsigned char *model, size_t count, int kind)
{
    size_t best = 0, i;
    if (kind == LIFO)
        return count - 1;
    for (i = 1; i < count; i++)
        if (model[i] < model[best])
            best = i;
    return best;
}

static void against_model(async_queue *queue, int kind, size_t size, size_t maxsize, unsigned rounds)
{
    unsigned char model[4096], item[40];
    unsigned random = 777, round;
    size_t count = 0, i;
    for (round = 0; round < rounds; round++) {
        unsigned burst = (random >> 20) % 12;
        bool puts = (random >> 9 & 3) != 0 ? (random >> 8 & 1) != 0 : count < 20;
        random = random * 1103515245u + 12345u;
        while (burst-- > 0) {
            async_status status;
            random = random * 1103515245u + 12345u;
            if (puts && count < sizeof model) {
                memset(item, (int)(random >> 16 & 0xff), sizeof item);
                status = async_queue_put_nowait(queue, item);
                if (status == ASYNC_NO_MEMORY)
                    return;
                CHECK_INT(status, maxsize != 0 && count == maxsize ? ASYNC_QUEUE_FULL : ASYNC_OK);
                if (status == ASYNC_OK)
                    model[count++] = item[0];
            } else if (!puts) {
                memset(item, 0xEE, sizeof item);
                status = async_queue_get_nowait(queue, item);
                CHECK_INT(status, count == 0 ? ASYNC_QUEUE_EMPTY : ASYNC_OK);
                if (status == ASYNC_OK) {
                    size_t at = next_of(model, count, kind);
                    for (i = 0; i < size; i++)
                        CHECK_INT(item[i], model[at]);
                    CHECK(size == sizeof item || item[size] == 0xEE);
                    memmove(&model[at], &model[at + 1], --count - at);
                }
            }
            CHECK_INT(async_queue_qsize(queue), count);
            CHECK_INT(async_queue_empty(queue), count == 0);
            CHECK_INT(async_queue_full(queue), maxsize != 0 && count == maxsize);
        }
    }
}

TEST(queue_kinds, against_a_model)
{
    static const size_t sizes[] = { 1, 3, 8, 40 };
    static const size_t bounds[] = { 0, 1, 2, 3, 7, 8, 9, BOUND_MOST };
    static unsigned char storage[BOUND_MOST * 40];
    long live = counted_live;
    int kind;
    size_t i, j;
    for (kind = 0; kind < KINDS; kind++)
        for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (j = 0; j < sizeof bounds / sizeof *bounds; j++) {
                async_queue queue;
                make(&queue, kind, sizes[i], bounds[j], NULL);
                CHECK_INT(async_queue_maxsize(&queue), bounds[j]);
                against_model(&queue, kind, sizes[i], bounds[j], TEST_MANY < 1000 ? 20 : 400);
                async_queue_deinit(&queue);
                async_queue_deinit(&queue);
                if (bounds[j] != 0) {
                    make(&queue, kind, sizes[i], bounds[j], storage);
                    against_model(&queue, kind, sizes[i], bounds[j], 200);
                    async_queue_deinit(&queue);
                }
            }
    CHECK_INT(counted_live, live);
}

/* A program's numbers as ints; ascending, descending, all equal. */
TEST(queue_kinds, sorts)
{
    int way, n, i;
    for (way = 0; way < 4; way++)
        for (n = 0; n < 40; n++) {
            async_queue queue;
            int last = -1000, item, sum = 0;
            async_priority_queue_init(&queue, sizeof(int), 0, compare_ints);
            for (i = 0; i < n; i++) {
                item = way == 0 ? i : way == 1 ? -i : way == 2 ? 5 : i * 7919 % 31;
                sum += item;
                if (async_queue_put_nowait(&queue, &item) < 0)
                    break;
            }
            while (async_queue_get_nowait(&queue, &item) == ASYNC_OK) {
                CHECK(item >= last);
                last = item;
                sum -= item;
                i--;
            }
            CHECK_INT(i, 0);
            CHECK(sum == 0 || i < n);
            async_queue_deinit(&queue);
        }
}

TEST(queue_kinds, what_is_none)
{
    async_queue queue;
    static unsigned char storage[1];
    int kind, item = 3;
    for (kind = 0; kind < KINDS; kind++) {
        make(&queue, kind, sizeof(int), 0, storage); /* storage for none at all */
        CHECK(async_queue_full(&queue));
        CHECK_INT(async_queue_put_nowait(&queue, &item), ASYNC_QUEUE_FULL);
        CHECK_INT(async_queue_get_nowait(&queue, &item), ASYNC_QUEUE_EMPTY);
        async_queue_deinit(&queue);
        make(&queue, kind, sizeof(int), 2, NULL);
        if (async_queue_put_nowait(&queue, &item) == ASYNC_OK) {
            item = 4;
            CHECK_INT(async_queue_put_nowait(&queue, &item), ASYNC_OK);
            CHECK_INT(async_queue_get_nowait(&queue, NULL), ASYNC_OK); /* it is dropped: 4, or 3 */
            CHECK_INT(async_queue_get_nowait(&queue, &item), ASYNC_OK);
            CHECK_INT(item, kind == LIFO ? 3 : 4);
        }
        async_queue_deinit(&queue);
    }
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

struct putter { async_frame frame; async_queue *queue; int item; };
async(putter)
{
    async_begin;
    await(async_queue_put, .queue = self->queue, .item = &self->item);
    note("p%d ", self->item);
    async_finally;
    if (async_error < 0)
        note(async_error == ASYNC_CANCELLED ? "p%d! " : "p%dx ", self->item);
    async_end;
}

struct getter { async_frame frame; async_queue *queue; char name; int item; };
async(getter)
{
    async_begin;
    await(async_queue_get, .queue = self->queue, .item = &self->item);
    note("%c%d ", self->name, self->item);
    async_queue_task_done(self->queue);
    async_finally;
    if (async_error < 0)
        note(async_error == ASYNC_CANCELLED ? "%c! " : "%cx ", self->name);
    async_end;
}

static void end_all(async_task **tasks, size_t count)
{
    while (count-- > 0) {
        (void)async_task_exception(tasks[count]);
        async_release(tasks[count]);
        tasks[count] = NULL;
    }
}

static async_queue queue; /* outlives every frame */
enum { BLOCKED_PUTS, WOKEN_GET, WOKEN_CANCELLED, PUT_CANCELLED, JOIN, SHUT, SHUT_NOW, SCRIPTS };
struct script { async_frame frame; int which, i; async_task *tasks[4]; };

#define SLEEP(n) for (self->i = 0; self->i < (n); self->i++) await(async_sleep, .delay = 0)
#define PUT(n) for (int item_ = (n), once_ = 1; once_; once_ = 0) (void)async_queue_put_nowait(&queue, &item_)

async(script)
{
    async_begin;
    if (self->which == BLOCKED_PUTS || self->which == PUT_CANCELLED) {
        PUT(5);
        for (self->i = 0; self->i < 4; self->i++)
            self->tasks[self->i] = async_create_task(putter, .queue = &queue, .item = 9 - 2 * self->i);
        await(async_sleep, .delay = 0);
        (void)async_queue_get_nowait(&queue, NULL); /* wakes the first */
        if (self->which == PUT_CANCELLED)
            async_cancel(self->tasks[0]);
        SLEEP(2);
        (void)async_queue_get_nowait(&queue, NULL);
        SLEEP(2);
    } else if (self->which == WOKEN_GET || self->which == WOKEN_CANCELLED) {
        for (self->i = 0; self->i < 3; self->i++)
            self->tasks[self->i] = async_create_task(getter, .queue = &queue, .name = (char)('a' + self->i));
        await(async_sleep, .delay = 0);
        PUT(5); /* the queue holds two: the third put fails */
        PUT(3);
        PUT(1);
        if (self->which == WOKEN_CANCELLED)
            async_cancel(self->tasks[0]);
        SLEEP(3);
    } else if (self->which == JOIN) {
        PUT(1);
        PUT(2);
        for (self->i = 0; self->i < 2; self->i++)
            self->tasks[self->i] = async_create_task(getter, .queue = &queue, .name = (char)('a' + self->i));
        await(async_queue_join, .queue = &queue);
        note("joined ");
    } else {
        PUT(2);
        PUT(1);
        for (self->i = 0; self->i < 2; self->i++)
            self->tasks[self->i] = async_create_task(putter, .queue = &queue, .item = 7);
        await(async_sleep, .delay = 0);
        async_queue_shutdown(&queue, self->which == SHUT_NOW);
        for (self->i = 2; self->i < 4; self->i++)
            self->tasks[self->i] = async_create_task(getter, .queue = &queue, .name = 'a');
        SLEEP(3);
        {
            int item = 0;
            CHECK_INT(async_queue_put_nowait(&queue, &item), ASYNC_QUEUE_SHUT_DOWN);
            CHECK_INT(async_queue_get_nowait(&queue, &item), ASYNC_QUEUE_SHUT_DOWN);
        }
        await(async_queue_join, .queue = &queue);
    }
    async_finally;
    for (self->i = 0; self->i < 4; self->i++)
        async_cancel(self->tasks[self->i]);
    end_all(self->tasks, 4);
    async_end;
}

TEST(queue_kinds, waiting)
{
    static const size_t bounds[SCRIPTS] = { 1, 2, 2, 1, 0, 2, 2 };
    static const char *const notes[KINDS][SCRIPTS] = {
        { "p9 p7 p5! p3! ", "a3 b5 c! ", "a! b3 c5 ", "p9! p7 p5 p3! ", "a2 b1 joined ", "p7x p7x a1 a2 ", "p7x p7x ax ax " },
        { "p9 p7 p5! p3! ", "a3 b5 c! ", "a! b3 c5 ", "p9! p7 p5 p3! ", "a1 b2 joined ", "p7x p7x a1 a2 ", "p7x p7x ax ax " },
    };
    int kind, which;
    for (kind = 0; kind < KINDS; kind++)
        for (which = 0; which < SCRIPTS; which++) {
            make(&queue, kind, sizeof(int), bounds[which], NULL);
            CHECK_INT(RUN(script, .which = which), ASYNC_OK);
            CHECK_NOTES(notes[kind][which]);
            async_queue_deinit(&queue);
        }
}

/* Producers and consumers, one of them cancelled at any time: no item is lost or seen twice. */
static int made[32], got[32];
struct produces { async_frame frame; int from, i; };
async(produces)
{
    async_begin;
    for (self->i = self->from; self->i < self->from + 8; self->i++) {
        await(async_queue_put, .queue = &queue, .item = &self->i);
        made[self->i]++;
    }
    async_end;
}

struct consumes { async_frame frame; int item; };
async(consumes)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = &queue, .item = &self->item);
        got[self->item]++;
    }
    async_end;
}

struct traffic { async_frame frame; int victim, when, i; async_status status; async_task *tasks[4]; };
async(traffic)
{
    async_begin;
    self->tasks[0] = async_create_task(produces, .from = 0);
    self->tasks[1] = async_create_task(produces, .from = 8);
    self->tasks[2] = async_create_task(consumes);
    self->tasks[3] = async_create_task(consumes);
    SLEEP(self->when);
    async_cancel(self->tasks[self->victim]);
    SLEEP(40);
    CHECK(self->victim < 2 || (async_task_done(self->tasks[0]) && async_task_done(self->tasks[1])));
    CHECK(async_queue_empty(&queue));
    for (self->i = 0; self->i < 16; self->i++)
        CHECK_INT(got[self->i], made[self->i]);
    async_finally;
    for (self->i = 0; self->i < 4; self->i++)
        async_cancel(self->tasks[self->i]);
    end_all(self->tasks, 4);
    async_end;
}

TEST(queue_kinds, cancelled_everywhere)
{
    int kind, victim, when;
    for (kind = 0; kind < KINDS; kind++)
        for (victim = 0; victim < 4; victim++)
            for (when = 0; when < (TEST_MANY < 1000 ? 3 : 20); when++) {
                make(&queue, kind, sizeof(int), 2, NULL);
                memset(made, 0, sizeof made);
                memset(got, 0, sizeof got);
                CHECK_INT(RUN(traffic, .victim = victim, .when = when), ASYNC_OK);
                async_queue_deinit(&queue);
            }
}
