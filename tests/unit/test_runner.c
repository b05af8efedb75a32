/* Runs that hand over a result, several runs on one loop, and Ctrl-C. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char none[] = "-";
static async_context_var v = { "v", none };

struct adds { async_frame frame; int a, b, ms; async_status fails; int result; };
async(adds)
{
    async_begin;
    await(async_sleep, .delay = async_ms(self->ms));
    if (self->fails < 0)
        async_raise(self->fails);
    async_return(self->a + self->b);
    async_end;
}

/* ---- into --------------------------------------------------------------------------------------------------------- */

TEST(runner, run_into)
{
    int to = 7, times = 0, array[3] = { 0, 0, 0 };
    CHECK_INT(async_run_into(to, adds, .a = 1, .b = 2), ASYNC_OK);
    CHECK_INT(to, 3);
    CHECK_INT(async_run_into(to, adds, .a = 5, .fails = BOOM), BOOM);
    CHECK_INT(to, 3); /* a failed run leaves it alone */
    CHECK_INT(async_run_into(array[times++], adds, .a = 4), ASYNC_OK);
    CHECK_INT(times, 1);
    CHECK_INT(array[0], 4);
    CHECK_INT(async_run_into(array[times++], adds, .fails = BOOM), BOOM);
    CHECK_INT(times, 1); /* not even evaluated */
    CHECK_INT(counted_live, 0);
    EACH_ALLOCATION_FAILS {
        async_status status;
        to = 7;
        status = async_run_into(to, adds, .a = 1, .b = 2);
        CHECK(status == ASYNC_OK ? to == 3 : status == ASYNC_NO_MEMORY && to == 7);
    }
}

struct runs_inside { async_frame frame; async_runner *runner; };
async(runs_inside)
{
    int to = 7;
    async_begin;
    CHECK_INT(async_run(adds, .a = 1), ASYNC_MISUSE);
    CHECK_INT(async_run_into(to, adds, .a = 1), ASYNC_MISUSE);
    if (self->runner != NULL) {
        CHECK_INT(async_runner_run(self->runner, adds, .a = 1), ASYNC_MISUSE);
        CHECK_INT(async_runner_run_into(self->runner, to, adds, .a = 1), ASYNC_MISUSE);
        CHECK_INT(async_runner_close(self->runner), ASYNC_MISUSE);
        CHECK_PTR(async_runner_get_loop(self->runner), async_get_running_loop());
    }
    CHECK_INT(to, 7);
    async_raise(BOOM);
    async_end;
}

TEST(runner, nested)
{
    async_runner runner = { 0 };
    CHECK_INT(async_run(runs_inside), BOOM);
    CHECK_INT(async_runner_run(&runner, runs_inside, .runner = &runner), BOOM);
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    CHECK_INT(counted_live, 0);
}

/* An exception handler that runs something as the loop is closed changes nothing about the status. */
static void runs_something(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    (void)e;
    (void)data;
    CHECK_INT(async_run(adds, .a = 1), ASYNC_MISUSE);
    note("told ");
}
struct unseen { async_frame frame; async_task *task; };
async(unseen)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), runs_something, NULL);
    self->task = async_create_task(adds, .fails = BANG);
    await(async_sleep);
    await(async_sleep);
    await(async_sleep);
    async_finally;
    async_release(self->task);
    async_end;
}
TEST(runner, an_exception_handler_that_runs_something)
{
    CHECK_INT(async_run(unseen), ASYNC_OK);
    CHECK_NOTES("told ");
}

/* ---- several runs ------------------------------------------------------------------------------------------------- */

struct background { async_frame frame; int i; };
async(background)
{
    async_begin;
    for (self->i = 0;; self->i++) {
        note("b%d ", self->i);
        await(async_sleep, .delay = async_ms(10));
    }
    async_finally;
    note("%s ", word(async_error));
    async_end;
}
struct starts { async_frame frame; };
async(starts)
{
    async_begin;
    (void)async_go(background);
    await(async_sleep, .delay = async_ms(15));
    note("1 ");
    async_end;
}

TEST(runner, leftovers_go_on)
{
    async_runner runner = { 0 };
    int to = 0;
    async_loop *loop;
    runner.config = virtual_time();
    CHECK_INT(async_runner_run(&runner, starts), ASYNC_OK);
    loop = runner.loop;
    CHECK(loop != NULL);
    note("| ");
    CHECK_INT(async_runner_run_into(&runner, to, adds, .a = 2, .b = 2, .ms = 20), ASYNC_OK);
    CHECK_INT(to, 4);
    CHECK_PTR(runner.loop, loop);
    CHECK_INT(async_runner_run_into(&runner, to, adds, .ms = 1, .fails = BOOM), BOOM);
    CHECK_INT(to, 4);
    note("| ");
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    CHECK_NOTES("b0 b1 1 | b2 b3 | cancelled ");
    CHECK_INT(async_runner_close(&runner), ASYNC_OK); /* again: nothing */
    CHECK_PTR(async_runner_get_loop(&runner), NULL);
    CHECK_INT(async_runner_run(&runner, adds), ASYNC_MISUSE);
    CHECK_INT(async_runner_run_into(&runner, to, adds), ASYNC_MISUSE);
    CHECK_INT(to, 4);
    CHECK_INT(counted_live, 0);
}

TEST(runner, closed_unused)
{
    async_runner runner = { 0 };
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    CHECK_PTR(async_runner_get_loop(&runner), NULL);
    CHECK_INT(async_runner_run(&runner, adds), ASYNC_MISUSE);
    CHECK_INT(counted_live, 0);
}

/* Two of them, in turn, each with its own loop and its own leftovers. */
TEST(runner, two_in_turn)
{
    async_runner a = { 0 }, b = { 0 };
    int to = 0;
    a.config = b.config = virtual_time();
    CHECK_INT(async_runner_run(&a, starts), ASYNC_OK);
    CHECK_INT(async_runner_run(&b, starts), ASYNC_OK);
    CHECK_INT(async_run_into(to, adds, .a = 1), ASYNC_OK);
    CHECK_INT(async_runner_run(&a, adds, .ms = 10), ASYNC_OK);
    CHECK_INT(async_runner_close(&a), ASYNC_OK);
    CHECK_INT(async_runner_run(&b, adds, .ms = 10), ASYNC_OK);
    CHECK_INT(async_runner_close(&b), ASYNC_OK);
    CHECK_NOTES("b0 b1 1 b0 b1 1 b2 cancelled b2 cancelled ");
    CHECK_INT(counted_live, 0);
}

static int made;
static async_loop *makes(void *data)
{
    made++;
    return data == NULL ? NULL : async_new_event_loop_with((const async_loop_config *)data);
}
TEST(runner, factory)
{
    async_loop_config config = *virtual_time();
    async_runner runner = { 0 };
    async_loop *loop;
    made = 0;
    runner.loop_factory = makes;
    runner.data = &config;
    loop = async_runner_get_loop(&runner);
    CHECK_PTR(async_runner_get_loop(&runner), loop);
    CHECK_INT(async_runner_run(&runner, adds, .ms = 100000), ASYNC_OK); /* at once: the clock is the factory's */
    CHECK_INT(async_runner_run(&runner, adds), ASYNC_OK);
    CHECK_INT(made, 1);
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    memset(&runner, 0, sizeof runner);
    runner.loop_factory = makes; /* which gives none */
    CHECK_INT(async_runner_run(&runner, adds), ASYNC_NO_MEMORY);
    CHECK_PTR(async_runner_get_loop(&runner), NULL);
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    CHECK_INT(counted_live, 0);
}

/* ---- the context that the runs share ------------------------------------------------------------------------------ */

static async_handle callback_handle;
static void callback(async_handle *handle)
{
    (void)handle;
    note("c%s ", (const char *)async_context_var_get(&v));
    (void)async_context_var_set(&v, (char *)"c", NULL);
}
struct sets { async_frame frame; const char *name; bool calls; };
async(sets)
{
    async_begin;
    note("%s%s ", self->name, (const char *)async_context_var_get(&v));
    (void)async_context_var_set(&v, (void *)(uintptr_t)self->name, NULL);
    if (self->calls)
        (void)async_call_soon(&callback_handle, callback, NULL);
    else
        await(async_sleep);
    async_end;
}
TEST(runner, contexts)
{
    async_runner runner = { 0 };
    runner.config = virtual_time();
    memset(&callback_handle, 0, sizeof callback_handle);
    CHECK_INT(async_runner_run(&runner, sets, .name = "1", .calls = true), ASYNC_OK);
    CHECK_INT(async_runner_run(&runner, sets, .name = "2"), ASYNC_OK);
    CHECK_INT(async_runner_run(&runner, sets, .name = "1", .calls = true), ASYNC_OK);
    CHECK_INT(async_run(sets, .name = "x"), ASYNC_OK); /* a loop of its own has none of it */
    CHECK_STR((const char *)async_context_var_get(&v), "-");
    CHECK_STR((const char *)async_context_get(&runner.context, &v), "1");
    CHECK_INT(async_runner_close(&runner), ASYNC_OK);
    CHECK_NOTES("1- c1 21 12 c1 x- ");
    CHECK_INT(counted_live, 0);
}

TEST(runner, no_memory)
{
    EACH_ALLOCATION_FAILS {
        async_runner runner = { 0 };
        int i, to = 0;
        runner.config = virtual_time();
        memset(&callback_handle, 0, sizeof callback_handle);
        for (i = 0; i < 3; i++) {
            async_status status = async_runner_run(&runner, starts);
            CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
            status = async_runner_run(&runner, sets, .name = "1");
            CHECK(status == ASYNC_OK || status == ASYNC_NO_MEMORY);
            to = 0;
            status = async_runner_run_into(&runner, to, adds, .a = 1, .b = 2, .ms = 5);
            CHECK(status == ASYNC_OK ? to == 3 : status == ASYNC_NO_MEMORY && to == 0);
        }
        (void)async_runner_close(&runner);
        diary[0] = '\0';
    }
}

/* ---- Ctrl-C: in a process of its own ------------------------------------------------------------------------------ */

struct interrupted { async_frame frame; int times, swallows; async_status status; };
async(interrupted)
{
    async_begin;
    for (; self->times > 0; self->times--)
        raise(SIGINT);
    await_catch(self->status, async_sleep, .delay = async_seconds(1000));
    note("%s ", word(self->status));
    if (self->status < 0 && self->swallows == 0)
        async_raise(self->status);
    async_finally;
    if (self->swallows == 2)
        async_cancel(async_current_task());
    await_shielded(async_sleep, .delay = async_ms(1));
    note("finally ");
    async_end;
}

enum { BY_RUN, BY_RUNNER, TWICE, SWALLOWED, OWN_HANDLER, RUN_AFTER_RUN, CASES };

static void set_disposition(void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(SIGINT, &action, NULL);
}

static bool has_disposition(void (*handler)(int))
{
    struct sigaction now;
    return sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == handler;
}

static void own(int signal_number) { (void)signal_number; note("own "); }

static int interrupted_child(int how)
{
    async_runner runner = { 0 };
    async_status status;
    int to = 7;
    switch (how) {
    case BY_RUN:
        status = async_run_into(to, adds, .a = 1);
        if (status != ASYNC_OK || to != 1)
            return 1;
        status = async_run(interrupted, .times = 1);
        return !(status == ASYNC_INTERRUPTED && strcmp(diary, "cancelled finally ") == 0
            && has_disposition(SIG_DFL));
    case BY_RUNNER:
        status = async_runner_run(&runner, starts);
        if (status != ASYNC_OK || async_runner_run(&runner, interrupted, .times = 1) != ASYNC_INTERRUPTED)
            return 1;
        /* the others go on, and so may the next run */
        if (async_runner_run_into(&runner, to, adds, .a = 3, .ms = 1) != ASYNC_OK || to != 3)
            return 2;
        if (async_runner_run(&runner, interrupted, .times = 1) != ASYNC_INTERRUPTED)
            return 3;
        return async_runner_close(&runner) != ASYNC_OK || strstr(diary, "cancelled finally ") == NULL;
    case TWICE:
        async_run(interrupted, .times = 2); /* it ends here */
        return 0;
    case SWALLOWED:
        status = async_run(interrupted, .times = 1, .swallows = 1);
        return !(status == ASYNC_OK && strcmp(diary, "cancelled finally ") == 0);
    case OWN_HANDLER:
        set_disposition(own);
        status = async_run_with(virtual_time(), interrupted, .times = 2);
        return !(status == ASYNC_OK && strcmp(diary, "own own ok finally ") == 0 && has_disposition(own));
    default:
        for (to = 0; to < 3; to++)
            if (async_run(interrupted, .times = 1) != ASYNC_INTERRUPTED)
                return 1;
        return async_run(interrupted, .times = 1, .swallows = 2) != ASYNC_CANCELLED; /* another cancel came as well */
    }
}

TEST(runner, interrupts)
{
    int how;
    for (how = 0; how < CASES; how++) {
        int status = 0;
        pid_t child;
        fflush(NULL);
        child = fork();
        if (child == 0) {
            alarm(20);
            set_disposition(SIG_DFL);
            _exit(interrupted_child(how));
        }
        REQUIRE(child > 0);
        REQUIRE(waitpid(child, &status, 0) == child);
        if (how == TWICE)
            CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
        else
            CHECK_INT(status, 0);
    }
}
