/* isr.c: isr.h on a simulated board: an interrupt at every point where interrupts are let in, and a cancel in every pass. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#define ASYNCIO_PORT_CUSTOM 1
static unsigned idles, passes;
#define ASYNCIO_IDLE() ((void)idles++)
#define ASYNCIO_WATCHDOG() ((void)passes++)
#include "asyncio.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            printf("%s:%d: %s (point %u)\n", __FILE__, __LINE__, #condition, point);          \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

/* ---- the board ----------------------------------------------------------------------------------------------- */

static async_time now;
static bool masked, in_handler;
static unsigned point, points; /* the interrupt comes as soon as so many times interrupts were let in */
static unsigned sleeps;
static void (*handler)(void);
static unsigned fires, fired; /* how often it is to come, and came */
static bool hardware_has_it, only_then; /* the buffer of an operation; the interrupt comes from there */

static bool due(void) { return fired < fires && (hardware_has_it || !only_then); }

static void interrupt(void)
{
    CHECK(!masked && !in_handler);
    in_handler = true;
    fired++;
    handler();
    in_handler = false;
}

static void let_in(void)
{
    if (in_handler || !due() || ++points < point)
        return;
    interrupt();
}

async_time async_port_now(void)
{
    if (!masked)
        let_in();
    return now;
}

async_port_state async_port_lock(void)
{
    async_port_state before = !masked;
    if (!masked)
        let_in();
    masked = true;
    return before;
}

void async_port_unlock(async_port_state before)
{
    CHECK(masked);
    if (before) {
        masked = false;
        let_in();
    }
}

/* What is still to come comes now; with nothing to come, a sleep without a timer would be for ever. */
void async_port_wait(async_time until)
{
    CHECK(masked && !in_handler);
    sleeps++;
    if (due()) {
        point = 0;
        return;
    }
    CHECK((async_time)((uint32_t)until - (uint32_t)now) != ASYNC_FOREVER);
    now = until;
}

static void board(void (*with)(void), unsigned how_often, unsigned at)
{
    handler = with;
    fires = how_often;
    fired = points = 0;
    only_then = false;
    point = at;
}

/* ---- the event ----------------------------------------------------------------------------------------------- */

static async_storage(400) first, second, third;
static async_isr_event event;
static unsigned waited, after;
static async_status status;

static void set_event(void)
{
    async_isr_event_set(&event);
    async_isr_event_set(&event);
}

struct waiter {
    async_frame frame;
    unsigned times;
    async_status how;
};
async(waiter)
{
    async_begin;
    for (; self->times > 0; self->times--) {
        await_catch(self->how, async_isr_event_wait, .event = &event);
        if (self->how < 0)
            break;
        waited++;
    }
    status = self->how;
    async_end;
}

struct stopper {
    async_frame frame;
    async_time after;
};
async(stopper)
{
    async_begin;
    await(async_sleep, .delay = self->after);
    async_loop_stop(async_get_running_loop());
    async_end;
}

static void run_for(async_time time)
{
    async_task *stop = async_create_task_on(&third, stopper, .after = time);
    CHECK(stop != NULL);
    CHECK(async_loop_run_forever(async_get_event_loop()) == ASYNC_OK);
    async_release(stop);
}

static void test_event(void)
{
    unsigned at;
    for (at = 1; at < 60; at++) { /* one interrupt, wherever it comes: it ends one wait */
        async_task *task;
        board(set_event, 1, at);
        waited = 0;
        task = async_create_task_on(&first, waiter, .times = 1);
        run_for(100);
        CHECK(waited == 1 && fired == 1);
        CHECK(!async_isr_event_is_set(&event));
        async_release(task);
    }
    {
        async_task *a, *b;
        board(set_event, 2, 30); /* of two who wait both go on, by two sets */
        waited = 0;
        a = async_create_task_on(&first, waiter, .times = 1);
        b = async_create_task_on(&second, waiter, .times = 1);
        run_for(100);
        async_isr_event_set(&event);
        run_for(100);
        async_isr_event_set(&event);
        run_for(100);
        CHECK(waited == 2);
        async_isr_event_clear(&event);
        async_release(a);
        async_release(b);
    }
}

/* Interrupts at every point where they are let in, for as long as the loop runs: timers and tasks go on beside them. */
static async_isr_event other;
static unsigned flood;

static void flood_events(void)
{
    if (++flood % 4 == 0)
        now++;
    async_isr_event_set(flood & 1 ? &event : &other);
}

struct flooded {
    async_frame frame;
    async_status how;
};
async(flooded)
{
    async_begin;
    for (;;) {
        await_catch(self->how, async_isr_event_wait, .event = &event);
        if (self->how < 0)
            break;
        waited++;
        await_catch(self->how, async_sleep, .delay = 0); /* a wait that need not wait does not let the others run */
        if (self->how < 0)
            break;
    }
    async_end;
}

static void test_flood(void)
{
    unsigned waits;
    for (waits = 0; waits < 2; waits++) {
        async_task *task = NULL;
        board(flood_events, UINT_MAX, 1);
        waited = 0;
        if (waits != 0)
            task = async_create_task_on(&first, flooded, .how = 0);
        run_for(100);
        CHECK((waits == 0 || waited > 10));
        board(flood_events, 0, 1);
        if (task != NULL) {
            async_cancel(task);
            run_for(10);
            CHECK(async_task_done(task));
        }
        async_release(task);
    }
    async_isr_event_clear(&event);
    async_isr_event_clear(&other);
}

/* With nothing but an interrupt to wait for the loop goes on, however often something else ends its sleep. */
static unsigned spurious;

static void stop_at_last(void)
{
    if (++spurious < 1000)
        return;
    async_isr_event_set(&event);
}

struct until_event {
    async_frame frame;
};
async(until_event)
{
    async_begin;
    await(async_isr_event_wait, .event = &event);
    CHECK(spurious >= 1000);
    async_loop_stop(async_get_running_loop());
    async_end;
}

static void test_waits_for_ever(void)
{
    async_task *task;
    unsigned slept = sleeps;
    board(stop_at_last, UINT_MAX, 1000000);
    spurious = 0;
    task = async_create_task_on(&first, until_event);
    CHECK(async_loop_run_forever(async_get_event_loop()) == ASYNC_OK);
    CHECK(async_task_done(task) && sleeps > slept + 100);
    async_release(task);
}

/* A cancel in every pass: the wait takes the set, or leaves it for the next one. */
struct canceller {
    async_frame frame;
    async_task *victim;
    unsigned passes;
};
async(canceller)
{
    async_begin;
    for (; self->passes > 0; self->passes--)
        await(async_sleep, .delay = 0);
    async_cancel(self->victim);
    async_end;
}

static async_storage(400) fourth;

static void test_event_cancelled(void)
{
    unsigned at, when;
    for (at = 1; at < 40; at++)
        for (when = 0; when < 5; when++) {
            async_task *a, *b, *c;
            board(set_event, 1, at);
            waited = 0;
            a = async_create_task_on(&first, waiter, .times = 1);
            b = async_create_task_on(&second, waiter, .times = 1);
            c = async_create_task_on(&fourth, canceller, .victim = a, .passes = when);
            run_for(100);
            CHECK(async_task_done(a) && async_task_done(c));
            CHECK(waited == 1 && !async_isr_event_is_set(&event)); /* never lost */
            if (!async_task_done(b)) {
                async_isr_event_set(&event);
                run_for(100);
            }
            CHECK(async_task_done(b));
            async_release(a);
            async_release(b);
            async_release(c);
            after++;
        }
}

/* ---- the ring ------------------------------------------------------------------------------------------------ */

static async_isr_ring ring;
static uint16_t ring_items[3];
static uint16_t next_item, expected, accepted;

static void put_item(void)
{
    next_item++;
    if (async_isr_ring_put(&ring, &next_item))
        accepted++;
}

struct getter {
    async_frame frame;
    uint16_t item;
};
async(getter)
{
    async_begin;
    for (;;) {
        await(async_isr_ring_get, .ring = &ring, .item = &self->item);
        CHECK(self->item > expected);
        expected = self->item;
        waited++;
    }
    async_end;
}

static void test_ring(void)
{
    unsigned at;
    uint16_t item = 0;
    for (at = 1; at < 80; at++) {
        async_task *a, *b;
        async_isr_ring_init(&ring, ring_items, sizeof ring_items[0], 3);
        next_item = expected = accepted = 0;
        waited = 0;
        CHECK(async_isr_ring_get_nowait(&ring, &item) == ASYNC_QUEUE_EMPTY);
        board(put_item, 50, at);
        a = async_create_task_on(&first, getter, .item = 0);
        b = async_create_task_on(&second, getter, .item = 0);
        run_for(1000);
        CHECK(fired == 50 && waited == accepted && waited + async_isr_ring_overflows(&ring) == 50);
        CHECK(async_isr_ring_qsize(&ring) == 0);
        async_cancel(a);
        async_cancel(b);
        run_for(10);
        CHECK(async_task_done(a) && async_task_done(b));
        async_release(a);
        async_release(b);
    }
    board(put_item, 0, 0);
    next_item = 0;
    for (at = 0; at < 5; at++) { /* full: the oldest stay, the rest is counted */
        next_item = (uint16_t)at;
        CHECK(async_isr_ring_put(&ring, &next_item) == (at < 3));
    }
    CHECK(async_isr_ring_overflows(&ring) >= 2 && async_isr_ring_qsize(&ring) == 3);
    for (at = 0; at < 3; at++)
        CHECK(async_isr_ring_get_nowait(&ring, &item) == ASYNC_OK && item == at);
}

/* ---- the operation ------------------------------------------------------------------------------------------- */

static async_isr_operation dma;
static bool stops_at_once;
static unsigned starts, stops;
static async_status start_status;

static void dma_interrupt(void)
{
    hardware_has_it = false;
    async_isr_operation_done(&dma, ASYNC_USER_ERROR(7));
    async_isr_operation_done(&dma, ASYNC_OK);
}

static async_status dma_start(async_isr_operation *operation)
{
    CHECK(operation->data == &hardware_has_it);
    starts++;
    if (start_status == ASYNC_OK)
        hardware_has_it = true;
    return start_status;
}

static void dma_stop(async_isr_operation *operation)
{
    stops++;
    if (stops_at_once) {
        hardware_has_it = false;
        async_isr_operation_done(operation, ASYNC_OK);
    }
}

struct transfer {
    async_frame frame;
    async_status how;
};
async(transfer)
{
    async_begin;
    await_catch(self->how, async_isr_operate, .operation = &dma);
    CHECK(!hardware_has_it);
    status = self->how;
    async_end;
}

static void test_operation(void)
{
    unsigned when, at, kind;
    async_task *a, *b, *c;
    dma.start = dma_start;
    dma.data = &hardware_has_it;
    for (kind = 0; kind < 3; kind++) /* stopped by the interrupt, stopped at once, not to be stopped */
        for (at = 1; at < 40; at++)
            for (when = 0; when < 6; when++) {
                dma.stop = kind < 2 ? dma_stop : NULL;
                stops_at_once = kind == 1;
                starts = stops = 0;
                status = 1;
                board(dma_interrupt, 0, at);
                only_then = true;
                a = async_create_task_on(&first, transfer, .how = 0);
                b = async_create_task_on(&second, canceller, .victim = a, .passes = when);
                c = async_create_task_on(&fourth, canceller, .victim = a, .passes = when);
                fires = kind != 1 || when == 5;
                if (when == 5) { /* nobody cancels */
                    async_cancel(b);
                    async_cancel(c);
                }
                run_for(100);
                CHECK(async_task_done(a) && starts <= 1 && stops <= 1);
                CHECK(!hardware_has_it);
                if (when == 5)
                    CHECK(starts == 1 && stops == 0 && status == ASYNC_USER_ERROR(7));
                else if (starts == 1)
                    CHECK(status == ASYNC_CANCELLED || (status == ASYNC_USER_ERROR(7) && stops == 0));
                async_release(a);
                async_release(b);
                async_release(c);
            }
    start_status = ASYNC_USER_ERROR(9);
    board(dma_interrupt, 0, 0);
    a = async_create_task_on(&first, transfer, .how = 0);
    run_for(10);
    CHECK(status == ASYNC_USER_ERROR(9));
    async_release(a);
    start_status = ASYNC_OK;
    a = async_create_task_on(&first, transfer, .how = 0);
    run_for(10);
    CHECK(hardware_has_it);
    hardware_has_it = false; /* only for the check in the second */
    b = async_create_task_on(&second, transfer, .how = 0);
    run_for(10);
    CHECK(status == ASYNC_MISUSE && async_task_done(b) && !async_task_done(a));
    dma_interrupt();
    run_for(10);
    CHECK(async_task_done(a));
    async_release(a);
    async_release(b);
}

int main(void)
{
    board(set_event, 0, 0);
    test_event();
    puts("ok isr event, an interrupt at each of 59 points");
    test_event_cancelled();
    printf("ok isr event cancelled, %u ways\n", after);
    test_flood();
    test_waits_for_ever();
    puts("ok interrupts without a gap, and nothing but interrupts");
    test_ring();
    puts("ok isr ring, interrupts at each of 79 points");
    test_operation();
    puts("ok isr operation, 702 ways");
    CHECK(idles == sleeps && passes > sleeps);
    puts("ok idle and watchdog hooks");
    return 0;
}
