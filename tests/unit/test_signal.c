/* Signals: handlers on the loop, counted waits, several loops, Ctrl-C. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "unit.h"
#include <sys/resource.h>
#include <sys/wait.h>

static void (*disposition(int signo))(int)
{
    struct sigaction now;
    REQUIRE(sigaction(signo, NULL, &now) == 0);
    return now.sa_handler;
}

static void set_disposition(int signo, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    REQUIRE(sigaction(signo, &action, NULL) == 0);
}

static void say(async_handle *handle) { note("%s ", (const char *)handle->data); }

/* Another process sends us the signal in a while. */
static void send_later(int signo, int milliseconds)
{
    pid_t parent = getpid(), child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        struct timespec delay;
        delay.tv_sec = 0;
        delay.tv_nsec = milliseconds * 1000000L;
        nanosleep(&delay, NULL);
        kill(parent, signo);
        _exit(0);
    }
}

static void no_children(void)
{
    while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR) {
    }
    CHECK_INT(errno, ECHILD);
}

/* ---- handlers ------------------------------------------------------------------------------------------------- */

struct handles { async_frame frame; async_handle a, b, c; };
async(handles)
{
    async_loop *loop = async_get_running_loop();
    async_begin;
    if (async_loop_add_signal_handler(loop, SIGUSR1, &self->a, say, (void *)"a") < 0)
        async_raise(ASYNC_NO_MEMORY);
    raise(SIGUSR1);
    note("sent ");
    await(async_sleep);
    await(async_sleep);
    CHECK_NOTES("sent a ");
    raise(SIGUSR1); /* two, and one call */
    raise(SIGUSR1);
    await(async_sleep);
    await(async_sleep);
    CHECK_NOTES("a ");
    raise(SIGUSR1);
    CHECK_INT(async_loop_add_signal_handler(loop, SIGUSR1, &self->b, say, (void *)"b"), ASYNC_OK); /* in its place */
    await(async_sleep);
    await(async_sleep);
    CHECK_NOTES("b ");
    CHECK_INT(async_loop_add_signal_handler(loop, SIGUSR1, &self->b, say, (void *)"B"), ASYNC_OK);
    raise(SIGUSR1);
    await(async_sleep);
    await(async_sleep);
    CHECK_NOTES("B ");
    if (async_loop_add_signal_handler(loop, SIGUSR2, &self->c, say, (void *)"c") == ASYNC_OK) {
        raise(SIGUSR2);
        await(async_sleep);
        await(async_sleep);
        CHECK_NOTES("c ");
        CHECK(async_loop_remove_signal_handler(loop, SIGUSR2));
    }
    CHECK(disposition(SIGUSR2) == SIG_DFL);
    CHECK(async_loop_remove_signal_handler(loop, SIGUSR1));
    CHECK(!async_loop_remove_signal_handler(loop, SIGUSR1));
    CHECK(disposition(SIGUSR1) == SIG_DFL);
    async_end;
}

TEST(signal, handler_is_called_by_the_loop) { (void)RUN(handles); }

struct removes { async_frame frame; async_handle handle; };
async(removes)
{
    async_loop *loop = async_get_running_loop();
    async_begin;
    if (async_loop_add_signal_handler(loop, SIGUSR1, &self->handle, say, (void *)"never") < 0)
        async_raise(ASYNC_NO_MEMORY);
    raise(SIGUSR1);
    CHECK(async_loop_remove_signal_handler(loop, SIGUSR1));
    await(async_sleep);
    await(async_sleep);
    CHECK_NOTES("");
    async_end;
}

TEST(signal, removed_handler_is_not_called) { (void)RUN(removes); }

static volatile sig_atomic_t mine;
static void my_handler(int signo)
{
    (void)signo;
    mine = mine + 1;
}

TEST(signal, previous_disposition_comes_back)
{
    async_loop *loop = async_new_event_loop(), *other = async_new_event_loop();
    async_handle handle = { .data = NULL }, second = { .data = NULL };
    set_disposition(SIGUSR1, my_handler);
    set_disposition(SIGUSR2, SIG_IGN);
    if (loop != NULL && other != NULL && async_loop_add_signal_handler(loop, SIGUSR1, &handle, say, NULL) == ASYNC_OK) {
        CHECK(disposition(SIGUSR1) != my_handler);
        if (async_loop_add_signal_handler(other, SIGUSR1, &second, say, NULL) == ASYNC_OK) {
            CHECK(async_loop_remove_signal_handler(loop, SIGUSR1));
            CHECK(disposition(SIGUSR1) != my_handler); /* the other still has it */
            CHECK(async_loop_remove_signal_handler(other, SIGUSR1));
        } else {
            CHECK(async_loop_remove_signal_handler(loop, SIGUSR1));
        }
        CHECK(disposition(SIGUSR1) == my_handler);
        raise(SIGUSR1);
        CHECK_INT(mine, 1);
        (void)async_loop_add_signal_handler(loop, SIGUSR2, &handle, say, NULL);
    }
    async_loop_close(loop);
    async_loop_close(other);
    CHECK(disposition(SIGUSR2) == SIG_IGN);
    /* whoever has set another one meanwhile keeps it */
    loop = async_new_event_loop();
    if (loop != NULL)
        (void)async_loop_add_signal_handler(loop, SIGUSR2, &handle, say, NULL);
    set_disposition(SIGUSR2, my_handler);
    async_loop_close(loop);
    CHECK(disposition(SIGUSR2) == my_handler);
}

TEST(signal, refuses_what_cannot_be_handled)
{
    static const int no[] = { 0, -1, 100000, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    async_loop *loop = async_new_event_loop();
    async_handle handle = { .data = NULL };
    async_signal signal;
    size_t i;
    for (i = 0; loop != NULL && i < sizeof no / sizeof *no; i++) {
        async_status status = async_loop_add_signal_handler(loop, no[i], &handle, say, NULL);
        CHECK(status == ASYNC_INVALID_ARGUMENT || status == ASYNC_NO_MEMORY);
        status = async_signal_init(&signal, no[i]);
        CHECK(status == ASYNC_INVALID_ARGUMENT || status == ASYNC_NO_MEMORY);
        async_signal_deinit(&signal);
        CHECK(!async_loop_remove_signal_handler(loop, no[i]));
    }
    async_loop_close(loop);
    i = (size_t)-async_loop_add_signal_handler(NULL, SIGUSR1, &handle, say, NULL);
    CHECK(i == (size_t)-ASYNC_NO_RUNNING_LOOP || i == (size_t)-ASYNC_NO_MEMORY);
    CHECK_INT(async_signal_init(&signal, SIGUSR1), ASYNC_NO_RUNNING_LOOP);
    CHECK(!async_loop_remove_signal_handler(NULL, SIGUSR1));
}

TEST(signal, without_a_descriptor)
{
    async_loop *loop = async_new_event_loop();
    async_handle handle = { .data = NULL };
    struct rlimit limit, none;
    set_disposition(SIGUSR1, SIG_DFL);
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    none = limit;
    none.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    if (loop != NULL) {
        async_status status = async_loop_add_signal_handler(loop, SIGUSR1, &handle, say, NULL);
        CHECK(status == -EMFILE || status == ASYNC_NO_MEMORY);
    }
    CHECK(disposition(SIGUSR1) == SIG_DFL);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    async_loop_close(loop);
}

static void stop(async_handle *handle)
{
    note("stop ");
    async_loop_stop((async_loop *)handle->data);
}

TEST(signal, wakes_a_loop_that_sleeps)
{
    async_loop *loop = async_new_event_loop();
    async_handle handle = { .data = NULL };
    if (loop != NULL && async_loop_add_signal_handler(loop, SIGTERM, &handle, stop, loop) == ASYNC_OK) {
        send_later(SIGTERM, 20);
        CHECK_INT(async_loop_run_forever(loop), ASYNC_OK);
        CHECK_NOTES("stop ");
        no_children();
    }
    async_loop_close(loop);
}

/* ---- counted waits -------------------------------------------------------------------------------------------- */

struct counts { async_frame frame; async_signal signal; int signo; async_status status; };
async(counts)
{
    async_begin;
    self->status = async_signal_init(&self->signal, SIGUSR1);
    if (self->status < 0)
        async_raise(self->status);
    raise(SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    await(async_sleep);
    await(async_sleep);
    CHECK_INT(async_signal_pending(&self->signal), 3);
    await_into(self->signo, async_signal_wait, .signal = &self->signal);
    await_into(self->signo, async_signal_wait, .signal = &self->signal);
    CHECK_INT(self->signo, SIGUSR1);
    CHECK_INT(async_signal_pending(&self->signal), 1);
    await(async_signal_wait, .signal = &self->signal);
    send_later(SIGUSR1, 10); /* nothing else can happen, and yet it is no deadlock */
    await(async_signal_wait, .signal = &self->signal);
    CHECK_INT(async_signal_pending(&self->signal), 0);
    no_children();
    async_finally;
    async_signal_deinit(&self->signal);
    async_signal_deinit(&self->signal);
    CHECK(disposition(SIGUSR1) == SIG_DFL);
    async_end;
}

TEST(signal, none_is_lost_between_waits)
{
    set_disposition(SIGUSR1, SIG_DFL);
    (void)RUN(counts);
}

struct waits { async_frame frame; async_signal *signal; size_t count; int signo; const char *name; };
async(waits)
{
    async_begin;
    for (;;) {
        await_into(self->signo, async_signal_wait, .signal = self->signal, .count = self->count);
        note("%s%s ", self->name, self->signo == SIGUSR1 ? "1" : "2");
    }
    async_end;
}

struct several { async_frame frame; async_signal signals[2]; async_task *first, *second; };
async(several)
{
    async_begin;
    if (async_signal_init(&self->signals[0], SIGUSR1) < 0 || async_signal_init(&self->signals[1], SIGUSR2) < 0)
        async_raise(ASYNC_NO_MEMORY);
    self->first = async_create_task(waits, .signal = self->signals, .count = 2, .name = "both");
    self->second = async_create_task(waits, .signal = &self->signals[1], .name = "second");
    if (self->first == NULL || self->second == NULL)
        async_raise(ASYNC_NO_MEMORY);
    await(async_sleep, .delay = async_ms(1));
    raise(SIGUSR1);
    await(async_sleep, .delay = async_ms(1));
    CHECK_NOTES("both1 ");
    raise(SIGUSR2); /* one of them has it, the other waits on */
    await(async_sleep, .delay = async_ms(1));
    CHECK(strcmp(diary, "both2 ") == 0 || strcmp(diary, "second2 ") == 0);
    diary[0] = '\0';
    raise(SIGUSR2);
    raise(SIGUSR2);
    await(async_sleep, .delay = async_ms(1));
    CHECK_INT(strlen(diary) >= 12 && async_signal_pending(&self->signals[1]) == 0, 1);
    diary[0] = '\0';
    /* woken, and cancelled before it runs: it has taken none */
    async_cancel(self->second);
    await(async_sleep, .delay = async_ms(1));
    raise(SIGUSR1);
    await(async_sleep);
    async_cancel(self->first);
    await(async_sleep, .delay = async_ms(1));
    CHECK(strcmp(diary, "both1 ") == 0 || async_signal_pending(&self->signals[0]) == 1);
    diary[0] = '\0';
    async_finally;
    async_cancel(self->first);
    async_cancel(self->second);
    await(async_sleep);
    await(async_sleep);
    async_release(self->first);
    async_release(self->second);
    async_signal_deinit(&self->signals[0]);
    async_signal_deinit(&self->signals[1]);
    diary[0] = '\0';
    async_end;
}

TEST(signal, any_of_several) { (void)RUN(several); }

struct misuse { async_frame frame; async_signal signal; async_status status; };
async(misuse)
{
    async_begin;
    await_catch(self->status, async_signal_wait, .signal = &self->signal);
    CHECK_INT(self->status, ASYNC_MISUSE);
    async_end;
}

TEST(signal, wait_for_what_does_not_count) { (void)RUN(misuse); }

/* The loop is closed under a task that waits, and under an object that outlives it. */
struct left { async_frame frame; async_signal own, *signal; };
async(left)
{
    async_begin;
    if (async_signal_init(&self->own, SIGUSR2) == ASYNC_OK && async_signal_init(self->signal, SIGUSR1) == ASYNC_OK)
        await(async_signal_wait, .signal = self->signal);
    async_end;
}

TEST(signal, loop_closed_under_a_waiter)
{
    async_loop *loop = async_new_event_loop();
    async_signal signal;
    memset(&signal, 0, sizeof signal);
    set_disposition(SIGUSR1, SIG_DFL);
    set_disposition(SIGUSR2, SIG_DFL);
    if (loop != NULL) {
        async_release(async_loop_create_task(loop, left, .signal = &signal));
        async_loop_run_once(loop);
        async_loop_run_once(loop);
        async_loop_close(loop);
    }
    async_signal_deinit(&signal);
    CHECK(disposition(SIGUSR1) == SIG_DFL);
    CHECK(disposition(SIGUSR2) == SIG_DFL);
}

/* ---- Ctrl-C ----------------------------------------------------------------------------------------------------- */

struct interrupted { async_frame frame; async_handle handle; bool remove; };
async(interrupted)
{
    async_begin;
    if (async_loop_add_signal_handler(async_get_running_loop(), SIGINT, &self->handle, say, (void *)"int") < 0)
        async_raise(ASYNC_NO_MEMORY);
    raise(SIGINT);
    raise(SIGINT);
    await(async_sleep, .delay = async_ms(1));
    CHECK_NOTES("int ");
    if (self->remove) {
        CHECK(async_loop_remove_signal_handler(async_get_running_loop(), SIGINT));
        raise(SIGINT);
        await(async_sleep, .delay = async_ms(1));
        note("it was not cancelled ");
        CHECK_NOTES("");
    }
    async_end;
}

TEST(signal, handler_of_ctrl_c)
{
    async_status status = RUN(interrupted);
    CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
    CHECK(disposition(SIGINT) == SIG_DFL);
    status = RUN(interrupted, .remove = true); /* then it cancels again */
    CHECK(status == ASYNC_INTERRUPTED || status == ASYNC_NO_MEMORY);
    CHECK(disposition(SIGINT) == SIG_DFL);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

enum { THREADS = 4, EACH = 25 };

struct hears { async_frame frame; async_signal signal; volatile bool *ready; int i; };
async(hears)
{
    async_begin;
    if (async_signal_init(&self->signal, SIGUSR1) < 0)
        async_raise(ASYNC_NO_MEMORY);
    __atomic_store_n(self->ready, true, __ATOMIC_SEQ_CST);
    await(async_signal_wait, .signal = &self->signal);
    async_finally;
    async_signal_deinit(&self->signal);
    __atomic_store_n(self->ready, true, __ATOMIC_SEQ_CST);
    async_end;
}

static volatile bool hearing[THREADS];
static async_status heard[THREADS];

static void *hear(void *data)
{
    int i = (int)(size_t)data;
    heard[i] = async_run(hears, .ready = &hearing[i]);
    __atomic_store_n(&hearing[i], true, __ATOMIC_SEQ_CST);
    return NULL;
}

TEST(signal, every_loop_hears_it)
{
    pthread_t threads[THREADS];
    sigset_t usr1;
    int i;
    memset((void *)hearing, 0, sizeof hearing);
    set_disposition(SIGUSR1, SIG_IGN);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    for (i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, hear, (void *)(size_t)i) == 0);
    for (i = 0; i < THREADS; i++)
        while (!__atomic_load_n(&hearing[i], __ATOMIC_SEQ_CST))
            sched_yield();
    pthread_sigmask(SIG_BLOCK, &usr1, NULL); /* some other thread has it, then */
    kill(getpid(), SIGUSR1);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(heard[i] == ASYNC_OK || heard[i] == ASYNC_NO_MEMORY);
    }
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
    CHECK(disposition(SIGUSR1) == SIG_IGN);
}

/* Loops come and go under a storm of signals. */
static volatile bool storm_over;

static void say_nothing(async_handle *handle) { (void)handle; }

struct comes { async_frame frame; async_signal signal; async_handle handle; };
async(comes)
{
    async_begin;
    if (async_signal_init(&self->signal, SIGUSR1) == ASYNC_OK &&
        async_loop_add_signal_handler(async_get_running_loop(), SIGUSR2, &self->handle, say_nothing, NULL) == ASYNC_OK)
        await(async_signal_wait, .signal = &self->signal);
    async_finally;
    async_signal_deinit(&self->signal); /* the handler's end is that of the loop */
    async_end;
}

static void *come_and_go(void *data)
{
    int i;
    for (i = 0; i < EACH; i++)
        (void)async_run(comes);
    (void)data;
    return NULL;
}

static void *send_storm(void *data)
{
    (void)data;
    while (!__atomic_load_n(&storm_over, __ATOMIC_SEQ_CST)) {
        struct timespec pause = { 0, 20000 };
        kill(getpid(), SIGUSR1);
        kill(getpid(), SIGUSR2);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

TEST(signal, storm)
{
    pthread_t threads[THREADS], sender;
    int i;
    storm_over = false;
    set_disposition(SIGUSR1, SIG_IGN);
    set_disposition(SIGUSR2, SIG_IGN);
    REQUIRE(pthread_create(&sender, NULL, send_storm, NULL) == 0);
    for (i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, come_and_go, NULL) == 0);
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    __atomic_store_n(&storm_over, true, __ATOMIC_SEQ_CST);
    pthread_join(sender, NULL);
    CHECK(disposition(SIGUSR1) == SIG_IGN);
    CHECK(disposition(SIGUSR2) == SIG_IGN);
}
