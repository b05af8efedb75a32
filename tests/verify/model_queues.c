/* Models of the three queues: what is put is got, each item once, in the queue's order; who waits does so for
 * a reason. */
#include "models.h"

enum { ITEMS_MOST = 100 };
enum kind { FIRST_IN_FIRST_OUT, LAST_IN_FIRST_OUT, LEAST_FIRST };

static async_queue queue;
static enum kind kind;
static int inside[ITEMS_MOST], count, most, next_item, putting, getting, unfinished, joining;
static bool down;

static int compare(const void *a, const void *b)
{
    int x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void make(enum kind of)
{
    kind = of;
    most = chance(4); /* 0: no bound */
    count = next_item = putting = getting = unfinished = joining = 0;
    down = false;
    if (kind == FIRST_IN_FIRST_OUT)
        async_queue_init(&queue, sizeof(int), (size_t)most);
    else if (kind == LAST_IN_FIRST_OUT)
        async_lifo_queue_init(&queue, sizeof(int), (size_t)most);
    else
        async_priority_queue_init(&queue, sizeof(int), (size_t)most, compare);
}

static void make_queue(void) { make(FIRST_IN_FIRST_OUT); }
static void make_lifo_queue(void) { make(LAST_IN_FIRST_OUT); }
static void make_priority_queue(void) { make(LEAST_FIRST); }

static void model_agrees(void)
{
    MUST((int)async_queue_qsize(&queue) == count);
    MUST(async_queue_empty(&queue) == (count == 0));
    MUST(async_queue_full(&queue) == (most != 0 && count >= most));
}

static void model_put(int item)
{
    MUST(count < ITEMS_MOST && (most == 0 || count < most) && !down);
    inside[count++] = item;
    unfinished++;
    model_agrees();
    disturb();
}

static void model_get(int item)
{
    int at = kind == LAST_IN_FIRST_OUT ? count - 1 : 0, i;
    MUST(count > 0);
    if (count == 0)
        return;
    if (kind == LEAST_FIRST)
        for (i = 1; i < count; i++)
            if (inside[i] < inside[at])
                at = i;
    MUST(inside[at] == item);
    memmove(&inside[at], &inside[at + 1], (size_t)(--count - at) * sizeof *inside);
    model_agrees();
    disturb();
}

struct puts {
    async_frame frame;
    int left, item;
    async_status status;
};

async(puts)
{
    async_begin;
    for (self->left = 1 + chance(6); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        self->item = kind == LEAST_FIRST ? chance(8) : next_item++;
        if (chance(4) == 0) {
            self->status = async_queue_put_nowait(&queue, &self->item);
            MUST((self->status == ASYNC_QUEUE_FULL) == (!down && most != 0 && count >= most));
        } else {
            putting++;
            if (chance(4) == 0)
                await_for_catch(async_ms(1) * (1 + chance(3)), self->status, async_queue_put, .queue = &queue,
                    .item = &self->item);
            else
                await_catch(self->status, async_queue_put, .queue = &queue, .item = &self->item);
            putting--;
        }
        MUST((self->status == ASYNC_QUEUE_SHUT_DOWN) <= down);
        if (self->status == ASYNC_OK)
            model_put(self->item);
        else if (self->status == ASYNC_CANCELLED && !refuses())
            async_raise(self->status);
    }
    async_end;
}

struct gets {
    async_frame frame;
    int left, item, owes;
    async_status status;
};

async(gets)
{
    async_begin;
    for (self->left = 1 + chance(6); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        if (chance(4) == 0) {
            self->status = async_queue_get_nowait(&queue, &self->item);
            MUST((self->status == ASYNC_OK) == (count > 0));
        } else {
            getting++;
            if (chance(4) == 0)
                await_for_catch(async_ms(1) * (1 + chance(3)), self->status, async_queue_get, .queue = &queue,
                    .item = &self->item);
            else
                await_catch(self->status, async_queue_get, .queue = &queue, .item = &self->item);
            getting--;
        }
        MUST((self->status == ASYNC_QUEUE_SHUT_DOWN) <= (down && count == 0));
        if (self->status == ASYNC_OK) {
            model_get(self->item);
            self->owes++;
            if (chance(2) == 0)
                await(async_sleep, .delay = pause_());
            self->owes--;
            unfinished--;
            MUST(async_queue_task_done(&queue) == ASYNC_OK);
        } else if (self->status == ASYNC_CANCELLED && !refuses()) {
            async_raise(self->status);
        }
    }
    async_finally;
    if (self->owes > 0) {
        unfinished--;
        MUST(async_queue_task_done(&queue) == ASYNC_OK);
    }
    async_end;
}

/* Waits for all work, or ends the queue. */
struct attends {
    async_frame frame;
    int left;
    async_status status;
};

async(attends)
{
    async_begin;
    for (self->left = 1 + chance(3); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_() + pause_());
        joining++;
        await_catch(self->status, async_queue_join, .queue = &queue);
        joining--;
        if (self->status < 0)
            async_raise(self->status);
    }
    if (chance(4) == 0) {
        down = true;
        if (chance(2) == 0) {
            unfinished -= count;
            count = 0;
            async_queue_shutdown(&queue, true);
        } else {
            async_queue_shutdown(&queue, false);
        }
        model_agrees();
    }
    async_end;
}

static async_task *create_queue(int id)
{
    if (id >= 2 && chance(5) == 0)
        return async_create_task(attends);
    return id % 2 == 0 ? async_create_task(puts) : async_create_task(gets);
}
#define create_lifo_queue create_queue
#define create_priority_queue create_queue

static void quiet_queue(void)
{
    model_agrees();
    MUST(getting == 0 || (count == 0 && !down));
    MUST(putting == 0 || (most != 0 && count >= most && !down));
    MUST(joining == 0 || unfinished > 0);
}
#define quiet_lifo_queue quiet_queue
#define quiet_priority_queue quiet_queue

/* What is still there comes out, in order. */
static void check_queue(void)
{
    int item = 0;
    MUST(unfinished == count);
    while (async_queue_get_nowait(&queue, &item) == ASYNC_OK)
        model_get(item);
    MUST(count == 0);
    async_queue_deinit(&queue);
}
#define check_lifo_queue check_queue
#define check_priority_queue check_queue

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    MODEL(queue);
    MODEL(lifo_queue);
    MODEL(priority_queue);
    return failed;
}
