#include <event2/event.h>

static void fire(evutil_socket_t fd, short what, void *data)
{
    (void)fd;
    (void)what;
    (void)data;
}

int main(void)
{
    struct event_base *base = event_base_new();
    struct timeval delay = { 0, 1000 };
    event_base_once(base, -1, EV_TIMEOUT, fire, NULL, &delay);
    return event_base_dispatch(base);
}
