/* Descriptors: reading, writing, accepting, connecting; ends, errors, closing, cancelling. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <netinet/in.h>
#include <signal.h>

static void make_pipe(int fds[2])
{
    REQUIRE(pipe(fds) == 0);
    CHECK_INT(async_fd_set_nonblocking(fds[0]), ASYNC_OK);
    CHECK_INT(async_fd_set_nonblocking(fds[1]), ASYNC_OK);
}

static void make_pair(int fds[2])
{
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK_INT(async_fd_set_nonblocking(fds[0]), ASYNC_OK);
    CHECK_INT(async_fd_set_nonblocking(fds[1]), ASYNC_OK);
}

/* How many descriptors are open: none may be lost. */
static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* ---- reading and writing -------------------------------------------------------------------------------------- */

struct reader { async_frame frame; int fd; size_t n, total; char buffer[16]; const char *name; };
async(reader)
{
    async_begin;
    for (;;) {
        await_into(self->n, async_fd_read, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer - 1);
        if (self->n == 0)
            break;
        self->buffer[self->n] = '\0';
        note("%s", self->buffer);
    }
    async_finally;
    note("(%s%s)", self->name == NULL ? "" : self->name, async_error == -EBADF ? "EBADF"
        : async_error == ASYNC_CLOSED ? "closed" : word(async_error));
    async_end;
}

struct talks { async_frame frame; int fds[2]; size_t n; async_task *task; };
async(talks)
{
    async_begin;
    self->task = async_create_task(reader, .fd = self->fds[0]);
    await_into(self->n, async_fd_write, .fd = self->fds[1], .data = "hello", .size = 5);
    CHECK_INT(self->n, 5);
    await(async_sleep, .delay = async_ms(1));
    await_into(self->n, async_fd_write_all, .fd = self->fds[1], .data = ", this is longer than 16", .size = 24);
    CHECK_INT(self->n, 24);
    await(async_fd_writable, .fd = self->fds[1]);
    await(async_sleep, .delay = async_ms(1));
    CHECK_INT(async_fd_close(self->fds[1]), ASYNC_OK);
    self->fds[1] = -1;
    await(async_join, .task = self->task);
    async_finally;
    if (async_error < 0) {
        async_cancel(self->task);
        async_fd_close(self->fds[1]);
    }
    async_fd_close(self->fds[0]);
    async_release(self->task);
    async_end;
}

TEST(fd, a_conversation)
{
    int fds[2], before = open_fds();
    long live = counted_live;
    make_pipe(fds);
    CHECK_INT(async_run(talks, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("hello, this is longer than 16(ok)");
    make_pair(fds);
    CHECK_INT(async_run(talks, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("hello, this is longer than 16(ok)");
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

/* more than a pipe holds, in both directions at once */
enum { LOTS = 1000000 };
static unsigned char lots[LOTS];

struct sends { async_frame frame; int fd; size_t size, n; };
async(sends)
{
    async_begin;
    await_into(self->n, async_fd_write_all, .fd = self->fd, .data = lots, .size = self->size);
    CHECK_INT(self->n, self->size);
    async_end;
}
struct receives { async_frame frame; int fd; size_t size, n, total; unsigned char buffer[5000]; };
async(receives)
{
    async_begin;
    while (self->total < self->size) {
        await_into(self->n, async_fd_read, .fd = self->fd, .buffer = self->buffer, .size = 5000);
        if (self->n == 0)
            break;
        CHECK(memcmp(self->buffer, lots + self->total, self->n) == 0);
        self->total += self->n;
    }
    CHECK_INT(self->total, self->size);
    async_end;
}
struct both_ways { async_frame frame; int fds[2], i; async_task_group group; };
async(both_ways)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (; self->i < 2; self->i++) {
        async_task_group_create_task(&self->group, sends, .fd = self->fds[self->i], .size = LOTS);
        async_task_group_create_task(&self->group, receives, .fd = self->fds[self->i], .size = LOTS);
    }
    async_end;
}

TEST(fd, short_writes)
{
    int fds[2];
    size_t i;
    for (i = 0; i < LOTS; i++)
        lots[i] = (unsigned char)(i * 31 + i / 256);
    make_pair(fds);
    CHECK_INT(async_run(both_ways, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    close(fds[0]);
    close(fds[1]);
}

struct writes_to { async_frame frame; int fd; size_t n; };
async(writes_to)
{
    async_begin;
    await_into(self->n, async_fd_write_all, .fd = self->fd, .data = lots, .size = LOTS);
    async_finally;
    note("(%s)", async_error == -EPIPE ? "EPIPE" : async_error == ASYNC_CLOSED ? "closed" : word(async_error));
    async_end;
}
struct loses_reader { async_frame frame; int fds[2]; async_task *task; async_status status; };
async(loses_reader)
{
    async_begin;
    self->task = async_create_task(writes_to, .fd = self->fds[1]);
    await(async_sleep, .delay = async_ms(1));
    async_fd_close(self->fds[0]);
    await_catch(self->status, async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_fd_close(self->fds[1]);
    async_end;
}

TEST(fd, the_reader_goes_away)
{
    int fds[2];
    make_pair(fds);
    CHECK_INT(async_run(loses_reader, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK); /* and no SIGPIPE */
    CHECK_NOTES("(EPIPE)");
    signal(SIGPIPE, SIG_DFL);
    make_pipe(fds);
    CHECK_INT(async_run(loses_reader, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("(EPIPE)");
}

/* ---- closing what somebody waits for ------------------------------------------------------------------------- */

struct closes { async_frame frame; int fds[2]; bool behind; async_task *readers[2], *writer; async_status status; int i; };
async(closes)
{
    async_begin;
    self->readers[0] = async_create_task(reader, .fd = self->fds[0], .name = "a ");
    self->readers[1] = async_create_task(reader, .fd = self->fds[0], .name = "b ");
    self->writer = async_create_task(writes_to, .fd = self->fds[0]);
    await(async_sleep, .delay = async_ms(2));
    if (self->behind)
        close(self->fds[0]);
    else
        CHECK_INT(async_fd_close(self->fds[0]), ASYNC_OK);
    for (; self->i < 2; self->i++)
        await_catch(self->status, async_join, .task = self->readers[self->i]);
    await_catch(self->status, async_join, .task = self->writer);
    CHECK(self->status == (self->behind ? -EBADF : ASYNC_CLOSED) || self->status == ASYNC_NO_MEMORY);
    async_finally;
    for (self->i = 0; self->i < 2; self->i++)
        async_release(self->readers[self->i]);
    async_release(self->writer);
    close(self->fds[1]);
    async_end;
}

TEST(fd, closing_wakes_who_waits)
{
    int fds[2];
    make_pair(fds);
    CHECK_INT(async_run(closes, .fds[0] = fds[0], .fds[1] = fds[1]), ASYNC_OK);
    CHECK_NOTES("(a closed)(b closed)(closed)");
    make_pair(fds);
    CHECK_INT(async_run(closes, .fds[0] = fds[0], .fds[1] = fds[1], .behind = true), ASYNC_OK);
    CHECK(strstr(diary, "(a EBADF)(b EBADF)") != NULL);
    diary[0] = '\0';
}

/* A number that is closed and opened again is a new descriptor. */
struct reuses { async_frame frame; int fds[2], i, number; bool behind; async_task *task; char c; size_t n; async_status status; };
async(reuses)
{
    async_begin;
    self->number = -1;
    for (; self->i < 20; self->i++) {
        make_pair(self->fds);
        if (self->number >= 0)
            CHECK_INT(self->fds[0], self->number);
        self->number = self->fds[0];
        await_for_catch(async_ms(1), self->status, async_fd_readable, .fd = self->fds[0]);
        CHECK_INT(self->status, ASYNC_TIMED_OUT);
        await_into(self->n, async_fd_write, .fd = self->fds[1], .data = "x", .size = 1);
        await_into(self->n, async_fd_read, .fd = self->fds[0], .buffer = &self->c, .size = 1);
        CHECK_INT(self->n, 1);
        if (self->behind || self->i % 2 == 0) {
            close(self->fds[0]);
            close(self->fds[1]);
        } else {
            async_fd_close(self->fds[0]);
            async_fd_close(self->fds[1]);
        }
        self->fds[0] = self->fds[1] = -1;
    }
    async_finally;
    close(self->fds[0]);
    close(self->fds[1]);
    async_end;
}

TEST(fd, a_number_is_used_again)
{
    CHECK_INT(async_run(reuses), ASYNC_OK);
    CHECK_INT(async_run(reuses, .behind = true), ASYNC_OK);
}

TEST(fd, what_was_never_open)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    CHECK_INT(async_run(async_fd_readable, .fd = -1), -EBADF);
    CHECK_INT(async_run(async_fd_readable, .fd = 200), -EBADF);
    CHECK_INT(async_run(async_fd_read, .fd = 200, .buffer = lots, .size = 1), -EBADF);
    CHECK_INT(async_run(async_fd_write, .fd = 200, .data = lots, .size = 1), -EBADF);
    CHECK_INT(async_run(async_fd_write_all, .fd = 200, .data = lots, .size = 1), -EBADF);
    CHECK_INT(async_run(async_fd_accept, .fd = 200), -EBADF);
    CHECK_INT(async_run(async_fd_connect, .fd = 200, .address = (struct sockaddr *)&address, .length = sizeof address), -EBADF);
    CHECK_INT(async_fd_close(200), -EBADF);
    CHECK_INT(async_fd_set_nonblocking(200), -EBADF);
}

/* ---- cancelling ----------------------------------------------------------------------------------------------- */

/* A reader that is cancelled, even when the byte is there already and it was woken for it, has read nothing. */
struct cancels { async_frame frame; int fds[2], i; size_t n; char c; async_task *task; async_status status; };
async(cancels)
{
    async_begin;
    for (; self->i < 6; self->i++) {
        self->task = async_create_task(reader, .fd = self->fds[0]);
        await(async_sleep, .delay = async_ms(1));
        if (self->i % 3 == 0)
            async_cancel(self->task);
        await_into(self->n, async_fd_write, .fd = self->fds[1], .data = "x", .size = 1);
        if (self->i % 3 == 1)
            async_cancel(self->task);
        if (self->i % 3 == 2) {
            struct pollfd p;
            p.fd = self->fds[0];
            p.events = POLLIN;
            CHECK_INT(poll(&p, 1, 1000), 1);
            async_loop_stop(async_get_running_loop()); /* run_until_complete goes on below: no wait in this pass */
            async_cancel(self->task);
        }
        await_catch(self->status, async_join, .task = self->task);
        async_release(self->task);
        self->task = NULL;
        await_into(self->n, async_fd_read, .fd = self->fds[0], .buffer = &self->c, .size = 1);
        CHECK_INT(self->n, 1);
        CHECK_INT(self->c, 'x');
    }
    async_finally;
    async_release(self->task);
    close(self->fds[0]);
    close(self->fds[1]);
    async_end;
}

TEST(fd, cancelling_loses_nothing)
{
    int fds[2];
    async_loop *loop = async_new_event_loop();
    async_task *task;
    async_status status;
    make_pair(fds);
    task = loop == NULL ? NULL : async_loop_create_task(loop, cancels, .fds[0] = fds[0], .fds[1] = fds[1]);
    do
        status = async_loop_run_until_complete(loop, task);
    while (status == ASYNC_STOPPED);
    CHECK_INT(status, ASYNC_OK);
    CHECK_NOTES("(cancelled)(cancelled)(cancelled)(cancelled)(cancelled)(cancelled)");
    async_release(task);
    async_loop_close(loop);
}

/* ---- sockets -------------------------------------------------------------------------------------------------- */

static int make_listener(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(fd >= 0);
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd, (struct sockaddr *)address, sizeof *address) == 0);
    REQUIRE(listen(fd, 200) == 0);
    REQUIRE(getsockname(fd, (struct sockaddr *)address, &length) == 0);
    CHECK_INT(async_fd_set_nonblocking(fd), ASYNC_OK);
    return fd;
}

struct echoes { async_frame frame; int fd; size_t n; char buffer[64]; };
async(echoes)
{
    async_begin;
    for (;;) {
        await_into(self->n, async_fd_read, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
        if (self->n == 0)
            break;
        await_into(self->n, async_fd_write_all, .fd = self->fd, .data = self->buffer, .size = self->n);
    }
    async_finally;
    async_fd_close(self->fd);
    async_end;
}
struct serves { async_frame frame; int listener, fd; async_task_group group; };
async(serves)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (;;) {
        await_into(self->fd, async_fd_accept, .fd = self->listener);
        if (async_task_group_create_task(&self->group, echoes, .fd = self->fd) == NULL)
            async_fd_close(self->fd);
    }
    async_finally;
    async_fd_close(self->listener); /* nobody waits for an answer any more */
    async_end;
}
struct client { async_frame frame; const struct sockaddr_in *address; int fd, i; size_t n; char buffer[64]; };
async(client)
{
    async_begin;
    self->fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(async_fd_set_nonblocking(self->fd), ASYNC_OK);
    await(async_fd_connect, .fd = self->fd, .address = (const struct sockaddr *)self->address, .length = sizeof *self->address);
    for (; self->i < 5; self->i++) {
        await_into(self->n, async_fd_write, .fd = self->fd, .data = "0123456789", .size = 10);
        await_into(self->n, async_fd_read, .fd = self->fd, .buffer = self->buffer, .size = sizeof self->buffer);
        CHECK_INT(self->n, 10);
        CHECK(memcmp(self->buffer, "0123456789", 10) == 0);
    }
    async_finally;
    async_fd_close(self->fd);
    async_end;
}
struct serves_many { async_frame frame; int listener, i, count; struct sockaddr_in address; async_task *server; async_task_group group; async_status status; };
async(serves_many)
{
    async_begin;
    self->listener = make_listener(&self->address);
    self->server = async_create_task(serves, .listener = self->listener);
    if (self->server == NULL) {
        async_fd_close(self->listener);
        async_raise(ASYNC_NO_MEMORY);
    }
    async_task_group_enter(&self->group);
    for (; self->i < self->count; self->i++)
        async_task_group_create_task(&self->group, client, .address = &self->address);
    await(async_task_group_join, .group = &self->group);
    async_finally;
    async_cancel(self->server);
    await_catch(self->status, async_join, .task = self->server);
    async_release(self->server);
    async_end;
}

TEST(fd, many_clients)
{
    int before = open_fds();
    long live = counted_live;
    CHECK_INT(async_run(serves_many, .count = 1), ASYNC_OK);
    CHECK_INT(async_run(serves_many, .count = TEST_MANY > 100 ? 100 : 3), ASYNC_OK);
    CHECK_INT(open_fds(), before);
    CHECK_INT(counted_live, live);
}

struct refused { async_frame frame; struct sockaddr_in address; int fd; async_status status; };
async(refused)
{
    async_begin;
    self->fd = make_listener(&self->address);
    async_fd_close(self->fd); /* now nobody listens there */
    self->fd = socket(AF_INET, SOCK_STREAM, 0);
    async_fd_set_nonblocking(self->fd);
    await_catch(self->status, async_fd_connect, .fd = self->fd, .address = (struct sockaddr *)&self->address,
        .length = sizeof self->address);
    CHECK(self->status == -ECONNREFUSED || self->status == ASYNC_NO_MEMORY);
    async_finally;
    async_fd_close(self->fd);
    async_end;
}

TEST(fd, a_refused_connection)
{
    CHECK_INT(async_run(refused), ASYNC_OK);
}

/* Several loops, one after the other and outside of any: closing is possible everywhere. */
TEST(fd, closed_without_a_loop)
{
    int fds[2];
    make_pipe(fds);
    CHECK_INT(async_fd_close(fds[0]), ASYNC_OK);
    CHECK_INT(async_fd_close(fds[1]), ASYNC_OK);
    CHECK_INT(async_fd_close(fds[1]), -EBADF);
}
