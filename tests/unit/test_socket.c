/* Sockets: streams and datagrams of each family, peers' addresses, files, descriptors; errors, ends, cancels. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include "scratch.h"
#include <signal.h>

static const char *text(const async_address *address)
{
    static char buffer[ASYNC_ADDRESS_TEXT];
    return async_address_format(address, buffer, sizeof buffer);
}

static const char *unix_address(const char *name)
{
    static char address[220];
    snprintf(address, sizeof address, "unix:%s", scratch_path(name));
    return address;
}

/* How many descriptors are open: none may be lost. */
static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static bool has_family(int family)
{
    async_address address;
    int fd = async_socket_open(family, SOCK_STREAM, 0);
    bool has = fd >= 0 && async_address_set_ip(&address, family == AF_INET6 ? "::1" : "127.0.0.1", 0) == ASYNC_OK &&
        bind(fd, async_address_sockaddr(&address), (socklen_t)address.length) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

/* ---- streams --------------------------------------------------------------------------------------------------- */

struct echoes { async_frame frame; int listener, fd; size_t n; async_address peer; char buffer[100]; };
async(echoes)
{
    async_begin;
    self->fd = -1;
    await_into(self->fd, async_socket_accept, .fd = self->listener, .peer = &self->peer);
    note("from %s ", async_address_family(&self->peer) == AF_UNIX ? "unix" : "ip");
    CHECK_INT(fcntl(self->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    for (;;) {
        await_into(self->n, async_socket_recv, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
        if (self->n == 0)
            break;
        await(async_socket_sendall, .fd = self->fd, .data = self->buffer, .size = self->n);
    }
    note("end ");
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    async_end;
}

struct talks_to { async_frame frame; const char *where; int listener, fd; async_address address, name;
    async_task_group group;
    size_t n; char buffer[10]; };
async(talks_to)
{
    async_begin;
    self->fd = self->listener = -1;
    CHECK_INT(async_address_parse(&self->address, self->where), ASYNC_OK);
    self->listener = async_address_listen(&self->address, 0, false);
    REQUIRE(self->listener >= 0);
    CHECK_INT(async_socket_name(self->listener, &self->address), ASYNC_OK);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, echoes, .listener = self->listener);
    self->fd = async_socket_open(async_address_family(&self->address), SOCK_STREAM, 0);
    await(async_socket_connect, .fd = self->fd, .address = &self->address);
    CHECK_INT(async_socket_peer(self->fd, &self->name), ASYNC_OK);
    CHECK(async_address_equal(&self->name, &self->address));
    await_into(self->n, async_socket_send, .fd = self->fd, .data = "hello", .size = 5);
    CHECK_INT(self->n, 5);
    await_into(self->n, async_socket_recv, .fd = self->fd, .buffer = self->buffer, .size = 5, .flags = MSG_PEEK);
    CHECK_INT(self->n, 5);
    await_into(self->n, async_socket_recv, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
    CHECK_INT(self->n, 5);
    CHECK(memcmp(self->buffer, "hello", 5) == 0);
    CHECK_INT(shutdown(self->fd, SHUT_WR), 0);
    await_into(self->n, async_socket_recv, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
    CHECK_INT(self->n, 0);
    await(async_task_group_join, .group = &self->group);
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    if (self->listener >= 0)
        async_fd_close(self->listener);
    async_end;
}

TEST(socket, streams_of_each_family)
{
    int before = open_fds();
    long live = counted_live;
#if defined(__linux__)
    char abstract[40];
#endif
    CHECK_INT(async_run(talks_to, .where = "127.0.0.1:0"), ASYNC_OK);
    CHECK_NOTES("from ip end ");
    if (has_family(AF_INET6)) {
        CHECK_INT(async_run(talks_to, .where = "[::1]:0"), ASYNC_OK);
        CHECK_NOTES("from ip end ");
    }
    CHECK_INT(async_run(talks_to, .where = unix_address("socket")), ASYNC_OK);
    CHECK_NOTES("from unix end ");
    CHECK_INT(unlink(scratch_path("socket")), 0);
#if defined(__linux__)
    snprintf(abstract, sizeof abstract, "unix:@asyncio-test-%ld", (long)getpid());
    CHECK_INT(async_run(talks_to, .where = abstract), ASYNC_OK);
    CHECK_NOTES("from unix end ");
#endif
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

enum { LOTS = 3000000 };
static unsigned char lots[LOTS];

static void fill_lots(void)
{
    size_t i;
    for (i = 0; i < LOTS; i++)
        lots[i] = (unsigned char)(i * 31 + i / 256);
}

struct takes { async_frame frame; int fd; size_t n, total; async_time delay; unsigned char buffer[60000]; };
async(takes, buffer)
{
    async_begin;
    for (;;) {
        await_into(self->n, async_socket_recv, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
        if (self->n == 0)
            break;
        CHECK(memcmp(self->buffer, lots + self->total, self->n) == 0);
        self->total += self->n;
        await(async_sleep, .delay = self->delay);
    }
    note("%d ", (int)self->total);
    async_end;
}

struct sends_all { async_frame frame; int fds[2]; size_t sent; async_task_group group; };
async(sends_all)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, takes, .fd = self->fds[1]);
    await(async_socket_sendall, .fd = self->fds[0], .data = lots, .size = LOTS, .sent = &self->sent);
    CHECK_INT(self->sent, LOTS);
    await(async_socket_sendall, .fd = self->fds[0], .data = lots, .size = 0);
    async_fd_close(self->fds[0]);
    self->fds[0] = -1;
    await(async_task_group_join, .group = &self->group);
    async_finally;
    if (self->fds[0] >= 0)
        async_fd_close(self->fds[0]);
    async_fd_close(self->fds[1]);
    async_end;
}

TEST(socket, more_than_fits)
{
    int fds[2];
    fill_lots();
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(sends_all, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("3000000 ");
}

/* what was sent before the cancel is known, and arrives */
struct cancelled_send { async_frame frame; int fds[2]; size_t sent, n, total; async_status status; unsigned char buffer[4096]; };
async(cancelled_send)
{
    async_begin;
    await_for_catch(async_ms(5), self->status, async_socket_sendall, .fd = self->fds[0], .data = lots, .size = LOTS,
        .sent = &self->sent);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    CHECK(self->sent > 0 && self->sent < LOTS);
    async_fd_close(self->fds[0]);
    for (;;) {
        await_into(self->n, async_socket_recv, .fd = self->fds[1], .buffer = self->buffer, .size = sizeof self->buffer);
        if (self->n == 0)
            break;
        self->total += self->n;
    }
    CHECK_INT(self->total, self->sent);
    async_fd_close(self->fds[1]);
    async_end;
}

TEST(socket, a_cancelled_send_says_how_far_it_came)
{
    int fds[2];
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(cancelled_send, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
}

struct closed_peer { async_frame frame; int fds[2]; async_status status; char byte; };
async(closed_peer)
{
    async_begin;
    async_fd_close(self->fds[1]);
    await_catch(self->status, async_socket_send, .fd = self->fds[0], .data = "x", .size = 1);
    CHECK_INT(self->status, -EPIPE); /* and no SIGPIPE */
    await_catch(self->status, async_socket_sendall, .fd = self->fds[0], .data = "x", .size = 1);
    CHECK_INT(self->status, -EPIPE);
    await_catch(self->status, async_socket_send_fds, .fd = self->fds[0], .data = "x", .size = 1);
    CHECK_INT(self->status, -EPIPE);
    async_fd_close(self->fds[0]);
    await_catch(self->status, async_socket_recv, .fd = self->fds[0], .buffer = &self->byte, .size = 1);
    CHECK_INT(self->status, -EBADF);
    await_catch(self->status, async_socket_send, .fd = self->fds[0], .data = "x", .size = 1);
    CHECK_INT(self->status, -EBADF);
    await_catch(self->status, async_socket_recvfrom, .fd = self->fds[0], .buffer = &self->byte, .size = 1);
    CHECK_INT(self->status, -EBADF);
    await_catch(self->status, async_socket_accept, .fd = self->fds[0]);
    CHECK_INT(self->status, -EBADF);
    async_end;
}

TEST(socket, a_peer_that_is_gone)
{
    int fds[2];
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(closed_peer, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
}

/* closing wakes whoever waits */
struct waits_recv { async_frame frame; int fd; char byte; };
async(waits_recv)
{
    async_begin;
    await(async_socket_recv, .fd = self->fd, .buffer = &self->byte, .size = 1);
    async_end;
}
struct closes_under { async_frame frame; int fds[2]; async_task *task; async_status status; };
async(closes_under)
{
    async_begin;
    self->task = async_create_task(waits_recv, .fd = self->fds[0]);
    await(async_sleep, .delay = async_ms(1));
    async_fd_close(self->fds[0]);
    await_catch(self->status, async_join, .task = self->task);
    CHECK_INT(self->status, ASYNC_CLOSED);
    async_finally;
    async_release(self->task);
    async_fd_close(self->fds[1]);
    async_end;
}

TEST(socket, closed_while_it_waits)
{
    int fds[2];
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(closes_under, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
}

/* a signal in the middle of a wait */
static void on_alarm(int number) { (void)number; }

struct interrupted { async_frame frame; int fds[2]; async_task *task; };
async(interrupted)
{
    async_begin;
    self->task = async_create_task(waits_recv, .fd = self->fds[0]);
    await(async_sleep, .delay = async_ms(1));
    raise(SIGALRM);
    await(async_socket_sendall, .fd = self->fds[1], .data = "x", .size = 1);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_fd_close(self->fds[0]);
    async_fd_close(self->fds[1]);
    async_end;
}

TEST(socket, a_signal_changes_nothing)
{
    struct sigaction action;
    int fds[2];
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(interrupted, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    signal(SIGALRM, SIG_DFL);
}

/* ---- datagrams ------------------------------------------------------------------------------------------------ */

struct datagrams { async_frame frame; const char *where; int a, b; async_address at, from, b_at; size_t n; bool cut;
    async_status status; char buffer[8]; };
async(datagrams)
{
    async_begin;
    self->a = self->b = -1;
    CHECK_INT(async_address_parse(&self->at, self->where), ASYNC_OK);
    self->a = async_socket_open(async_address_family(&self->at), SOCK_DGRAM, 0);
    self->b = async_socket_open(async_address_family(&self->at), SOCK_DGRAM, 0);
    REQUIRE(bind(self->a, async_address_sockaddr(&self->at), (socklen_t)self->at.length) == 0);
    if (async_address_family(&self->at) != AF_UNIX)
        REQUIRE(bind(self->b, async_address_sockaddr(&self->at), (socklen_t)self->at.length) == 0);
    async_socket_name(self->a, &self->at);
    async_socket_name(self->b, &self->b_at);
    await_into(self->n, async_socket_sendto, .fd = self->b, .data = "one", .size = 3, .to = &self->at);
    CHECK_INT(self->n, 3);
    await(async_socket_sendto, .fd = self->b, .data = "", .size = 0, .to = &self->at);
    await(async_socket_sendto, .fd = self->b, .data = "12345678", .size = 8, .to = &self->at);
    await(async_socket_sendto, .fd = self->b, .data = "123456789", .size = 9, .to = &self->at);
    await_into(self->n, async_socket_recvfrom, .fd = self->a, .buffer = self->buffer, .size = sizeof self->buffer,
        .from = &self->from, .truncated = &self->cut);
    note("%d%s ", (int)self->n, self->cut ? " cut" : "");
    if (async_address_family(&self->at) != AF_UNIX)
        CHECK(async_address_equal(&self->from, &self->b_at));
    await_into(self->n, async_socket_recvfrom, .fd = self->a, .buffer = self->buffer, .size = sizeof self->buffer,
        .truncated = &self->cut);
    note("%d%s ", (int)self->n, self->cut ? " cut" : "");
    await_into(self->n, async_socket_recvfrom, .fd = self->a, .buffer = self->buffer, .size = sizeof self->buffer,
        .truncated = &self->cut);
    note("%d%s ", (int)self->n, self->cut ? " cut" : "");
    await_into(self->n, async_socket_recvfrom, .fd = self->a, .buffer = self->buffer, .size = sizeof self->buffer,
        .truncated = &self->cut);
    note("%d%s ", (int)self->n, self->cut ? " cut" : "");
    /* nothing more: it waits */
    await_for_catch(async_ms(2), self->status, async_socket_recvfrom, .fd = self->a, .buffer = self->buffer,
        .size = sizeof self->buffer);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    async_finally;
    if (self->a >= 0)
        async_fd_close(self->a);
    if (self->b >= 0)
        async_fd_close(self->b);
    async_end;
}

TEST(socket, datagrams_and_what_is_cut)
{
    int before = open_fds();
    CHECK_INT(async_run(datagrams, .where = "127.0.0.1:0"), ASYNC_OK);
    CHECK_NOTES("3 0 8 8 cut ");
    if (has_family(AF_INET6)) {
        CHECK_INT(async_run(datagrams, .where = "[::1]:0"), ASYNC_OK);
        CHECK_NOTES("3 0 8 8 cut ");
    }
    CHECK_INT(async_run(datagrams, .where = unix_address("datagram")), ASYNC_OK);
    CHECK_NOTES("3 0 8 8 cut ");
    CHECK_INT(unlink(scratch_path("datagram")), 0);
    CHECK_INT(open_fds(), before);
}

struct too_large { async_frame frame; int fd; async_address to; async_status status; };
async(too_large)
{
    async_begin;
    await_catch(self->status, async_socket_sendto, .fd = self->fd, .data = lots, .size = 70000, .to = &self->to);
    CHECK_INT(self->status, -EMSGSIZE);
    async_end;
}

TEST(socket, a_datagram_that_is_too_large)
{
    int fd = async_socket_open(AF_INET, SOCK_DGRAM, 0);
    async_address to;
    async_address_parse(&to, "127.0.0.1:9");
    CHECK_INT(async_run(too_large, .fd = fd, .to = to), ASYNC_OK);
    close(fd);
}

/* the receiver's queue is full */
struct drains_late { async_frame frame; int fd, count; char byte; async_status status; };
async(drains_late)
{
    async_begin;
    await(async_sleep, .delay = async_ms(5));
    for (;;) {
        await_for_catch(async_ms(20), self->status, async_socket_recv, .fd = self->fd, .buffer = &self->byte, .size = 1);
        if (self->status < 0)
            break;
        self->count++;
    }
    if (self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    note("%d ", self->count);
    async_end;
}

struct fills_queue { async_frame frame; int a, b, i; async_address to; async_task_group group; async_status status; };
async(fills_queue)
{
    async_begin;
    async_address_set_path(&self->to, scratch_path("queue"));
    self->a = async_socket_open(AF_UNIX, SOCK_DGRAM, 0);
    self->b = async_socket_open(AF_UNIX, SOCK_DGRAM, 0);
    REQUIRE(bind(self->a, async_address_sockaddr(&self->to), (socklen_t)self->to.length) == 0);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, drains_late, .fd = self->a);
    for (; self->i < 2000; self->i++)
        await(async_socket_sendto, .fd = self->b, .data = "x", .size = 1, .to = &self->to);
    await(async_task_group_join, .group = &self->group);
    /* and a cancel while it waits */
    await_for_catch(async_ms(20), self->status, async_socket_sendto, .fd = self->b, .data = "x", .size = 1, .to = &self->to);
    for (self->i = 0; self->status == ASYNC_OK && self->i < 3000; self->i++)
        await_for_catch(async_ms(20), self->status, async_socket_sendto, .fd = self->b, .data = "x", .size = 1,
            .to = &self->to);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    async_finally;
    async_fd_close(self->a);
    async_fd_close(self->b);
    unlink(scratch_path("queue"));
    async_end;
}

TEST(socket, a_full_queue_of_datagrams)
{
    int before = open_fds();
    CHECK_INT(async_run(fills_queue), ASYNC_OK);
    CHECK_NOTES("2000 ");
    CHECK_INT(open_fds(), before);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

struct sends_file { async_frame frame; int fds[2], file; uint64_t offset, size, n, sent; async_task_group group; bool reads; };
async(sends_file)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, takes, .fd = self->fds[1], .total = (size_t)self->offset);
    await_into(self->n, async_socket_sendfile, .fd = self->fds[0], .file = self->file, .offset = self->offset,
        .size = self->size, .sent = &self->sent, .reads = self->reads);
    note("sent %d ", (int)self->n);
    CHECK_INT(self->sent, self->n);
    async_fd_close(self->fds[0]);
    self->fds[0] = -1;
    await(async_task_group_join, .group = &self->group);
    async_finally;
    if (self->fds[0] >= 0)
        async_fd_close(self->fds[0]);
    async_fd_close(self->fds[1]);
    async_end;
}

static void send_file(int file, uint64_t offset, uint64_t size, bool reads, const char *notes)
{
    int fds[2];
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(sends_file, .fds[0] = fds[0], .fds[1] = fds[1], .file = file, .offset = offset, .size = size,
        .reads = reads), ASYNC_OK);
    CHECK_NOTES(notes);
}

TEST(socket, files)
{
    FILE *temporary = tmpfile();
    int file, reads, before;
    fill_lots();
    REQUIRE(temporary != NULL && fwrite(lots, 1, LOTS, temporary) == LOTS && fflush(temporary) == 0);
    file = fileno(temporary);
    before = open_fds();
    for (reads = 0; reads < 2; reads++) {
        send_file(file, 0, 0, reads, "sent 3000000 3000000 ");
        send_file(file, 1000000, 0, reads, "sent 2000000 3000000 ");
        send_file(file, 5, 10, reads, "sent 10 15 ");
        send_file(file, 2999999, 10, reads, "sent 1 3000000 ");
        send_file(file, 3000000, 10, reads, "sent 0 3000000 ");
        send_file(file, 5000000, 0, reads, "sent 0 5000000 ");
    }
    CHECK_INT(lseek(file, 0, SEEK_CUR), LOTS); /* where it was */
    CHECK_INT(open_fds(), before);
    fclose(temporary);
}

struct file_fails { async_frame frame; int fds[2], file, pipe[2]; async_status status; uint64_t n; };
async(file_fails)
{
    async_begin;
    await_catch(self->status, async_socket_sendfile, .fd = self->fds[0], .file = -1);
    CHECK_INT(self->status, -EBADF);
    CHECK_INT(pipe(self->pipe), 0);
    await_catch(self->status, async_socket_sendfile, .fd = self->fds[0], .file = self->pipe[0]);
    CHECK_INT(self->status, -ESPIPE);
    close(self->pipe[0]);
    close(self->pipe[1]);
    /* what the system's sendfile does not take is read */
    await_into(self->n, async_socket_sendfile, .fd = self->fds[0], .file = self->file, .size = 7);
    note("%d ", (int)self->n);
    async_fd_close(self->fds[1]);
    await_catch(self->status, async_socket_sendfile, .fd = self->fds[0], .file = self->file);
    CHECK(self->status == -EPIPE || self->status == -ECONNRESET);
    async_fd_close(self->fds[0]);
    async_end;
}

TEST(socket, files_that_cannot_be_sent)
{
    int fds[2], zero = open("/dev/zero", O_RDONLY);
    REQUIRE(zero >= 0 && async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(file_fails, .fds[0] = fds[0], .fds[1] = fds[1], .file = zero), ASYNC_OK);
    CHECK_NOTES("7 ");
    close(zero);
}

/* ---- descriptors ---------------------------------------------------------------------------------------------- */

struct passes { async_frame frame; int fds[2], type, pipe[2], got[3], i; size_t n, count; bool cut; char buffer[10];
    async_status status; };
async(passes)
{
    async_begin;
    CHECK_INT(pipe(self->pipe), 0);
    await_into(self->n, async_socket_send_fds, .fd = self->fds[0], .data = "pipe", .size = 4, .fds = self->pipe,
        .count = 2);
    CHECK_INT(self->n, 4);
    self->count = 3;
    await_into(self->n, async_socket_recv_fds, .fd = self->fds[1], .buffer = self->buffer, .size = sizeof self->buffer,
        .fds = self->got, .count = &self->count, .truncated = &self->cut);
    CHECK_INT(self->n, 4);
    CHECK_INT(self->count, 2);
    CHECK(!self->cut);
    CHECK_INT(fcntl(self->got[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CHECK_INT(write(self->got[1], "through", 7), 7); /* the same pipe */
    CHECK_INT(read(self->pipe[0], self->buffer, 10), 7);
    for (; self->i < 2; self->i++)
        close(self->got[self->i]);
    /* room for one: the other is closed */
    await(async_socket_send_fds, .fd = self->fds[0], .data = "x", .size = 1, .fds = self->pipe, .count = 2);
    self->count = 1;
    await(async_socket_recv_fds, .fd = self->fds[1], .buffer = self->buffer, .size = 10, .fds = self->got,
        .count = &self->count, .truncated = &self->cut);
    CHECK_INT(self->count, 1);
    CHECK(self->cut);
    close(self->got[0]);
    /* no array at all; and bytes alone */
    await(async_socket_send_fds, .fd = self->fds[0], .data = "x", .size = 1, .fds = self->pipe, .count = 2);
    await_into(self->n, async_socket_recv_fds, .fd = self->fds[1], .buffer = self->buffer, .size = 10,
        .truncated = &self->cut);
    CHECK(self->n == 1 && self->cut);
    await(async_socket_send_fds, .fd = self->fds[0], .data = "x", .size = 1);
    self->count = 3;
    await_into(self->n, async_socket_recv_fds, .fd = self->fds[1], .buffer = self->buffer, .size = 10, .fds = self->got,
        .count = &self->count, .truncated = &self->cut);
    CHECK(self->n == 1 && self->count == 0 && !self->cut);
    await_catch(self->status, async_socket_send_fds, .fd = self->fds[0], .data = "", .size = 0, .fds = self->pipe,
        .count = 2);
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    await_catch(self->status, async_socket_send_fds, .fd = self->fds[0], .data = "x", .size = 1, .fds = self->pipe,
        .count = ASYNC_SOCKET_FDS + 1);
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    self->got[0] = -1;
    await_catch(self->status, async_socket_send_fds, .fd = self->fds[0], .data = "x", .size = 1, .fds = self->got,
        .count = 1);
    CHECK_INT(self->status, -EBADF);
    async_finally;
    for (self->i = 0; self->i < 2; self->i++) {
        close(self->pipe[self->i]);
        async_fd_close(self->fds[self->i]);
    }
    async_end;
}

TEST(socket, descriptors_are_passed)
{
    int fds[2], before = open_fds();
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(passes, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_INT(open_fds(), before);
    REQUIRE(async_socket_pair(SOCK_DGRAM, fds) == ASYNC_OK);
    CHECK_INT(async_run(passes, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_INT(open_fds(), before);
}

/* ---- connecting ----------------------------------------------------------------------------------------------- */

struct refused { async_frame frame; int fd, other; async_address address; async_status status; };
async(refused)
{
    async_begin;
    async_address_parse(&self->address, "127.0.0.1:0");
    self->other = async_socket_open(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(self->other, async_address_sockaddr(&self->address), (socklen_t)self->address.length) == 0);
    async_socket_name(self->other, &self->address); /* nobody listens there */
    self->fd = async_socket_open(AF_INET, SOCK_STREAM, 0);
    await_catch(self->status, async_socket_connect, .fd = self->fd, .address = &self->address);
    CHECK_INT(self->status, -ECONNREFUSED);
    note("%s ", async_address_family(&self->address) == AF_INET ? "v4" : text(&self->address));
    async_fd_close(self->fd);
    async_fd_close(self->other);
    async_address_set_path(&self->address, "/nonexistent/socket");
    self->fd = async_socket_open(AF_UNIX, SOCK_STREAM, 0);
    await_catch(self->status, async_socket_connect, .fd = self->fd, .address = &self->address);
    CHECK_INT(self->status, -ENOENT);
    async_fd_close(self->fd);
    async_end;
}

TEST(socket, refused_connections)
{
    int before = open_fds();
    CHECK_INT(async_run(refused), ASYNC_OK);
    CHECK_NOTES("v4 ");
    CHECK_INT(open_fds(), before);
}
