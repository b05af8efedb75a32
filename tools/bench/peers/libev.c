/* libev.c: callbacks and timers of libev; there are no tasks. */
#define _POSIX_C_SOURCE 200809L
#include "../bench.h"
#include <ev.h>

static uint64_t left, fired;

static void again(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    if (left > 0) {
        left--;
        ev_feed_event(loop, timer, EV_TIMER);
    }
}

/* resume-N: N callbacks that have themselves called again */
static void resume(const char *name, uint64_t n)
{
    int count = atoi(name + 7), i;
    struct ev_loop *loop = ev_loop_new(0);
    ev_timer *timers = (ev_timer *)get((size_t)count, sizeof *timers);
    double begin;
    left = n;
    for (i = 0; i < count; i++) {
        ev_timer_init(&timers[i], again, 0, 0);
        ev_feed_event(loop, &timers[i], EV_TIMER);
    }
    begin = cpu_ns();
    while (left > 0)
        ev_invoke_pending(loop);
    report(name, (cpu_ns() - begin) / (double)n);
    ev_loop_destroy(loop);
    free(timers);
}

static void fire(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
    fired++;
}

static void timers(const char *name, uint64_t n)
{
    struct ev_loop *loop = ev_loop_new(0);
    ev_timer *timers = (ev_timer *)get(n, sizeof *timers);
    uint32_t *order = shuffled(n), state = SEED;
    uint64_t i;
    double begin;
    for (i = 0; i < n; i++)
        ev_timer_init(&timers[i], fire, random_ms(&state) / 1e3, 0);
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        ev_timer_start(loop, &timers[i]);
    report("timer-start", (cpu_ns() - begin) / (double)n);
    pass_ms(FIRST_MS + SPREAD_MS + MARGIN_MS);
    begin = cpu_ns();
    ev_run(loop, 0);
    report("timer-fire", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
    for (i = 0; i < n; i++) {
        ev_timer_set(&timers[i], random_ms(&state) / 1e3, 0);
        ev_timer_start(loop, &timers[i]);
    }
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        ev_timer_stop(loop, &timers[order[i]]);
    report("timer-cancel", (cpu_ns() - begin) / (double)n);
    ev_loop_destroy(loop);
    free(order);
    free(timers);
}

static void fire_and_free(struct ev_loop *loop, ev_timer *timer, int events)
{
    fire(loop, timer, events);
    free(timer);
}

static void sleep_many(const char *name, uint64_t n)
{
    struct ev_loop *loop = ev_loop_new(0);
    double bytes = resident_bytes(), begin = cpu_ns();
    uint64_t i;
    for (i = 0; i < n; i++) {
        ev_timer *timer = (ev_timer *)malloc(sizeof *timer);
        require(timer != NULL, "no memory");
        ev_timer_init(timer, fire_and_free, SLEEP_MS / 1e3, 0);
        ev_timer_start(loop, timer);
    }
    report("sleep-start", (cpu_ns() - begin) / (double)n);
    report("sleep-bytes", (resident_bytes() - bytes) / (double)n);
    pass_ms(SLEEP_MS + MARGIN_MS);
    begin = cpu_ns();
    ev_run(loop, 0);
    report("sleep-wake", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
    ev_loop_destroy(loop);
}

int main(int argc, char **argv)
{
    static const workload workloads[] = {
        { "resume-2", resume }, { "resume-1000", resume }, { "timers", timers }, { "sleep", sleep_many },
    };
    (void)argc;
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
