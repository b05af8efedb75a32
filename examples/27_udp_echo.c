/* A UDP echo server by callbacks, and its client: no task for either, and none for each peer.
 *
 *     27_udp_echo 9999                        a server on that port (0: any)
 *     27_udp_echo localhost 9999 one two      sends each word, prints what comes back; ends after a second without
 *
 * Datagrams may be lost, so the client says how many were. Ctrl-C ends the server. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- the server ------------------------------------------------------------------------------------------------ */

struct echo {
    async_datagram_protocol protocol; /* first */
    async_datagram_transport *transport;
    unsigned long dropped;
};

static void echo_made(async_datagram_protocol *protocol, async_datagram_transport *transport)
{
    ((struct echo *)protocol)->transport = transport;
}

/* What can neither be sent nor kept is lost, as any datagram may be: so a flood takes no memory. */
static void echo_received(async_datagram_protocol *protocol, const void *data, size_t size, const async_address *from)
{
    struct echo *echo = (struct echo *)protocol;
    if (async_datagram_transport_sendto(echo->transport, data, size, from) < 0)
        echo->dropped++;
}

static void echo_lost(async_datagram_protocol *protocol, async_status status)
{
    (void)status;
    ((struct echo *)protocol)->transport = NULL;
}

static const async_datagram_protocol_type echo_type = { echo_made, echo_received, NULL, NULL, NULL, echo_lost };

static struct echo four, six; /* a protocol stays in place until its connection is lost */

struct serve {
    async_frame frame;
    int port;
    async_address address;
    async_datagram_transport *transport;
    async_status status;
};

async(serve)
{
    async_begin;
    four.protocol.type = six.protocol.type = &echo_type;
    await_into(self->transport, async_create_datagram_endpoint, .protocol = &four.protocol,
        .local_port = self->port, .family = AF_INET);
    if (async_datagram_transport_sockname(four.transport, &self->address) == ASYNC_OK)
        self->port = async_address_port(&self->address);
    /* from this machine alone: on all addresses IPv6 would want the port of IPv4, too; there may be no IPv6 */
    await_catch(self->status, async_create_datagram_endpoint, .protocol = &six.protocol, .local_host = "::1",
        .local_port = self->port);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    printf("listening on port %d\n", self->port);
    fflush(stdout);
    await(async_sleep, .delay = ASYNC_FOREVER);
    async_finally;
    if (four.transport != NULL)
        async_datagram_transport_close(four.transport);
    if (six.transport != NULL)
        async_datagram_transport_close(six.transport);
    printf("%lu dropped\n", four.dropped + six.dropped);
    async_end;
}

/* ---- the client ------------------------------------------------------------------------------------------------ */

struct answers {
    async_datagram_protocol protocol;
    int left;
    async_event done;
};

static void answer_received(async_datagram_protocol *protocol, const void *data, size_t size, const async_address *from)
{
    struct answers *asked = (struct answers *)protocol;
    char text[ASYNC_ADDRESS_TEXT];
    printf("%s: %.*s\n", async_address_format(from, text, sizeof text), (int)size, (const char *)data);
    if (--asked->left == 0)
        async_event_set(&asked->done);
}

static void answer_failed(async_datagram_protocol *protocol, async_status status)
{
    (void)protocol;
    fprintf(stderr, "%s\n", async_strerror(status));
}

static const async_datagram_protocol_type answers_type = { NULL, answer_received, answer_failed, NULL, NULL, NULL };
static struct answers answers;

struct ask {
    async_frame frame;
    const char *host;
    char **words;
    int port, count;
    async_status status;
    async_datagram_transport *transport;
};

async(ask)
{
    int i;
    async_begin;
    answers.protocol.type = &answers_type;
    answers.left = self->count;
    await_into(self->transport, async_create_datagram_endpoint, .protocol = &answers.protocol, .host = self->host,
        .port = self->port, .family = AF_INET);
    for (i = 0; i < self->count; i++)
        async_datagram_transport_sendto(self->transport, self->words[i], strlen(self->words[i]), NULL);
    await_for_catch(async_seconds(1), self->status, async_event_wait, .event = &answers.done);
    if (self->status == ASYNC_TIMED_OUT)
        fprintf(stderr, "%d without an answer\n", answers.left);
    else if (self->status < 0)
        async_raise(self->status);
    async_finally;
    if (self->transport != NULL)
        async_datagram_transport_close(self->transport);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status;
    if (argc < 2 || argc == 3) {
        fprintf(stderr, "usage: %s PORT | HOST PORT WORD...\n", argv[0]);
        return argc > 1;
    }
    if (argc == 2)
        status = async_run(serve, .port = atoi(argv[1]));
    else
        status = async_run(ask, .host = argv[1], .port = atoi(argv[2]), .words = argv + 3, .count = argc - 3);
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0 && status != ASYNC_INTERRUPTED;
}
