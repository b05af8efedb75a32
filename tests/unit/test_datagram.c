/* Datagram sockets: bound, connected, by name and by address, of each family; refusals, broadcast, shared ports. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "names.h"
#include "asyncio.h"
#include "names.h"
#include "unit.h"
#include "scratch.h"

static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int port_of(int fd)
{
    async_address address;
    CHECK_INT(async_socket_name(fd, &address), ASYNC_OK);
    return async_address_port(&address);
}

struct serves { async_frame frame; int fd; size_t n; async_address from; char buffer[20]; };
async(serves)
{
    async_begin;
    for (;;) {
        await_into(self->n, async_socket_recvfrom, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer,
            .from = &self->from);
        await(async_socket_sendto, .fd = self->fd, .data = self->buffer, .size = self->n, .to = &self->from);
    }
    async_end;
}

struct asks { async_frame frame; const char *host, *local_host; int family, server, fd; size_t n; async_task *task;
    async_task_group group; char buffer[20]; };
async(asks)
{
    async_begin;
    self->fd = self->server = -1;
    await_into(self->server, async_net_datagram, .local_host = self->host, .family = self->family);
    CHECK_INT(fcntl(self->server, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CHECK_INT(fcntl(self->server, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    async_task_group_enter(&self->group);
    self->task = async_task_group_create_task(&self->group, serves, .fd = self->server);
    await_into(self->fd, async_net_datagram, .host = self->host, .port = port_of(self->server), .family = self->family,
        .local_host = self->local_host);
    await(async_socket_send, .fd = self->fd, .data = "ping", .size = 4);
    await_into(self->n, async_socket_recv, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
    note("%.*s ", (int)self->n, self->buffer);
    async_cancel(self->task);
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    if (self->server >= 0)
        async_fd_close(self->server);
    async_end;
}

TEST(datagram, questions_and_answers)
{
    int before = open_fds(), probe;
    long live = counted_live;
    async_address address;
    fake_name("both.test", "::1 127.0.0.1");
    fake_name("four.test", "127.0.0.1");
    fake_name("six.test", "::1");
    CHECK_INT(async_run(asks, .host = NULL, .family = AF_INET), ASYNC_OK);
    CHECK_INT(async_run(asks, .host = "127.0.0.1"), ASYNC_OK);
    CHECK_INT(async_run(asks, .host = "four.test"), ASYNC_OK);
    CHECK_INT(async_run(asks, .host = "both.test", .family = AF_INET), ASYNC_OK);
    CHECK_INT(async_run(asks, .host = "127.0.0.1", .local_host = "127.0.0.1"), ASYNC_OK);
    CHECK_NOTES("ping ping ping ping ping ");
    CHECK_INT(async_run(asks, .host = "127.0.0.1", .local_host = "::1"), -EAFNOSUPPORT);
    CHECK_INT(async_run(asks, .host = "127.0.0.1", .local_host = "192.0.2.1"), -EADDRNOTAVAIL);
    CHECK_INT(async_run(asks, .host = "none.test"), ASYNC_NAME_NOT_FOUND);
    CHECK_NOTES("");
    async_address_parse(&address, "[::1]:0");
    probe = async_address_datagram(&address, NULL, 0);
    if (probe >= 0) { /* the machine has IPv6 */
        close(probe);
        CHECK_INT(async_run(asks, .host = "::1"), ASYNC_OK);
        CHECK_INT(async_run(asks, .host = "both.test"), ASYNC_OK);
        /* the pair that goes together is found */
        CHECK_INT(async_run(asks, .host = "six.test", .local_host = "both.test"), ASYNC_OK);
        CHECK_NOTES("ping ping ping ");
    }
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
    CHECK_INT(fake_lists, 0);
}

struct refusals { async_frame frame; int fd; async_status status; char byte; };
async(refusals)
{
    async_begin;
    await(async_socket_send, .fd = self->fd, .data = "x", .size = 1);
    await_catch(self->status, async_socket_recv, .fd = self->fd, .buffer = &self->byte, .size = 1);
    note("%s ", self->status == -ECONNREFUSED ? "refused" : word(self->status));
    async_end;
}

TEST(datagram, nobody_there)
{
    async_address address;
    int fd, other;
    async_address_parse(&address, "127.0.0.1:0");
    other = async_address_datagram(&address, NULL, 0);
    async_address_set_port(&address, port_of(other));
    close(other);
    fd = async_address_datagram(NULL, &address, 0);
    CHECK_INT(async_run(refusals, .fd = fd), ASYNC_OK);
    CHECK_NOTES("refused ");
    close(fd);
}

TEST(datagram, options)
{
    async_address a, b;
    int x, y, on = 0;
    socklen_t size = sizeof on;
    async_address_parse(&a, "127.0.0.1:0");
    x = async_address_datagram(&a, NULL, ASYNC_DATAGRAM_BROADCAST | ASYNC_DATAGRAM_REUSE_PORT);
    CHECK_INT(getsockopt(x, SOL_SOCKET, SO_BROADCAST, &on, &size), 0);
    CHECK(on != 0);
    async_address_set_port(&a, port_of(x));
    y = async_address_datagram(&a, NULL, ASYNC_DATAGRAM_REUSE_PORT);
    CHECK(y >= 0);
    close(y);
    CHECK_INT(async_address_datagram(&a, NULL, 0), -EADDRINUSE);
    close(x);
    CHECK_INT(async_address_datagram(NULL, NULL, 0), ASYNC_INVALID_ARGUMENT);
    async_address_parse(&b, "[::1]:1");
    CHECK_INT(async_address_datagram(&a, &b, 0), ASYNC_INVALID_ARGUMENT);
    async_address_parse(&b, "255.255.255.255:9");
    CHECK_INT(async_address_datagram(NULL, &b, 0), -EACCES); /* not without being asked */
}

/* unix datagrams: by path, and between two that have one each */
struct by_path { async_frame frame; int a, b; async_address at, back, from; size_t n; char buffer[10]; };
async(by_path)
{
    async_begin;
    async_address_set_path(&self->at, scratch_path("a"));
    async_address_set_path(&self->back, scratch_path("b"));
    self->a = async_address_datagram(&self->at, NULL, 0);
    self->b = async_address_datagram(&self->back, &self->at, 0);
    CHECK(self->a >= 0 && self->b >= 0);
    await(async_socket_send, .fd = self->b, .data = "to a", .size = 4);
    await_into(self->n, async_socket_recvfrom, .fd = self->a, .buffer = self->buffer, .size = 10, .from = &self->from);
    CHECK(self->n == 4 && memcmp(self->buffer, "to a", 4) == 0);
    CHECK(async_address_equal(&self->from, &self->back));
    await(async_socket_sendto, .fd = self->a, .data = "to b", .size = 4, .to = &self->from);
    await_into(self->n, async_socket_recv, .fd = self->b, .buffer = self->buffer, .size = 10);
    CHECK(self->n == 4 && memcmp(self->buffer, "to b", 4) == 0);
    async_finally;
    close(self->a);
    close(self->b);
    unlink(scratch_path("a"));
    unlink(scratch_path("b"));
    async_end;
}

TEST(datagram, paths)
{
    int before = open_fds();
    CHECK_INT(async_run(by_path), ASYNC_OK);
    CHECK_INT(open_fds(), before);
}
