/* Two tools that find what a test finds only by luck. Both run a program many times on a virtual clock:
 *
 *   async_run_seeds()           runs the tasks that are ready in another order each time; a seed gives the order again
 *   async_cancel_everywhere()   cancels at every point where the program can be cancelled, one after the other
 *
 * After each run they check that everything ended and nothing leaked, and the program's own check has its say: here,
 * that no order is lost. The careless desk takes an order and then waits; a cancel there takes the order along. What
 * is found is said on stderr, with the seed and the point at which to look. */
#define ASYNCIO_VERIFY 1
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

enum { ORDERS = 4 };

struct shop {
    async_queue orders; /* of int */
    int done;
};

struct desk {
    async_frame frame;
    struct shop *shop;
    bool careful, holds_one;
    int order;
};

async(desk)
{
    async_begin;
    while (!async_queue_empty(&self->shop->orders)) {
        await(async_queue_get, .queue = &self->shop->orders, .item = &self->order);
        self->holds_one = true;
        await(async_sleep, .delay = async_ms(5)); /* the work */
        self->holds_one = false;
        self->shop->done++;
    }
    async_finally;
    if (self->holds_one && self->careful)
        async_queue_put_nowait(&self->shop->orders, &self->order); /* for the next one */
    async_end;
}

struct day {
    async_frame frame;
    struct shop *shop;
    bool careful;
    async_task_group group;
};

async(day)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, desk, .shop = self->shop, .careful = self->careful);
    async_task_group_create_task(&self->group, desk, .shop = self->shop, .careful = self->careful);
    async_end;
}

/* The world is made before each run, and looked at and taken down after it. */
static void open_shop(void *data, const async_verify_run *run)
{
    struct shop *shop = data;
    int order;
    (void)run;
    shop->done = 0;
    async_queue_init(&shop->orders, sizeof order, 0);
    for (order = 1; order <= ORDERS; order++)
        async_queue_put_nowait(&shop->orders, &order);
}

static bool no_order_is_lost(void *data, const async_verify_run *run)
{
    struct shop *shop = data;
    int waiting = (int)async_queue_qsize(&shop->orders);
    (void)run;
    async_queue_deinit(&shop->orders);
    return shop->done + waiting == ORDERS;
}

int main(void)
{
    static struct shop shop;
    async_verify verify = {.before = open_shop, .after = no_order_is_lost, .data = &shop, .every_task = true};
    int failed = 0;

    verify.seeds = 100;
    if (async_run_seeds(&verify, day, .shop = &shop))
        printf("careless: every order is done, in %u runs\n", (unsigned)verify.runs);
    else
        failed = 1;

    verify.seeds = 0; /* in the usual order */
    if (async_cancel_everywhere(&verify, day, .shop = &shop))
        failed = 1;
    else
        printf("careless: an order is lost when a task is cancelled at point %u\n", (unsigned)verify.failed.point);

    verify.seeds = 20; /* both tools at once */
    if (async_cancel_everywhere(&verify, day, .shop = &shop, .careful = true))
        printf("careful: no order is lost, wherever one of %u cancels hits\n", (unsigned)verify.cancels);
    else
        failed = 1;
    return failed;
}
