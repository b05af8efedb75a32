/* libuv.c: callbacks and timers of libuv; there are no tasks. */
#define _POSIX_C_SOURCE 200809L
#include "../bench.h"
#include <uv.h>

static uint64_t left, fired;

static void again(uv_idle_t *idle)
{
    if (left == 0)
        uv_stop(idle->loop);
    else
        left--;
}

/* resume-N: N idle handles, which are called once in each turn of the loop */
static void resume(const char *name, uint64_t n)
{
    int count = atoi(name + 7), i;
    uv_loop_t loop;
    uv_idle_t *idles = (uv_idle_t *)get((size_t)count, sizeof *idles);
    double begin;
    uv_loop_init(&loop);
    left = n;
    for (i = 0; i < count; i++) {
        uv_idle_init(&loop, &idles[i]);
        uv_idle_start(&idles[i], again);
    }
    begin = cpu_ns();
    uv_run(&loop, UV_RUN_DEFAULT);
    report(name, (cpu_ns() - begin) / (double)n);
    for (i = 0; i < count; i++)
        uv_close((uv_handle_t *)&idles[i], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    require(uv_loop_close(&loop) == 0, name);
    free(idles);
}

static void fire(uv_timer_t *timer)
{
    (void)timer;
    fired++;
}

static void timers(const char *name, uint64_t n)
{
    uv_loop_t loop;
    uv_timer_t *timers = (uv_timer_t *)get(n, sizeof *timers);
    uint32_t *order = shuffled(n), state = SEED;
    uint64_t i;
    double begin;
    uv_loop_init(&loop);
    for (i = 0; i < n; i++)
        uv_timer_init(&loop, &timers[i]);
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        uv_timer_start(&timers[i], fire, random_ms(&state), 0);
    report("timer-start", (cpu_ns() - begin) / (double)n);
    pass_ms(FIRST_MS + SPREAD_MS + MARGIN_MS);
    begin = cpu_ns();
    uv_run(&loop, UV_RUN_DEFAULT);
    report("timer-fire", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
    for (i = 0; i < n; i++)
        uv_timer_start(&timers[i], fire, random_ms(&state), 0);
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        uv_timer_stop(&timers[order[i]]);
    report("timer-cancel", (cpu_ns() - begin) / (double)n);
    for (i = 0; i < n; i++)
        uv_close((uv_handle_t *)&timers[i], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    require(uv_loop_close(&loop) == 0, name);
    free(order);
    free(timers);
}

static void closed(uv_handle_t *timer) { free(timer); }

static void fire_and_close(uv_timer_t *timer)
{
    fired++;
    uv_close((uv_handle_t *)timer, closed);
}

static void sleep_many(const char *name, uint64_t n)
{
    uv_loop_t loop;
    double bytes, begin;
    uint64_t i;
    uv_loop_init(&loop);
    bytes = resident_bytes();
    begin = cpu_ns();
    for (i = 0; i < n; i++) {
        uv_timer_t *timer = (uv_timer_t *)malloc(sizeof *timer);
        require(timer != NULL, "no memory");
        uv_timer_init(&loop, timer);
        uv_timer_start(timer, fire_and_close, SLEEP_MS, 0);
    }
    report("sleep-start", (cpu_ns() - begin) / (double)n);
    report("sleep-bytes", (resident_bytes() - bytes) / (double)n);
    pass_ms(SLEEP_MS + MARGIN_MS);
    begin = cpu_ns();
    uv_run(&loop, UV_RUN_DEFAULT);
    report("sleep-wake", (cpu_ns() - begin) / (double)n);
    require(fired == n && uv_loop_close(&loop) == 0, name);
}

int main(int argc, char **argv)
{
    static const workload workloads[] = {
        { "resume-2", resume }, { "resume-1000", resume }, { "timers", timers }, { "sleep", sleep_many },
    };
    (void)argc;
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
