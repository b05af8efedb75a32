/* echo_libevent.c: with bufferevents, as is usual: echo_libevent PORT */
#include "listen.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

static void readable(struct bufferevent *b, void *data)
{
    (void)data;
    bufferevent_write_buffer(b, bufferevent_get_input(b));
}

static void happened(struct bufferevent *b, short what, void *data)
{
    (void)data;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        bufferevent_free(b);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int size, void *data)
{
    struct bufferevent *b = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    int on = 1;
    (void)address;
    (void)size;
    (void)data;
    require(b != NULL, "bufferevent");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bufferevent_setcb(b, readable, NULL, happened, NULL);
    bufferevent_enable(b, EV_READ | EV_WRITE);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    require(evconnlistener_new(base, accepted, NULL, LEV_OPT_CLOSE_ON_FREE, 0, listen_on(argc > 1 ? argv[1] : "8888")) != NULL,
        "listener");
    event_base_dispatch(base);
    return 1;
}
