/* async_run: a fresh loop, the end of what is left over, Ctrl-C. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <signal.h>
#include <sys/wait.h>

struct adds { async_frame frame; int a, b, *to; };
async(adds)
{
    async_begin;
    *self->to = self->a + self->b;
    await(async_sleep, .delay = 0);
    CHECK(async_loop_is_running(async_get_running_loop()));
    async_end;
}

TEST(run, arguments_and_status)
{
    int sum = 0, i;
    long live = counted_live;
    for (i = 0; i < 3; i++) {
        CHECK_INT(async_run(adds, .a = i, .b = 2, .to = &sum), ASYNC_OK);
        CHECK_INT(sum, i + 2);
        CHECK(async_get_running_loop() == NULL);
    }
    CHECK_INT(counted_live, live);
}

/* ---- what is left ------------------------------------------------------------------------------------------------- */

struct left { async_frame frame; int name; async_status fails; bool refuses, creates; async_status status; };
async(left)
{
    async_begin;
    await_catch(self->status, async_sleep, .delay = async_seconds(1));
    note("%d%s ", self->name, word(self->status));
    if (self->refuses)
        await_catch(self->status, async_sleep, .delay = async_seconds(1));
    if (self->creates)
        async_go(left, .name = 9);
    if (self->fails < 0)
        async_raise(self->fails);
    async_raise(ASYNC_CANCELLED);
    async_finally;
    await(async_sleep, .delay = async_ms(1));
    note("%dfinally ", self->name);
    async_end;
}

static void tell(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    (void)data;
    note("[%s] ", word(e->status));
}

struct leaves { async_frame frame; async_status fails, ends; bool refuses, creates; };
async(leaves)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), tell, NULL);
    async_go(left, .name = 1, .fails = self->fails, .creates = self->creates);
    async_go(left, .name = 2, .refuses = self->refuses);
    await(async_sleep, .delay = async_ms(1));
    async_go(left, .name = 3); /* has not begun when main ends */
    note("main ");
    if (self->ends < 0)
        async_raise(self->ends);
    async_end;
}

TEST(run, what_is_left_is_cancelled_and_cleans_up)
{
    long live = counted_live;
    CHECK_INT(RUN(leaves), ASYNC_OK);
    CHECK_NOTES("main 1cancelled 2cancelled 3cancelled 1finally 2finally 3finally ");
    CHECK_INT(RUN(leaves, .ends = BANG), BANG);
    CHECK_NOTES("main 1cancelled 2cancelled 3cancelled 1finally 2finally 3finally ");
    CHECK_INT(RUN(leaves, .refuses = true), ASYNC_OK);
    CHECK_NOTES("main 1cancelled 2cancelled 3cancelled 1finally 3finally 2finally ");
    CHECK_INT(counted_live, live);
}

TEST(run, what_is_left_fails)
{
    CHECK_INT(RUN(leaves, .fails = BOOM), ASYNC_OK);
    CHECK_NOTES("main 1cancelled 2cancelled 3cancelled 1finally 2finally 3finally [boom] ");
}

TEST(run, what_is_left_creates_more)
{
    long live = counted_live;
    CHECK_INT(RUN(leaves, .creates = true), ASYNC_OK);
    CHECK(strstr(diary, "main 1cancelled 2cancelled 3cancelled ") == diary);
    diary[0] = '\0';
    CHECK_INT(counted_live, live);
}

/* one that waits for ever in spite of its cancel: an answer, and everything is freed */
struct ignores { async_frame frame; async_status status; };
async(ignores)
{
    async_begin;
    for (;;)
        await_catch(self->status, async_sleep, .delay = ASYNC_FOREVER);
    async_end;
}
struct leaves_one { async_frame frame; };
async(leaves_one)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), tell, NULL);
    async_go(ignores);
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

TEST(run, what_is_left_never_ends)
{
    long live = counted_live;
    if (!alone())
        return;
    CHECK_INT(RUN(leaves_one), ASYNC_DEADLOCK);
    CHECK_INT(counted_live, live);
    diary[0] = '\0';
}

/* ---- Ctrl-C --------------------------------------------------------------------------------------------------------- */

/* how: the signal comes 0 before the first await, 1 between two, 2 from another process; 3: and again in finally */
struct interrupted { async_frame frame; int how; };
async(interrupted)
{
    async_begin;
    if (self->how == 0 || self->how == 3)
        raise(SIGINT);
    await(async_sleep, .delay = async_seconds(self->how == 1 ? 0 : 20));
    raise(SIGINT);
    await(async_sleep, .delay = async_seconds(20));
    async_finally;
    note("finally %s ", word(async_error));
    if (self->how == 3)
        raise(SIGINT); /* the second ends the process */
    await(async_sleep, .delay = async_ms(1));
    note("cleaned ");
    async_end;
}

/* In a process of its own: its exit status, or minus the signal that ended it. */
static int in_a_child(int how, int expected_status, const char *expected_notes, bool parent_raises)
{
    int status = -1;
    pid_t child;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        int good;
        alarm(10);
        signal(SIGINT, SIG_DFL);
        good = async_run(interrupted, .how = how) == expected_status && strcmp(diary, expected_notes) == 0;
        _exit(good ? 0 : 1);
    }
    if (child < 0)
        return -1000;
    if (parent_raises) {
        struct timespec t = { 0, 300000000 };
        nanosleep(&t, NULL);
        kill(child, SIGINT);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(run, ctrl_c)
{
    CHECK_INT(in_a_child(0, ASYNC_INTERRUPTED, "finally cancelled cleaned ", false), 0);
    CHECK_INT(in_a_child(1, ASYNC_INTERRUPTED, "finally cancelled cleaned ", false), 0);
    CHECK_INT(in_a_child(2, ASYNC_INTERRUPTED, "finally cancelled cleaned ", true), 0);
}

TEST(run, a_second_ctrl_c_ends_the_process)
{
    CHECK_INT(in_a_child(3, 0, "", false), -SIGINT);
}

static volatile sig_atomic_t mine;
static void on_interrupt(int number)
{
    (void)number;
    mine++;
}

struct raises { async_frame frame; };
async(raises)
{
    async_begin;
    raise(SIGINT);
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

TEST(run, who_has_a_handler_keeps_it)
{
    struct sigaction action, before, after;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, &before);
    mine = 0;
    CHECK_INT(RUN(raises), ASYNC_OK);
    CHECK_INT(mine, 1);
    sigaction(SIGINT, &before, &after);
    CHECK(after.sa_handler == on_interrupt);
}

TEST(run, the_signal_is_given_back)
{
    struct sigaction action, before, after;
    int sum;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_DFL;
    sigaction(SIGINT, &action, &before);
    CHECK_INT(async_run(adds, .to = &sum), ASYNC_OK);
    sigaction(SIGINT, &before, &after);
    CHECK(after.sa_handler == SIG_DFL);
}
