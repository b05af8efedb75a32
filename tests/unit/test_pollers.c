/* Every poller the machine has, by the same tests; going over from one to another; numbers that are used again, duplicates,
 * child processes; a foreign loop around ours. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <sys/resource.h>
#include <sys/wait.h>

static const async_poller pollers[] = { ASYNC_POLLER_POLL, ASYNC_POLLER_AUTO,
#if ASYNCIO_EPOLL
    ASYNC_POLLER_EPOLL,
#endif
#if ASYNCIO_KQUEUE
    ASYNC_POLLER_KQUEUE,
#endif
};
enum { POLLERS = sizeof pollers / sizeof *pollers };

static const async_loop_config *on(async_poller poller)
{
    static async_loop_config config;
    config.poller = poller;
    return &config;
}

#define EACH_POLLER(i) for (i = 0; i < POLLERS; i++)

static void make_pair(int fds[2])
{
    int i;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    for (i = 0; i < 2; i++) /* not async_fd_set_nonblocking(), which would tell the loop of a new one */
        REQUIRE(fcntl(fds[i], F_SETFL, O_NONBLOCK) == 0);
}

static void put(int fd, const char *text) { CHECK_INT(write(fd, text, strlen(text)), strlen(text)); }

static struct async_poller_ *poller_here(void) { return async_get_running_loop()->poller; }

/* ---- what is always ready ------------------------------------------------------------------------------------- */

struct reads_file { async_frame frame; int fd, i; size_t n; char buffer[4]; async_fd_handle handle; };

static void said(async_fd_handle *handle)
{
    note("<%d>", async_fd_handle_status(handle));
    async_fd_handle_cancel(handle);
}

async(reads_file)
{
    async_begin;
    for (; self->i < 5; self->i++) {
        await(async_fd_readable, .fd = self->fd);
        await_into(self->n, async_fd_read, .fd = self->fd, .buffer = self->buffer, .size = 4);
        note("%d", (int)self->n);
    }
    await(async_fd_writable, .fd = self->fd);
    if (async_loop_add_reader(async_get_running_loop(), self->fd, &self->handle, said, NULL) == ASYNC_OK)
        await(async_sleep, .delay = async_ms(2));
    async_finally;
    async_fd_handle_cancel(&self->handle);
    async_end;
}

TEST(pollers, a_file_is_always_ready)
{
    int i;
    EACH_POLLER(i) {
        FILE *file = tmpfile();
        REQUIRE(file != NULL);
        put(fileno(file), "0123456789");
        REQUIRE(lseek(fileno(file), 0, SEEK_SET) == 0);
        CHECK_INT(async_run_with(on(pollers[i]), reads_file, .fd = fileno(file)), ASYNC_OK);
        CHECK_NOTES("44200<0>");
        fclose(file);
    }
}

/* ---- closed behind our back ------------------------------------------------------------------------------------ */

struct gets { async_frame frame; int fd; size_t n; char c; };
async(gets)
{
    async_begin;
    await_into(self->n, async_fd_read, .fd = self->fd, .buffer = &self->c, .size = 1);
    note("%c", self->n == 1 ? self->c : '-');
    async_finally;
    if (async_error < 0)
        note("(%s)", async_error == -EBADF ? "EBADF" : word(async_error));
    async_end;
}

struct closed_behind { async_frame frame; int fds[2], number, i; async_status status; async_task *task; };
async(closed_behind)
{
    async_begin;
    for (; self->i < 3; self->i++) {
        make_pair(self->fds);
        if (self->i == 0)
            self->number = self->fds[0];
        CHECK_INT(self->fds[0], self->number); /* the same number, but another descriptor */
        self->task = async_create_task(gets, .fd = self->fds[0]);
        await(async_sleep, .delay = async_ms(1));
        put(self->fds[1], "x");
        await(async_join, .task = self->task);
        async_release(self->task);
        self->task = NULL;
        close(self->fds[0]);
        close(self->fds[1]);
    }
    make_pair(self->fds);
    self->task = async_create_task(gets, .fd = self->fds[0]); /* and now while it waits */
    await(async_sleep, .delay = async_ms(1));
    close(self->fds[0]);
    await_catch(self->status, async_join, .task = self->task);
    CHECK_INT(self->status, -EBADF);
    async_finally;
    async_release(self->task);
    close(self->fds[1]);
    async_end;
}

TEST(pollers, closed_behind_our_back)
{
    int i;
    EACH_POLLER(i) {
        CHECK_INT(async_run_with(on(pollers[i]), closed_behind), ASYNC_OK);
        CHECK_NOTES("xxx(EBADF)");
    }
}

/* A duplicate keeps the file open, and epoll reporting it, when the descriptor is closed. */
struct ghost { async_frame frame; int fds[2], duplicate, others[2]; unsigned waits; async_status status; async_task *task; };
async(ghost)
{
    async_begin;
    self->duplicate = -1;
    make_pair(self->fds);
    self->task = async_create_task(gets, .fd = self->fds[0]);
    await(async_sleep, .delay = async_ms(1));
    put(self->fds[1], "a");
    await(async_join, .task = self->task);
    async_release(self->task);
    self->task = NULL;
    self->duplicate = dup(self->fds[0]);
    close(self->fds[0]);
    put(self->fds[1], "b"); /* for the duplicate */
    make_pair(self->others);
    CHECK_INT(self->others[0], self->fds[0]);
    self->task = async_create_task(gets, .fd = self->others[0]);
    await(async_sleep, .delay = async_ms(30)); /* long enough to be found out */
    self->waits = poller_here()->waits;
    await(async_sleep, .delay = async_ms(20));
    CHECK(poller_here()->waits - self->waits < 10); /* no busy loop */
    put(self->others[1], "c");
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    close(self->duplicate);
    close(self->fds[1]);
    async_fd_close(self->others[0]);
    close(self->others[1]);
    async_end;
}

TEST(pollers, a_duplicate_stays_open)
{
    int i;
    EACH_POLLER(i) {
        CHECK_INT(async_run_with(on(pollers[i]), ghost), ASYNC_OK);
        CHECK_NOTES("ac");
    }
}

/* ---- child processes ------------------------------------------------------------------------------------------- */

/* The child goes on with the loop, closes and watches; the parent notices nothing. */
struct forks { async_frame frame; int fds[2], mine[2], back[2], state; pid_t child; size_t n; char c; async_task *task; };
async(forks)
{
    async_begin;
    make_pair(self->fds);
    make_pair(self->back);
    self->task = async_create_task(gets, .fd = self->fds[0]);
    await(async_sleep, .delay = async_ms(1));
    fflush(stdout);
    self->child = fork();
    if (self->child == 0) {
        alarm(10);
        async_fd_close(self->fds[0]); /* only here */
        make_pair(self->mine);
        async_cancel(self->task);
        async_release(self->task);
        self->task = async_create_task(gets, .fd = self->mine[0]);
        await(async_sleep, .delay = async_ms(20));
        put(self->mine[1], "z");
        await(async_join, .task = self->task);
        put(self->back[1], diary[strlen(diary) - 1] == 'z' ? "y" : "n");
        _exit(0);
    }
    await_into(self->n, async_fd_read, .fd = self->back[0], .buffer = &self->c, .size = 1);
    CHECK_INT(self->c, 'y');
    put(self->fds[1], "p");
    await(async_join, .task = self->task);
    waitpid(self->child, &self->state, 0);
    CHECK(WIFEXITED(self->state) && WEXITSTATUS(self->state) == 0);
    async_finally;
    if (async_error < 0)
        async_cancel(self->task);
    async_release(self->task);
    async_fd_close(self->fds[0]);
    async_fd_close(self->fds[1]);
    async_fd_close(self->back[0]);
    async_fd_close(self->back[1]);
    async_end;
}

TEST(pollers, a_child_process_has_its_own)
{
    int i;
    EACH_POLLER(i) {
        CHECK_INT(async_run_with(on(pollers[i]), forks), ASYNC_OK);
        CHECK_NOTES("p");
    }
}

/* ---- many ------------------------------------------------------------------------------------------------------ */

enum { MANY = TEST_MANY > 100 ? 600 : 20 };
static int many[MANY][2];

static void make_many(void)
{
    int i;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 2 * MANY + 100) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    for (i = 0; i < MANY; i++)
        make_pair(many[i]);
}

static void close_many(void)
{
    int i;
    for (i = 0; i < MANY; i++) {
        close(many[i][0]);
        close(many[i][1]);
    }
}

static int got;
struct gets_many { async_frame frame; int fd, count; size_t n; char c; };
async(gets_many)
{
    async_begin;
    for (; self->count > 0; self->count--) {
        await_into(self->n, async_fd_read, .fd = self->fd, .buffer = &self->c, .size = 1);
        got += self->c == 'x';
    }
    async_end;
}

/* More are ready at once than a wait reports. */
struct all_at_once { async_frame frame; int i; async_task_group group; };
async(all_at_once)
{
    async_begin;
    got = 0;
    async_task_group_enter(&self->group);
    for (; self->i < MANY; self->i++)
        async_task_group_create_task(&self->group, gets_many, .fd = many[self->i][0], .count = 3);
    await(async_sleep);
    for (self->i = 0; self->i < MANY; self->i++)
        put(many[self->i][1], "xxx");
    await(async_task_group_join, .group = &self->group);
    CHECK_INT(got, 3 * MANY);
    async_end;
}

TEST(pollers, all_at_once)
{
    int i;
    EACH_POLLER(i) {
        async_status status;
        make_many();
        status = async_run_with(on(pollers[i]), all_at_once);
        CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
        close_many();
    }
}

/* ---- going over ------------------------------------------------------------------------------------------------ */

/* Many wait, one or all are busy. */
struct one_busy { async_frame frame; int i, j, busy; bool expect; async_task_group group; int fds[2]; size_t n; char c; };
async(one_busy)
{
    async_begin;
    got = 0;
    async_task_group_enter(&self->group);
    for (; self->i < MANY; self->i++)
        async_task_group_create_task(&self->group, gets_many, .fd = many[self->i][0],
            .count = self->i < self->busy ? 100 : 1);
    await(async_sleep, .delay = async_ms(1));
    for (self->j = 0; self->j < 99; self->j++) {
        for (self->i = 0; self->i < self->busy; self->i++)
            put(many[self->i][1], "x");
        await(async_sleep);
        await(async_sleep);
    }
    CHECK_INT(poller_here()->kind != &async_poll_kind_, self->expect);
    for (self->i = 0; self->i < MANY; self->i++) /* those that began to wait before and after */
        put(many[self->i][1], "x");
    await(async_task_group_join, .group = &self->group);
    CHECK_INT(got, MANY + 99 * self->busy);
    async_end;
}

TEST(pollers, going_over_when_few_of_many_are_busy)
{
    bool can = async_poller_scaling_ != &async_poll_kind_ && MANY > 100;
    async_status status;
    make_many();
    status = async_run_with(on(ASYNC_POLLER_AUTO), one_busy, .busy = 1, .expect = can);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    close_many();
    make_many();
    status = async_run_with(on(ASYNC_POLLER_AUTO), one_busy, .busy = MANY, .expect = false);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    close_many();
    make_many();
    status = async_run_with(on(ASYNC_POLLER_POLL), one_busy, .busy = 1, .expect = false);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    close_many();
}

/* In the middle of everything: files, readers, writers, callbacks. And when there is no descriptor left for it. */
struct goes_over { async_frame frame; int fds[2], file, i; bool fails; struct rlimit limit; async_status status;
    async_fd_handle handle; async_task *reads, *writes, *rest; char junk[4096]; ssize_t n; };

struct awaits_writable { async_frame frame; int fd; };
async(awaits_writable)
{
    async_begin;
    await(async_fd_writable, .fd = self->fd);
    note("w");
    async_end;
}
static void heard(async_fd_handle *handle)
{
    note("h");
    async_fd_handle_cancel(handle);
}

async(goes_over, junk)
{
    async_begin;
    make_pair(self->fds);
    memset(self->junk, 'j', sizeof self->junk);
    while ((self->n = write(self->fds[0], self->junk, sizeof self->junk)) > 0) {
    }
    self->reads = async_create_task(gets, .fd = self->fds[0]);
    self->writes = async_create_task(awaits_writable, .fd = self->fds[0]);
    self->rest = async_create_task(reads_file, .fd = self->file);
    self->status = async_loop_add_reader(async_get_running_loop(), self->fds[0], &self->handle, heard, NULL);
    await(async_sleep);
    if (self->fails) {
        getrlimit(RLIMIT_NOFILE, &self->limit);
        self->limit.rlim_cur = 3;
        setrlimit(RLIMIT_NOFILE, &self->limit);
    }
    if (poller_here() != NULL)
        self->i = async_poller_move_(async_get_running_loop(), async_poller_scaling_);
    if (self->fails) {
        CHECK(self->i == -EMFILE || self->i == ASYNC_NO_MEMORY || async_poller_scaling_ == &async_poll_kind_);
        self->limit.rlim_cur = self->limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &self->limit);
    }
    put(self->fds[1], "x");
    while ((self->n = read(self->fds[1], self->junk, sizeof self->junk)) > 0) {
    }
    await(async_join, .task = self->reads);
    await(async_join, .task = self->writes);
    await(async_join, .task = self->rest);
    async_finally;
    async_cancel(self->reads);
    async_cancel(self->writes);
    async_cancel(self->rest);
    async_fd_handle_cancel(&self->handle);
    async_release(self->reads);
    async_release(self->writes);
    async_release(self->rest);
    async_fd_close(self->fds[0]);
    close(self->fds[1]);
    async_end;
}

TEST(pollers, going_over_in_the_middle)
{
    int i, fails;
    EACH_POLLER(i)
        for (fails = 0; fails < 2; fails++) {
            long live = counted_live;
            FILE *file = tmpfile();
            REQUIRE(file != NULL);
            put(fileno(file), "0123456789");
            REQUIRE(lseek(fileno(file), 0, SEEK_SET) == 0);
            CHECK_INT(async_run_with(on(pollers[i]), goes_over, .fails = fails, .file = fileno(file)), ASYNC_OK);
            CHECK(strchr(diary, 'x') != NULL && strchr(diary, 'w') != NULL && strchr(diary, 'h') != NULL &&
                strstr(diary, "<0>") != NULL);
            diary[0] = '\0';
            CHECK_INT(counted_live, live);
            fclose(file);
        }
}

#if ASYNCIO_EPOLL

/* The system's limit of what epoll watches: going over is undone, and a loop on epoll goes back to poll(2). */
static int sets_left;
static async_status limited_set(struct async_poller_ *poller, int fd, unsigned interest)
{
    return interest == 0 || sets_left-- > 0 ? async_epoll_kind_.set(poller, fd, interest) : -ENOSPC;
}

struct at_the_limit { async_frame frame; async_poller_kind_ limited; int fds[3][2], i; async_task *tasks[3]; };
async(at_the_limit)
{
    async_begin;
    self->limited = async_epoll_kind_;
    self->limited.set = limited_set;
    for (self->i = 0; self->i < 3; self->i++)
        make_pair(self->fds[self->i]);
    for (self->i = 0; self->i < 2; self->i++)
        self->tasks[self->i] = async_create_task(gets, .fd = self->fds[self->i][0]);
    await(async_sleep, .delay = async_ms(1));
    sets_left = 2;
    if (poller_here() != NULL)
        CHECK(async_poller_move_(async_get_running_loop(), &self->limited) < 0);
    put(self->fds[0][1], "a");
    await(async_join, .task = self->tasks[0]);
    sets_left = 100;
    CHECK_INT(async_poller_move_(async_get_running_loop(), &self->limited), ASYNC_OK);
    sets_left = 0;
    self->tasks[2] = async_create_task(gets, .fd = self->fds[2][0]);
    await(async_sleep, .delay = async_ms(1));
    CHECK(poller_here()->kind == &async_poll_kind_ && poller_here()->pinned);
    put(self->fds[1][1], "b");
    await(async_join, .task = self->tasks[1]);
    put(self->fds[2][1], "c");
    await(async_join, .task = self->tasks[2]);
    async_finally;
    for (self->i = 0; self->i < 3; self->i++) {
        async_cancel(self->tasks[self->i]);
        async_release(self->tasks[self->i]);
        async_fd_close(self->fds[self->i][0]);
        close(self->fds[self->i][1]);
    }
    async_end;
}

TEST(pollers, at_the_limit)
{
    CHECK_INT(async_run_with(on(ASYNC_POLLER_AUTO), at_the_limit), ASYNC_OK);
    CHECK_NOTES("abc");
}

#endif

/* ---- what is kept and what is dropped --------------------------------------------------------------------------- */

struct interests { async_frame frame; int fds[2]; size_t n; char buffer[10]; };
async(interests)
{
    async_begin;
    make_pair(self->fds);
    put(self->fds[1], "abc");
    await(async_fd_readable, .fd = self->fds[0]);
    CHECK_INT(poller_here()->watches[self->fds[0]].interest, ASYNC_READS_);
    await_into(self->n, async_fd_read, .fd = self->fds[0], .buffer = self->buffer, .size = 3);
    CHECK(!poller_here()->watches[self->fds[0]].drained); /* it was filled: there may be more */
    put(self->fds[1], "de");
    await_into(self->n, async_fd_read, .fd = self->fds[0], .buffer = self->buffer, .size = 10);
    CHECK_INT(self->n, 2);
    CHECK(poller_here()->watches[self->fds[0]].drained);
    put(self->fds[1], "f"); /* the loop has not looked yet, but it is read all the same */
    await_into(self->n, async_fd_read, .fd = self->fds[0], .buffer = self->buffer, .size = 10);
    CHECK_INT(self->n, 1);
    CHECK_INT(poller_here()->watches[self->fds[0]].interest, ASYNC_READS_);
    put(self->fds[1], "g"); /* nobody waits */
    await(async_sleep, .delay = async_ms(1));
    CHECK_INT(poller_here()->watches[self->fds[0]].interest, 0);
    CHECK_INT(poller_here()->watched, 1);
    await_into(self->n, async_fd_read, .fd = self->fds[0], .buffer = self->buffer, .size = 10);
    close(self->fds[1]);
    self->fds[1] = -1;
    await_into(self->n, async_fd_read, .fd = self->fds[0], .buffer = self->buffer, .size = 10);
    CHECK_INT(self->n, 0);
    await(async_sleep, .delay = async_ms(1)); /* an end that nobody reads again is no busy loop */
    CHECK_INT(poller_here()->watches[self->fds[0]].interest, 0);
    async_finally;
    async_fd_close(self->fds[0]);
    if (self->fds[1] >= 0)
        close(self->fds[1]);
    async_end;
}

TEST(pollers, the_interest_is_kept_and_dropped)
{
    int i;
    EACH_POLLER(i)
        CHECK_INT(async_run_with(on(pollers[i]), interests), ASYNC_OK);
}

/* Events come in the order in which they were registered (poll) or became ready (the others). */
struct in_order { async_frame frame; int fds[3][2], i; async_task *tasks[3]; };
async(in_order)
{
    async_begin;
    for (; self->i < 3; self->i++) {
        make_pair(self->fds[self->i]);
        self->tasks[self->i] = async_create_task(gets, .fd = self->fds[self->i][0]);
    }
    await(async_sleep);
    put(self->fds[2][1], "c");
    put(self->fds[0][1], "a");
    put(self->fds[1][1], "b");
    for (self->i = 0; self->i < 3; self->i++)
        await(async_join, .task = self->tasks[self->i]);
    async_finally;
    for (self->i = 0; self->i < 3; self->i++) {
        async_cancel(self->tasks[self->i]);
        async_release(self->tasks[self->i]);
        async_fd_close(self->fds[self->i][0]);
        close(self->fds[self->i][1]);
    }
    async_end;
}

TEST(pollers, the_order_of_events)
{
    CHECK_INT(async_run_with(on(ASYNC_POLLER_POLL), in_order), ASYNC_OK);
    CHECK_NOTES("abc");
#if ASYNCIO_EPOLL
    CHECK_INT(async_run_with(on(ASYNC_POLLER_EPOLL), in_order), ASYNC_OK);
    CHECK_NOTES("cab");
#endif
}

/* ---- in a foreign loop ------------------------------------------------------------------------------------------ */

#if ASYNCIO_EPOLL || ASYNCIO_KQUEUE

static bool readable(int fd, int milliseconds)
{
    struct pollfd p;
    p.fd = fd;
    p.events = POLLIN;
    return poll(&p, 1, milliseconds) == 1;
}

static void called(async_handle *handle) { note("%s", (const char *)handle->data); }

TEST(pollers, in_a_foreign_loop)
{
    int i, fds[2], fd;
    EACH_POLLER(i) {
        static char remote[] = "remote";
        async_handle handle;
        async_loop *loop = async_new_event_loop_with(on(pollers[i]));
        async_task *task;
        if (loop == NULL)
            return;
        memset(&handle, 0, sizeof handle);
        make_pair(fds);
        fd = async_loop_fileno(loop);
        CHECK_INT(async_loop_fileno(loop), fd);
        if (fd >= 0) {
            CHECK(!readable(fd, 0));
            task = async_loop_create_task(loop, gets, .fd = fds[0]);
            while (async_loop_run_once(loop) == 0) {
            }
            CHECK(!readable(fd, 0));
            put(fds[1], "x");
            CHECK(readable(fd, 1000) || task == NULL);
            while (async_loop_run_once(loop) == 0) {
            }
            CHECK(!readable(fd, 0));
            CHECK_NOTES(task == NULL ? "" : "x");
            CHECK_INT(async_loop_call_soon_threadsafe(loop, &handle, called, remote), ASYNC_OK);
            CHECK(readable(fd, 1000));
            while (async_loop_run_once(loop) == 0) {
            }
            CHECK_NOTES("remote");
#if ASYNCIO_EPOLL /* made anew, which the foreign loop does not see; kqueue has no need of that */
            CHECK_INT(async_poller_move_(loop, loop->poller->kind), ASYNC_OK);
#endif
            CHECK_INT(async_loop_fileno(loop), fd);
            CHECK_INT(async_loop_call_soon_threadsafe(loop, &handle, called, remote), ASYNC_OK);
            CHECK(readable(fd, 1000));
            while (async_loop_run_once(loop) == 0) {
            }
            CHECK_NOTES("remote");
            async_release(task);
        } else {
            CHECK(fd == ASYNC_NO_MEMORY || (pollers[i] == ASYNC_POLLER_POLL && fd == -ENOTSUP));
        }
        async_loop_close(loop);
        close(fds[0]);
        close(fds[1]);
    }
}

#endif
