/* Cancel-everywhere over descriptors: no byte and no connection is lost, and none is left open. */
#include "everywhere.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static int ends[2];
static size_t sent, received;
static char junk[4096];

static void make_pair(void)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        abort();
    async_fd_set_nonblocking(ends[0]);
    async_fd_set_nonblocking(ends[1]);
    sent = received = 0;
}

/* A pair in which there is no room for another byte. */
static void make_full_pair(void)
{
    ssize_t n;
    int size = 4096;
    make_pair();
    /* small, so that it is full soon; how small is the system's choice */
    (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    while ((n = write(ends[0], junk, sizeof junk)) > 0)
        sent += (size_t)n;
    while ((n = write(ends[0], junk, 1)) > 0)
        sent += (size_t)n;
}

static void check_pair(void)
{
    ssize_t n;
    close(ends[0]);
    while ((n = read(ends[1], junk, sizeof junk)) > 0)
        received += (size_t)n;
    MUST(received == sent);
    close(ends[1]);
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

struct writes_byte {
    async_frame frame;
    size_t n;
};

async(writes_byte)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    await_into(self->n, async_fd_write, .fd = ends[0], .data = "x", .size = 1);
    sent += self->n;
    async_end;
}

struct reads {
    async_frame frame;
    async_task_group group;
    size_t n;
    char byte;
};

async(reads)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, writes_byte);
    await(async_fd_readable, .fd = ends[1]);
    async_task_group_create_task(&self->group, writes_byte);
    await_into(self->n, async_fd_read, .fd = ends[1], .buffer = &self->byte, .size = 1);
    received += self->n;
    await_into(self->n, async_fd_read, .fd = ends[1], .buffer = &self->byte, .size = 1);
    received += self->n;
    async_end;
}

/* Who is to write may have been cancelled; then the reader gives up. */
struct read_end {
    async_frame frame;
    async_status status;
};

async(read_end)
{
    async_begin;
    await_for_catch(async_ms(50), self->status, reads);
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_end;
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

struct drains {
    async_frame frame;
    size_t n;
};

async(drains)
{
    async_begin;
    for (;;) {
        await(async_sleep, .delay = async_ms(1));
        await_into(self->n, async_fd_read, .fd = ends[1], .buffer = junk, .size = sizeof junk);
        received += self->n;
    }
    async_end;
}

struct writes {
    async_frame frame;
    size_t n;
};

async(writes)
{
    async_begin;
    await(async_fd_writable, .fd = ends[0]);
    await_into(self->n, async_fd_write, .fd = ends[0], .data = junk, .size = 16);
    sent += self->n;
    async_end;
}

struct fills {
    async_frame frame;
    size_t n;
};

async(fills)
{
    async_begin;
    await_into(self->n, async_fd_write, .fd = ends[0], .data = junk, .size = 16);
    sent += self->n;
    async_end;
}

/* Whoever makes room may have been cancelled; then the writer gives up. */
struct write_some {
    async_frame frame;
    async_task *drain;
    async_status status;
};

async(write_some)
{
    async_begin;
    self->drain = async_create_task(drains);
    await_for_catch(async_ms(50), self->status, fills);
    if (self->status == ASYNC_OK)
        await_for_catch(async_ms(50), self->status, writes);
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_finally;
    async_cancel(self->drain);
    async_release(self->drain);
    async_end;
}

/* A write of everything that is cut short has written some of it, and nobody knows how much: only leaks are
 * looked for. */
struct write_all {
    async_frame frame;
    async_task *drain;
    size_t n;
    async_status status;
};

static void check_write_all(void)
{
    close(ends[0]);
    close(ends[1]);
}

async(write_all)
{
    async_begin;
    self->drain = async_create_task(drains);
    await_for_catch(async_ms(300), self->status, async_fd_write_all, .fd = ends[0], .data = junk,
        .size = sizeof junk);
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_finally;
    async_cancel(self->drain);
    async_release(self->drain);
    async_end;
}

/* ---- connections -------------------------------------------------------------------------------------------- */

static int listener;
static struct sockaddr_in address;
static int connected, accepted;

static void make_listener(void)
{
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 5) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        abort();
    async_fd_set_nonblocking(listener);
    connected = accepted = 0;
}

/* Every connection that was made was accepted or still can be; one whose await was cancelled may be there as well. */
static void check_listener(void)
{
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        accepted++;
        close(fd);
    }
    MUST(accepted >= connected);
    close(listener);
}

struct connects {
    async_frame frame;
    int fd;
};

async(connects)
{
    async_begin;
    self->fd = -1;
    await(async_sleep, .delay = async_ms(1));
    self->fd = socket(AF_INET, SOCK_STREAM, 0);
    async_fd_set_nonblocking(self->fd);
    await(async_fd_connect, .fd = self->fd, .address = (const struct sockaddr *)&address, .length = sizeof address);
    connected++;
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    async_end;
}

struct accepts {
    async_frame frame;
    int fd;
};

async(accepts)
{
    async_begin;
    for (;;) {
        await_into(self->fd, async_fd_accept, .fd = listener);
        accepted++;
        async_fd_close(self->fd);
    }
    async_end;
}

struct connections {
    async_frame frame;
    async_task_group group;
    async_status status;
};

async(connections)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, connects);
    async_task_group_create_task(&self->group, connects);
    await_for_catch(async_ms(20), self->status, accepts);
    if (self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_end;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    PROGRAM(read_end, make_pair, check_pair);
    PROGRAM(write_some, make_full_pair, check_pair);
    PROGRAM(write_all, make_full_pair, check_write_all);
    PROGRAM(connections, make_listener, check_listener);
    print_covered();
    return failed;
}
