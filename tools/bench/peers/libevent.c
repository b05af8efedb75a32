/* libevent.c: callbacks and timers of libevent; there are no tasks. */
#define _POSIX_C_SOURCE 200809L
#include "../bench.h"
#include <event2/event.h>
#include <event2/event_struct.h>

static struct event_base *base;
static uint64_t left, fired;

static void again(evutil_socket_t fd, short what, void *event)
{
    (void)fd;
    (void)what;
    if (left == 0) {
        event_base_loopbreak(base);
    } else {
        left--;
        event_active((struct event *)event, EV_TIMEOUT, 1);
    }
}

/* resume-N: N events that make themselves active again */
static void resume(const char *name, uint64_t n)
{
    int count = atoi(name + 7), i;
    struct event *events = (struct event *)get((size_t)count, sizeof *events);
    double begin;
    base = event_base_new();
    left = n;
    for (i = 0; i < count; i++) {
        event_assign(&events[i], base, -1, 0, again, &events[i]);
        event_active(&events[i], EV_TIMEOUT, 1);
    }
    begin = cpu_ns();
    event_base_dispatch(base);
    report(name, (cpu_ns() - begin) / (double)n);
    for (i = 0; i < count; i++)
        event_del(&events[i]);
    event_base_free(base);
    free(events);
}

static void fire(evutil_socket_t fd, short what, void *data)
{
    (void)fd;
    (void)what;
    (void)data;
    fired++;
}

static void add(struct event *event, uint32_t ms)
{
    struct timeval delay;
    delay.tv_sec = ms / 1000;
    delay.tv_usec = ms % 1000 * 1000;
    event_add(event, &delay);
}

static void timers(const char *name, uint64_t n)
{
    struct event *events = (struct event *)get(n, sizeof *events);
    uint32_t *order = shuffled(n), state = SEED;
    uint64_t i;
    double begin;
    base = event_base_new();
    for (i = 0; i < n; i++)
        event_assign(&events[i], base, -1, 0, fire, NULL);
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        add(&events[i], random_ms(&state));
    report("timer-start", (cpu_ns() - begin) / (double)n);
    pass_ms(FIRST_MS + SPREAD_MS + MARGIN_MS);
    begin = cpu_ns();
    event_base_dispatch(base);
    report("timer-fire", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
    for (i = 0; i < n; i++)
        add(&events[i], random_ms(&state));
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        event_del(&events[order[i]]);
    report("timer-cancel", (cpu_ns() - begin) / (double)n);
    event_base_free(base);
    free(order);
    free(events);
}

static void fire_and_free(evutil_socket_t fd, short what, void *event)
{
    fire(fd, what, event);
    free(event);
}

static void sleep_many(const char *name, uint64_t n)
{
    double bytes, begin;
    uint64_t i;
    base = event_base_new();
    bytes = resident_bytes();
    begin = cpu_ns();
    for (i = 0; i < n; i++) {
        struct event *event = (struct event *)malloc(sizeof *event);
        require(event != NULL, "no memory");
        event_assign(event, base, -1, 0, fire_and_free, event);
        add(event, SLEEP_MS);
    }
    report("sleep-start", (cpu_ns() - begin) / (double)n);
    report("sleep-bytes", (resident_bytes() - bytes) / (double)n);
    pass_ms(SLEEP_MS + MARGIN_MS);
    begin = cpu_ns();
    event_base_dispatch(base);
    report("sleep-wake", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
    event_base_free(base);
}

int main(int argc, char **argv)
{
    static const workload workloads[] = {
        { "resume-2", resume }, { "resume-1000", resume }, { "timers", timers }, { "sleep", sleep_many },
    };
    (void)argc;
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
