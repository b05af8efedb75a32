#include <ev.h>

static void fire(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
}

int main(void)
{
    struct ev_loop *loop = ev_default_loop(0);
    ev_timer timer;
    ev_timer_init(&timer, fire, .001, 0);
    ev_timer_start(loop, &timer);
    return ev_run(loop, 0);
}
