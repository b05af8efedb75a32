/* Timers fire by deadline, equal ones in the order of starting, whatever was removed in between. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { TIMERS = 500 };
static async_timer_handle timers[TIMERS];
static long order_of[TIMERS]; /* when it was started; 0: it is not */
static long starts;
static int pending;

static unsigned state;
static unsigned random_below(unsigned n)
{
    state = state * 1103515245u + 12345u;
    return (state >> 16) % n;
}

/* the one of the model that must be next */
static int first(void)
{
    int i, least = -1;
    for (i = 0; i < TIMERS; i++)
        if (order_of[i] != 0
            && (least < 0 || timers[i].when < timers[least].when
                || (timers[i].when == timers[least].when && order_of[i] < order_of[least])))
            least = i;
    return least;
}

static void fired(async_handle *handle);

static void start(async_loop *loop, int n, unsigned range)
{
    async_time when = async_loop_time(loop) + async_ms((int)random_below(range));
    async_status status = async_loop_call_at(loop, when, &timers[n], fired, loop);
    if (status == ASYNC_NO_MEMORY)
        return;
    CHECK_INT(status, order_of[n] != 0 ? ASYNC_MISUSE : ASYNC_OK);
    if (status == ASYNC_OK) {
        order_of[n] = ++starts;
        pending++;
    }
}

static void stop(int n)
{
    CHECK_INT(async_timer_handle_cancel(&timers[n]), order_of[n] != 0);
    if (order_of[n] != 0)
        pending--;
    order_of[n] = 0;
}

static void fired(async_handle *handle)
{
    int n = (int)((async_timer_handle *)(void *)handle - timers);
    async_loop *loop = (async_loop *)handle->data;
    CHECK_INT(n, first());
    CHECK_INT(async_loop_time(loop), timers[n].when);
    order_of[n] = 0;
    pending--;
    if (random_below(3) == 0)
        start(loop, n, 1 + random_below(40) * 5);
    if (random_below(4) == 0)
        stop((int)random_below(TIMERS));
    if (pending == 0)
        async_loop_stop(loop);
}

static void try_range(unsigned range)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    int i;
    if (loop == NULL)
        return;
    memset(timers, 0, sizeof timers);
    memset(order_of, 0, sizeof order_of);
    pending = 0;
    for (i = 0; i < TIMERS * 3; i++) {
        if (random_below(3) == 0)
            stop((int)random_below(TIMERS));
        else
            start(loop, (int)random_below(TIMERS), range);
    }
    if (pending > 0)
        CHECK_INT(async_loop_run_forever(loop), ASYNC_OK);
    CHECK_INT(pending, 0);
    async_loop_close(loop);
}

TEST(timers, in_order_of_the_model)
{
    static const unsigned ranges[] = { 1, 2, 10, 1000 };
    long live = counted_live;
    size_t i;
    state = 1;
    for (i = 0; i < sizeof ranges / sizeof *ranges; i++)
        try_range(ranges[i]);
    CHECK_INT(counted_live, live);
}

/* equal deadlines: in order of starting, also when some in the middle go */
static char names[20];
static void say(async_handle *handle) { note("%s", (const char *)handle->data); }

static void halt(async_handle *handle) { async_loop_stop((async_loop *)handle->data); }

TEST(timers, equal_deadlines_fire_in_order_of_starting)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    static async_timer_handle equal[10], end;
    int i, good = 0;
    if (loop == NULL)
        return;
    memset(equal, 0, sizeof equal);
    memset(&end, 0, sizeof end);
    for (i = 0; i < 10; i++) {
        names[2 * i] = (char)('0' + i);
        good += async_loop_call_later(loop, async_ms(5), &equal[i], say, &names[2 * i]) == ASYNC_OK;
    }
    good += async_loop_call_later(loop, async_ms(6), &end, halt, loop) == ASYNC_OK;
    if (good == 11) {
        async_timer_handle_cancel(&equal[3]);
        async_timer_handle_cancel(&equal[0]);
        async_timer_handle_cancel(&equal[9]);
        async_loop_call_later(loop, async_ms(5), &equal[3], say, &names[6]); /* once more: now it is the last */
        CHECK_INT(async_loop_run_forever(loop), ASYNC_OK);
        CHECK_NOTES("12456783");
    }
    async_loop_close(loop);
}

/* a deadline that overflows is "never", not the past */
struct never { async_frame frame; async_timer_handle timer; async_status status; };
async(never)
{
    async_begin;
    await_for_catch(async_ms(1), self->status, async_sleep, .delay = ASYNC_FOREVER - 1);
    CHECK(self->status == ASYNC_TIMED_OUT || self->status == ASYNC_NO_MEMORY);
    async_call_later(ASYNC_FOREVER - 5, &self->timer, say, NULL);
    await(async_sleep, .delay = async_seconds(10));
    async_timer_handle_cancel(&self->timer);
    async_end;
}

TEST(timers, far_deadlines)
{
    CHECK_INT(RUN(never), ASYNC_OK);
    CHECK_NOTES("");
}
