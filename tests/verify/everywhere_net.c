/* Cancel-everywhere over sockets, names and files: no byte, connection, descriptor or lookup is lost. */
#include "names.h"
#include "everywhere.h"
#include "names.h"
#include "scratch.h"
#include <netdb.h>

static int ends[2];
static size_t sent, received;
static char junk[4096];

static void make_pair(void)
{
    if (async_socket_pair(SOCK_STREAM, ends) < 0)
        abort();
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

/* ---- receiving ------------------------------------------------------------------------------------------------ */

struct sends_byte {
    async_frame frame;
    size_t n;
};

async(sends_byte)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    await_into(self->n, async_socket_send, .fd = ends[0], .data = "x", .size = 1);
    sent += self->n;
    async_end;
}

struct receives {
    async_frame frame;
    async_task_group group;
    size_t n, count;
    async_address from;
    char byte;
};

async(receives)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, sends_byte);
    await_into(self->n, async_socket_recv, .fd = ends[1], .buffer = &self->byte, .size = 1);
    received += self->n;
    async_task_group_create_task(&self->group, sends_byte);
    await_into(self->n, async_socket_recvfrom, .fd = ends[1], .buffer = &self->byte, .size = 1, .from = &self->from);
    received += self->n;
    async_task_group_create_task(&self->group, sends_byte);
    await_into(self->n, async_socket_recv_fds, .fd = ends[1], .buffer = &self->byte, .size = 1);
    received += self->n;
    async_end;
}

/* Who is to send may have been cancelled; then the receiver gives up. */
struct receive {
    async_frame frame;
    async_status status;
};

async(receive)
{
    async_begin;
    await_for_catch(async_ms(50), self->status, receives);
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_end;
}

/* ---- sending -------------------------------------------------------------------------------------------------- */

struct drains {
    async_frame frame;
    size_t n;
};

async(drains)
{
    async_begin;
    for (;;) {
        await(async_sleep, .delay = async_ms(1));
        await_into(self->n, async_socket_recv, .fd = ends[1], .buffer = junk, .size = sizeof junk);
        received += self->n;
    }
    async_end;
}

struct sends_some {
    async_frame frame;
    size_t n;
};

async(sends_some)
{
    async_begin;
    await_into(self->n, async_socket_send, .fd = ends[0], .data = junk, .size = 16);
    sent += self->n;
    async_end;
}

/* The descriptors that go along are the receiver's, which does not ask for any: the system closes them. */
struct sends_fds {
    async_frame frame;
    size_t n;
};

async(sends_fds)
{
    async_begin;
    await_into(self->n, async_socket_send_fds, .fd = ends[0], .data = junk, .size = 16, .fds = ends, .count = 1);
    sent += self->n;
    async_end;
}

/* However far they come, they say so. */
struct sends_all {
    async_frame frame;
    size_t n;
};

async(sends_all)
{
    async_begin;
    await(async_socket_sendall, .fd = ends[0], .data = junk, .size = sizeof junk, .sent = &self->n);
    async_finally;
    sent += self->n;
    async_end;
}

static int file;

struct sends_file {
    async_frame frame;
    uint64_t n;
};

async(sends_file)
{
    async_begin;
    await(async_socket_sendfile, .fd = ends[0], .file = file, .sent = &self->n);
    async_finally;
    sent += (size_t)self->n;
    async_end;
}

static void make_sending(void)
{
    file = open("/bin/sh", O_RDONLY);
    make_full_pair();
}

static void check_sending(void)
{
    close(file);
    check_pair();
}

/* Whoever makes room may have been cancelled; then the sender gives up. */
#define SENDER(name, f)                                                                         \
    struct name {                                                                               \
        async_frame frame;                                                                      \
        async_task *drain;                                                                      \
        async_status status;                                                                    \
    };                                                                                          \
    async(name)                                                                                 \
    {                                                                                           \
        async_begin;                                                                            \
        self->drain = async_create_task(drains);                                                \
        await_for_catch(async_ms(50), self->status, f);                                         \
        if (self->status < 0 && self->status != ASYNC_TIMED_OUT)                                \
            async_raise(self->status);                                                          \
        async_finally;                                                                          \
        async_cancel(self->drain);                                                              \
        async_release(self->drain);                                                             \
        async_end;                                                                              \
    }
SENDER(send_some, sends_some)
SENDER(send_fds, sends_fds)
SENDER(send_all, sends_all)
SENDER(send_file, sends_file)

/* ---- datagrams: the receiver's queue is full ------------------------------------------------------------------- */

static async_address queue_address;

static void make_queue(void)
{
    sent = received = 0;
    async_address_set_path(&queue_address, scratch_path("sock"));
    ends[1] = async_address_datagram(&queue_address, NULL, 0);
    ends[0] = async_address_datagram(NULL, &queue_address, 0);
    while (send(ends[0], "x", 1, 0) == 1)
        sent++;
    close(ends[0]);
    ends[0] = async_socket_open(AF_UNIX, SOCK_DGRAM, 0);
}

static void check_queue(void)
{
    check_pair();
    unlink(scratch_path("sock"));
}

struct sends_to {
    async_frame frame;
    size_t n;
};

async(sends_to)
{
    async_begin;
    await_into(self->n, async_socket_sendto, .fd = ends[0], .data = "x", .size = 1, .to = &queue_address);
    sent += self->n;
    async_end;
}
SENDER(send_to, sends_to)

/* ---- connections ---------------------------------------------------------------------------------------------- */

static int listener, port, refusing;
static async_address listener_address;
static int connected, accepted;

static void make_listener(void)
{
    async_address address;
    async_address_parse(&address, "127.0.0.1:0");
    listener = async_address_listen(&address, 5, false);
    if (listener < 0)
        abort();
    async_socket_name(listener, &listener_address);
    port = async_address_port(&listener_address);
    refusing = async_socket_open(AF_INET, SOCK_STREAM, 0); /* nobody else gets that port there */
    async_address_set_ip(&address, "127.0.0.3", port);
    (void)!bind(refusing, async_address_sockaddr(&address), (socklen_t)address.length);
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
    MUST(fake_lists == 0);
    close(listener);
    close(refusing);
}

struct connects {
    async_frame frame;
    int fd;
};

async(connects)
{
    async_begin;
    self->fd = async_socket_open(AF_INET, SOCK_STREAM, 0);
    await(async_socket_connect, .fd = self->fd, .address = &listener_address);
    connected++;
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    async_end;
}

struct connects_by_address {
    async_frame frame;
    int fd;
};

async(connects_by_address)
{
    async_begin;
    await_into(self->fd, async_address_connect, .address = &listener_address);
    connected++;
    async_fd_close(self->fd);
    async_end;
}

/* A race of three: one refuses, two answer. */
struct connects_by_name {
    async_frame frame;
    int fd;
};

async(connects_by_name)
{
    async_begin;
    await_into(self->fd, async_net_connect, .host = "three.test", .port = port, .happy_eyeballs_delay = async_ms(1));
    connected++;
    async_fd_close(self->fd);
    async_end;
}

struct accepts {
    async_frame frame;
    int fd;
    async_address peer;
};

async(accepts)
{
    async_begin;
    for (;;) {
        await_into(self->fd, async_socket_accept, .fd = listener, .peer = &self->peer);
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
    async_task_group_create_task(&self->group, connects_by_address);
    await_for_catch(async_ms(10), self->status, accepts);
    if (self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_end;
}

struct race {
    async_frame frame;
};

async(race)
{
    async_begin;
    await(connects_by_name);
    async_end;
}

/* ---- a unix socket whose backlog is full ----------------------------------------------------------------------- */

static int waiting_connections[8], waiting_count;

static void make_crowd(void)
{
    async_address address;
    int fd;
    async_address_set_path(&address, scratch_path("sock"));
    listener = async_unix_listen(scratch_path("sock"), 1);
    for (waiting_count = 0; waiting_count < 8; waiting_count++) {
        fd = async_socket_open(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, async_address_sockaddr(&address), (socklen_t)address.length) != 0) {
            close(fd);
            break;
        }
        waiting_connections[waiting_count] = fd;
    }
}

static void check_crowd(void)
{
    while (waiting_count > 0)
        close(waiting_connections[--waiting_count]);
    close(listener);
    unlink(scratch_path("sock"));
}

struct lets_in {
    async_frame frame;
    int fd;
};

async(lets_in)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    await_into(self->fd, async_socket_accept, .fd = listener);
    async_fd_close(self->fd);
    async_end;
}

struct joins_crowd {
    async_frame frame;
    int fd;
};

async(joins_crowd)
{
    async_begin;
    await_into(self->fd, async_unix_connect, .path = scratch_path("sock"));
    async_fd_close(self->fd);
    async_end;
}

struct crowd {
    async_frame frame;
    async_task *task;
    async_status status;
};

async(crowd)
{
    async_begin;
    self->task = async_create_task(lets_in);
    await_for_catch(async_ms(20), self->status, joins_crowd);
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_finally;
    async_cancel(self->task);
    async_release(self->task);
    async_end;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

struct looks_up {
    async_frame frame;
    struct addrinfo *found;
    async_address address;
    char host[40];
};

async(looks_up)
{
    async_begin;
    await_into(self->found, async_getaddrinfo, .host = "three.test", .port = 80, .type = SOCK_STREAM);
    freeaddrinfo(self->found);
    async_address_parse(&self->address, "127.0.0.1:80");
    await(async_getnameinfo, .address = &self->address, .host = self->host, .host_size = sizeof self->host);
    MUST(strcmp(self->host, "name.test") == 0);
    async_end;
}

struct opens_by_name {
    async_frame frame;
    int fds[4], fd;
    size_t count;
};

async(opens_by_name)
{
    async_begin;
    self->fd = -1;
    await_into(self->count, async_net_listen, .host = "local.test", .fds = self->fds, .capacity = 4);
    await_into(self->fd, async_net_datagram, .host = "local.test", .port = 9, .local_host = "local.test");
    async_finally;
    while (self->count > 0)
        async_fd_close(self->fds[--self->count]);
    if (self->fd >= 0)
        async_fd_close(self->fd);
    async_end;
}

static void check_names(void) { MUST(fake_lists == 0); }

/* ---- files ----------------------------------------------------------------------------------------------------- */

static void drop_file(void) { unlink(scratch_path("file")); }

struct uses_file {
    async_frame frame;
    int file;
    async_file_content content;
    size_t n, written;
    char buffer[10];
};

async(uses_file)
{
    async_begin;
    self->file = -1;
    await_into(self->file, async_file_open, .path = scratch_path("file"), .flags = O_RDWR | O_CREAT);
    await(async_file_write, .file = self->file, .data = "0123456789", .size = 10, .written = &self->written);
    await(async_file_pwrite, .file = self->file, .data = "x", .size = 1, .offset = 5);
    await(async_file_sync, .file = self->file);
    await_into(self->n, async_file_pread, .file = self->file, .buffer = self->buffer, .size = 10);
    MUST(self->n == 10 && memcmp(self->buffer, "01234x6789", 10) == 0);
    MUST(lseek(self->file, 2, SEEK_SET) == 2);
    self->n = 99;
    await_into(self->n, async_file_read, .file = self->file, .buffer = self->buffer, .size = 3);
    async_finally;
    if (self->n == 99)
        MUST(lseek(self->file, 0, SEEK_CUR) == 2); /* cancelled: the position is where it was */
    if (self->file >= 0)
        close(self->file);
    async_end;
}

struct whole_file {
    async_frame frame;
    async_file_content content;
    int file;
};

async(whole_file)
{
    async_begin;
    await(async_file_save, .path = scratch_path("file"), .data = "old", .size = 3);
    await(async_file_save, .path = scratch_path("file"), .data = "newer", .size = 5, .atomic = true);
    await_into(self->content, async_file_load, .path = scratch_path("file"));
    MUST(self->content.size == 5);
    async_finally;
    async_file_content_free(&self->content);
    async_end;
}

/* A close that was cancelled has closed, or has not begun: which of both, fcntl() tells. */
struct closes_file {
    async_frame frame;
    int file;
};

async(closes_file)
{
    async_begin;
    self->file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    await(async_file_close, .file = self->file);
    async_finally;
    if (fcntl(self->file, F_GETFD) >= 0)
        close(self->file);
    async_end;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    fake_name("three.test", "127.0.0.3 127.0.0.1 127.0.0.1");
    fake_name("local.test", "127.0.0.1");
    PROGRAM(receive, make_pair, check_pair);
    PROGRAM(send_some, make_full_pair, check_pair);
    PROGRAM(send_fds, make_full_pair, check_pair);
    PROGRAM(send_all, make_full_pair, check_pair);
    PROGRAM(send_file, make_sending, check_sending);
    PROGRAM(send_to, make_queue, check_queue);
    PROGRAM(connections, make_listener, check_listener);
    PROGRAM(race, make_listener, check_listener);
    PROGRAM(crowd, make_crowd, check_crowd);
    PROGRAM(looks_up, NULL, check_names);
    PROGRAM(opens_by_name, NULL, check_names);
    PROGRAM(uses_file, NULL, drop_file);
    PROGRAM(whole_file, NULL, drop_file);
    PROGRAM(closes_file, NULL, NULL);
    print_covered();
    return failed;
}
