/* Connecting by name: one address and several, races between them, failures, cancels; and listening. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "names.h"
#include "asyncio.h"
#include "names.h"
#include "unit.h"
#include "scratch.h"

static const char *text(const async_address *address)
{
    static char buffer[ASYNC_ADDRESS_TEXT];
    return async_address_format(address, buffer, sizeof buffer);
}

/* How many descriptors are open: none may be lost. */
static int open_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int listen_at(const char *where)
{
    async_address address;
    CHECK_INT(async_address_parse(&address, where), ASYNC_OK);
    return async_address_listen(&address, 0, false);
}

static int port_of(int fd)
{
    async_address address;
    CHECK_INT(async_socket_name(fd, &address), ASYNC_OK);
    return async_address_port(&address);
}

/* The same port of several addresses: one that answers, one that never does, one that refuses. Linux has all of
 * 127.0.0.0/8; elsewhere only 127.0.0.1 is there, and these tests have nothing to connect to. */
static int answering, silent, refusing, port, filler[3];

#define ANSWERS "127.0.0.1"
#define SILENT "127.0.0.2"
#define REFUSES "127.0.0.3"

static int bind_at(const char *host, bool listens)
{
    async_address address;
    int on = 1, fd = async_socket_open(AF_INET, SOCK_STREAM, 0);
    async_address_set_ip(&address, host, port);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, async_address_sockaddr(&address), (socklen_t)address.length) != 0 || (listens && listen(fd, 0) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool make_network(void)
{
    async_address address;
    size_t i;
    answering = listen_at(ANSWERS ":0");
    REQUIRE(answering >= 0);
    port = port_of(answering);
    silent = bind_at(SILENT, true);
    refusing = bind_at(REFUSES, false);
    if (silent < 0 || refusing < 0)
        return false;
    /* its backlog is full: it answers nobody any more */
    async_address_set_ip(&address, SILENT, port);
    for (i = 0; i < 3; i++) {
        filler[i] = async_socket_open(AF_INET, SOCK_STREAM, 0);
        (void)connect(filler[i], async_address_sockaddr(&address), (socklen_t)address.length);
    }
    return true;
}

static void drop_network(void)
{
    size_t i;
    close(answering);
    if (silent >= 0)
        close(silent);
    if (refusing >= 0)
        close(refusing);
    for (i = 0; i < 3; i++)
        if (filler[i] > 0)
            close(filler[i]);
}

/* ---- connecting ----------------------------------------------------------------------------------------------- */

struct connects { async_frame frame; const char *host; int family; const async_address *local; async_time delay; int fd;
    size_t tried, i; async_address peer; async_connect_attempt attempts[4]; };
async(connects)
{
    async_begin;
    self->fd = -1;
    await_into(self->fd, async_net_connect, .host = self->host, .port = port, .family = self->family,
        .local = self->local, .attempts = self->attempts, .capacity = 4, .attempted = &self->tried,
        .happy_eyeballs_delay = self->delay);
    CHECK_INT(async_socket_peer(self->fd, &self->peer), ASYNC_OK);
    CHECK_INT(async_address_port(&self->peer), port);
    CHECK_INT(fcntl(self->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CHECK_INT(fcntl(self->fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    async_address_set_port(&self->peer, 0);
    note("to %s ", text(&self->peer));
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    for (self->i = 0; self->i < self->tried && self->i < 4; self->i++) {
        async_address_set_port(&self->attempts[self->i].address, 0);
        note("%s %s; ", text(&self->attempts[self->i].address), self->attempts[self->i].status == -ECONNREFUSED
            ? "refused" : self->attempts[self->i].status == -EADDRNOTAVAIL ? "no such address here"
            : word(self->attempts[self->i].status));
    }
    async_end;
}

#define CONNECT(result, notes, ...)                                                     \
    do {                                                                                \
        int before_ = open_fds();                                                       \
        long live_ = counted_live;                                                      \
        CHECK_INT(async_run_with(virtual_time(), connects, __VA_ARGS__), result);       \
        CHECK_NOTES(notes);                                                             \
        CHECK_INT(open_fds(), before_);                                                 \
        CHECK_INT(counted_live, live_);                                                 \
        CHECK_INT(fake_lists, 0);                                                       \
    } while (0)

TEST(connect, one_address)
{
    if (make_network()) {
        fake_name("good.test", ANSWERS);
        fake_name("bad.test", REFUSES);
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.1:0 ok; ", .host = "good.test");
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.1:0 ok; ", .host = ANSWERS);
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.1:0 ok; ", .host = NULL, .family = AF_INET);
        CONNECT(-ECONNREFUSED, "127.0.0.3:0 refused; ", .host = "bad.test");
        CONNECT(-ECONNREFUSED, "127.0.0.3:0 refused; ", .host = REFUSES);
        CONNECT(ASYNC_NAME_NOT_FOUND, "", .host = "none.test");
        CONNECT(ASYNC_NAME_NOT_FOUND, "", .host = "good.test", .family = AF_INET6);
    }
    drop_network();
}

TEST(connect, a_failure_starts_the_next_at_once)
{
    if (make_network()) {
        fake_name("second.test", REFUSES " " ANSWERS " 127.0.0.4");
        fake_name("none.test", REFUSES " " REFUSES " " REFUSES " " REFUSES " " REFUSES " " REFUSES);
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.3:0 refused; 127.0.0.1:0 ok; ", .host = "second.test",
            .delay = ASYNC_FOREVER);
        /* more than there is room for */
        CONNECT(-ECONNREFUSED, "127.0.0.3:0 refused; 127.0.0.3:0 refused; 127.0.0.3:0 refused; 127.0.0.3:0 refused; ",
            .host = "none.test");
    }
    drop_network();
}

TEST(connect, silence_starts_the_next_after_a_while)
{
    if (make_network()) {
        fake_name("waits.test", SILENT " " ANSWERS " 127.0.0.4");
        fake_name("third.test", SILENT " " REFUSES " " ANSWERS);
        fake_name("late.test", SILENT " " SILENT " " ANSWERS);
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.2:0 cancelled; 127.0.0.1:0 ok; ", .host = "waits.test");
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.2:0 cancelled; 127.0.0.3:0 refused; 127.0.0.1:0 ok; ",
            .host = "third.test");
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.2:0 cancelled; 127.0.0.2:0 cancelled; 127.0.0.1:0 ok; ",
            .host = "late.test", .delay = async_ms(10));
    }
    drop_network();
}

/* streams and transports have the same delay */
static const async_protocol_type silent_type;
static async_protocol silent_protocol = { &silent_type }; /* it is there longer than the task */
struct patient { async_frame frame; async_time begun; async_stream stream; async_transport *transport; };
async(patient)
{
    async_begin;
    self->begun = async_loop_time(async_get_running_loop());
    await(async_open_connection, .stream = &self->stream, .host = "waits.test", .port = port,
        .happy_eyeballs_delay = async_seconds(9));
    CHECK(async_loop_time(async_get_running_loop()) - self->begun >= async_seconds(9));
    await_into(self->transport, async_create_connection, .protocol = &silent_protocol, .host = "waits.test", .port = port,
        .happy_eyeballs_delay = async_seconds(9));
    CHECK(async_loop_time(async_get_running_loop()) - self->begun >= async_seconds(18));
    async_finally;
    await(async_stream_close, .stream = &self->stream);
    if (self->transport != NULL)
        async_transport_abort(self->transport);
    async_end;
}

TEST(connect, how_long_a_stream_waits)
{
    if (make_network()) {
        fake_name("waits.test", SILENT " " ANSWERS);
        CHECK_INT(RUN(patient), ASYNC_OK);
    }
    drop_network();
}

/* IPv6 and IPv4 by turns, whatever the order of the lookup */
TEST(connect, families_take_turns)
{
    if (make_network()) {
        /* nobody listens on ::1 at this port; -ECONNREFUSED, or the machine has no IPv6 */
        fake_name("turns.test", "127.0.0.3 127.0.0.3 127.0.0.1 ::1 ::1");
        CHECK_INT(async_run(connects, .host = "turns.test", .delay = ASYNC_FOREVER), ASYNC_OK);
        CHECK(strncmp(diary, "to 127.0.0.1:0 127.0.0.3:0 refused; [::1]:0 ", 44) == 0);
        CHECK(strstr(diary, "; 127.0.0.3:0 refused; [::1]:0 ") != NULL);
        diary[0] = '\0';
    }
    drop_network();
}

TEST(connect, a_local_address)
{
    async_address local;
    if (make_network()) {
        fake_name("both.test", "::1 " ANSWERS);
        fake_name("six.test", "::1");
        async_address_parse(&local, "127.0.0.5:0");
        CONNECT(ASYNC_OK, "to 127.0.0.1:0 127.0.0.1:0 ok; ", .host = "both.test", .local = &local);
        CONNECT(-EAFNOSUPPORT, "", .host = "six.test", .local = &local);
        async_address_parse(&local, "192.0.2.1:0");
        CONNECT(-EADDRNOTAVAIL, "127.0.0.1:0 no such address here; ", .host = ANSWERS, .local = &local);
    }
    drop_network();
}

/* ---- cancelling a race ---------------------------------------------------------------------------------------- */

struct gives_up { async_frame frame; const char *host; async_time delay; async_status status; };
async(gives_up)
{
    async_begin;
    await_for_catch(self->delay, self->status, connects, .host = self->host);
    CHECK_INT(self->status, ASYNC_TIMED_OUT);
    async_end;
}

TEST(connect, a_race_that_is_cancelled)
{
    if (make_network()) {
        int before = open_fds();
        long live = counted_live;
        fake_name("silent.test", SILENT " " SILENT " " SILENT);
        fake_name("one.test", SILENT);
        CHECK_INT(async_run_with(virtual_time(), gives_up, .host = "silent.test", .delay = async_ms(300)), ASYNC_OK);
        CHECK_NOTES("127.0.0.2:0 cancelled; 127.0.0.2:0 cancelled; ");
        CHECK_INT(async_run_with(virtual_time(), gives_up, .host = "silent.test", .delay = async_ms(3000)), ASYNC_OK);
        CHECK_NOTES("127.0.0.2:0 cancelled; 127.0.0.2:0 cancelled; 127.0.0.2:0 cancelled; ");
        CHECK_INT(async_run_with(virtual_time(), gives_up, .host = "one.test", .delay = async_ms(300)), ASYNC_OK);
        CHECK_NOTES("127.0.0.2:0 cancelled; ");
        CHECK_INT(open_fds(), before);
        CHECK_INT(counted_live, live);
        CHECK_INT(fake_lists, 0);
    }
    drop_network();
}

/* ---- listening ------------------------------------------------------------------------------------------------ */

struct listens { async_frame frame; const char *host; int port, fds[4]; size_t capacity, count, i; bool reuse_port; };
async(listens)
{
    async_address address;
    async_begin;
    await_into(self->count, async_net_listen, .host = self->host, .port = self->port, .fds = self->fds,
        .capacity = self->capacity, .reuse_port = self->reuse_port);
    for (self->i = 0; self->i < self->count; self->i++) {
        CHECK_INT(fcntl(self->fds[self->i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        CHECK(port_of(self->fds[self->i]) > 0);
        CHECK_INT(port_of(self->fds[self->i]), port_of(self->fds[0]));
        async_socket_name(self->fds[self->i], &address);
        async_address_set_port(&address, 0);
        note("%s ", text(&address));
    }
    async_finally;
    for (self->i = 0; self->i < self->count; self->i++)
        async_fd_close(self->fds[self->i]);
    async_end;
}

static bool has_ip6(void)
{
    int fd = listen_at("[::1]:0");
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

TEST(connect, listening_on_all_addresses)
{
    int before = open_fds(), taken;
    CHECK_INT(async_run(listens, .capacity = 4), ASYNC_OK);
    CHECK_NOTES(has_ip6() ? "0.0.0.0:0 [::]:0 " : "0.0.0.0:0 ");
    CHECK_INT(async_run(listens, .capacity = 1), ASYNC_OK);
    CHECK_NOTES("0.0.0.0:0 ");
    fake_name("local.test", "127.0.0.1 ::1");
    fake_name("strange.test", "192.0.2.1");
    fake_name("half.test", "192.0.2.1 127.0.0.1");
    CHECK_INT(async_run(listens, .host = "local.test", .capacity = 4), ASYNC_OK);
    CHECK_NOTES(has_ip6() ? "127.0.0.1:0 [::1]:0 " : "127.0.0.1:0 ");
    CHECK_INT(async_run(listens, .host = "half.test", .capacity = 4), ASYNC_OK);
    CHECK_NOTES("127.0.0.1:0 ");
    CHECK_INT(async_run(listens, .host = "strange.test", .capacity = 4), -EADDRNOTAVAIL);
    CHECK_INT(async_run(listens, .host = "nobody.test", .capacity = 4), ASYNC_NAME_NOT_FOUND);
    CHECK_INT(async_run(listens, .port = 65536, .capacity = 4), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(open_fds(), before);
    /* one of two is taken: neither is left */
    if (has_ip6()) {
        taken = listen_at("[::1]:0");
        CHECK_INT(async_run(listens, .host = "local.test", .port = port_of(taken), .capacity = 4), -EADDRINUSE);
        close(taken);
        CHECK_INT(open_fds(), before);
    }
    CHECK_INT(fake_lists, 0);
}

TEST(connect, a_port_that_is_shared)
{
    async_address address;
    int a, b, c;
    async_address_parse(&address, "127.0.0.1:0");
    a = async_address_listen(&address, 5, true);
    REQUIRE(a >= 0);
    async_address_set_port(&address, port_of(a));
    b = async_address_listen(&address, 5, true);
    CHECK(b >= 0);
    c = async_address_listen(&address, 5, false);
    CHECK_INT(c, -EADDRINUSE);
    close(a);
    close(b);
}

/* ---- paths ---------------------------------------------------------------------------------------------------- */

struct by_path { async_frame frame; const char *path; int listener, fd, other; async_status status; };
async(by_path)
{
    async_begin;
    self->listener = async_unix_listen(self->path, 0);
    CHECK(self->listener >= 0);
    await_into(self->fd, async_unix_connect, .path = self->path);
    await_into(self->other, async_fd_accept, .fd = self->listener);
    async_fd_close(self->fd);
    async_fd_close(self->other);
    async_fd_close(self->listener);
    await_catch(self->status, async_unix_connect, .path = self->path);
    CHECK_INT(self->status, -ECONNREFUSED);
    await_catch(self->status, async_unix_connect, .path = "");
    CHECK_INT(self->status, ASYNC_INVALID_ARGUMENT);
    await_catch(self->status, async_unix_connect, .path = "/nonexistent/socket");
    CHECK_INT(self->status, -ENOENT);
    async_end;
}

TEST(connect, paths)
{
    int before = open_fds(), file;
#if defined(__linux__)
    char abstract[40];
#endif
    CHECK_INT(async_run(by_path, .path = scratch_path("connect")), ASYNC_OK);
    CHECK_INT(async_run(by_path, .path = scratch_path("connect")), ASYNC_OK); /* over what the first has left */
    CHECK_INT(unlink(scratch_path("connect")), 0);
#if defined(__linux__)
    snprintf(abstract, sizeof abstract, "@asyncio-test-%ld", (long)getpid());
    CHECK_INT(async_run(by_path, .path = abstract), ASYNC_OK);
#endif
    file = open(scratch_path("file"), O_CREAT | O_RDWR, 0600);
    CHECK_INT(async_unix_listen(scratch_path("file"), 0), -EADDRINUSE); /* no socket: not replaced */
    CHECK_INT(unlink(scratch_path("file")), 0);
    close(file);
    CHECK_INT(async_unix_listen("", 0), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(open_fds(), before);
}

/* a full backlog: it waits until there is room */
struct joins_crowd { async_frame frame; int fd; };
async(joins_crowd)
{
    async_begin;
    await_into(self->fd, async_unix_connect, .path = scratch_path("connect"));
    note("c");
    async_fd_close(self->fd);
    async_end;
}

struct lets_in { async_frame frame; async_task_group group; int listener, i, fd; };
async(lets_in)
{
    async_begin;
    self->listener = async_unix_listen(scratch_path("connect"), 1);
    async_task_group_enter(&self->group);
    for (; self->i < 6; self->i++)
        async_task_group_create_task(&self->group, joins_crowd);
    await(async_sleep, .delay = async_ms(3));
    for (self->i = 0; self->i < 6; self->i++) {
        await_into(self->fd, async_fd_accept, .fd = self->listener);
        note("a");
        async_fd_close(self->fd);
    }
    await(async_task_group_join, .group = &self->group);
    async_finally;
    async_fd_close(self->listener);
    async_end;
}

TEST(connect, a_crowded_path)
{
    int before = open_fds();
    size_t i, connected = 0, accepted = 0;
    CHECK_INT(async_run(lets_in), ASYNC_OK);
    for (i = 0; diary[i] != '\0'; i++) {
        connected += diary[i] == 'c';
        accepted += diary[i] == 'a';
    }
    CHECK(connected == 6 && accepted == 6);
    diary[0] = '\0';
    CHECK_INT(unlink(scratch_path("connect")), 0);
    CHECK_INT(open_fds(), before);
}
