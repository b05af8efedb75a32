/* A test suite for a module that waits: timeouts and growing pauses, tested in no time with the virtual clock.
 *
 * The module asks a server, gives up on an answer after five seconds, and tries again after one, two, four ... seconds.
 * The tests put a server in its place that answers as the test says, and look at what came out, and after how long.
 * Minutes pass in them, but only by the clock of the loop. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

/* ---- the module, as it would stand in a file of its own ------------------------------------------------------- */

struct ask { /* defined by who has a server: here, by the tests */
    async_frame frame;
    struct server *server;
    int turn;
    int *answer;
};
async_declare(ask);

struct request {
    async_frame frame;
    struct server *server;
    int attempts;
    int attempt, answer;
    async_status status;
    int result;
};

async(request)
{
    async_begin;
    for (self->attempt = 1;; self->attempt++) {
        await_for_catch(async_seconds(5), self->status, ask, .server = self->server, .turn = self->attempt - 1,
            .answer = &self->answer);
        if (self->status == ASYNC_OK)
            async_return(self->answer);
        if (self->status == ASYNC_CANCELLED || self->attempt == self->attempts)
            async_raise(self->status);
        await(async_sleep, .delay = async_seconds(1) << (self->attempt - 1));
    }
    async_end;
}

/* ---- the server of the tests: each time it is asked, it does what its script says ----------------------------- */

struct turn {
    async_time takes;
    async_status status;
    int answer;
};

struct server {
    struct turn script[8];
    int open;
};

async_define(ask)
{
    struct turn *turn = &self->server->script[self->turn]; /* computed anew whenever the function goes on */
    async_begin;
    self->server->open++;
    await(async_sleep, .delay = turn->takes);
    if (turn->status < 0)
        async_raise(turn->status);
    *self->answer = turn->answer;
    async_finally;
    self->server->open--;
    async_end;
}

/* --- the tests --------------------------------------------------------------------------------------------------- */

#define REFUSED ASYNC_USER_ERROR(1)
#define CHECK(what)                                                                                 \
    do {                                                                                            \
        if (!(what)) {                                                                              \
            printf("    not so: %s\n", #what);                                                      \
            async_raise(ASYNC_USER_ERROR(2));                                                       \
        }                                                                                           \
    } while (0)

static async_time now(void) { return async_loop_time(async_get_running_loop()); }

struct answers_at_once { async_frame frame; struct server server; async_time begun; int answer; };
async(answers_at_once)
{
    async_begin;
    self->server.script[0].answer = 42;
    self->begun = now();
    await_into(self->answer, request, .server = &self->server, .attempts = 3);
    CHECK(self->answer == 42);
    CHECK(now() == self->begun);
    async_end;
}

struct tries_again { async_frame frame; struct server server; async_time begun; int answer; };
async(tries_again)
{
    async_begin;
    self->server.script[0].takes = async_seconds(3600);
    self->server.script[1].status = REFUSED;
    self->server.script[2].takes = async_seconds(2);
    self->server.script[2].answer = 7;
    self->begun = now();
    await_into(self->answer, request, .server = &self->server, .attempts = 3);
    CHECK(self->answer == 7);
    CHECK(self->server.open == 0);
    CHECK(now() - self->begun == async_seconds(5 + 1 + 0 + 2 + 2));
    async_end;
}

struct gives_up { async_frame frame; struct server server; async_time begun; async_status status; int i; };
async(gives_up)
{
    async_begin;
    for (self->i = 0; self->i < 8; self->i++)
        self->server.script[self->i].takes = async_seconds(3600);
    self->begun = now();
    await_catch(self->status, request, .server = &self->server, .attempts = 8);
    CHECK(self->status == ASYNC_TIMED_OUT);
    CHECK(self->server.open == 0);
    CHECK(now() - self->begun == async_seconds(8 * 5 + 127));
    async_end;
}

struct lets_itself_be_cancelled {
    async_frame frame;
    struct server server;
    async_time begun;
    async_task *task;
    async_status status;
};

async(lets_itself_be_cancelled)
{
    async_begin;
    self->server.script[0].takes = async_seconds(3600);
    self->begun = now();
    self->task = async_create_task(request, .server = &self->server, .attempts = 3);
    await(async_sleep, .delay = async_seconds(4));
    CHECK(self->server.open == 1);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    CHECK(self->status == ASYNC_CANCELLED);
    CHECK(now() == self->begun + async_seconds(4) && self->server.open == 0); /* no second try */
    async_finally;
    async_release(self->task);
    async_end;
}

/* Each on a loop of its own, so that none sees what another left behind. */
#define TEST(name) (report(#name, async_run_with(&config, name)))

static int report(const char *name, async_status status)
{
    printf("%s %s\n", status == ASYNC_OK ? "ok    " : "FAILED", name);
    return status != ASYNC_OK;
}

int main(void)
{
    const async_loop_config config = {.virtual_clock = true};
    int failed = 0;
    failed += TEST(answers_at_once);
    failed += TEST(tries_again);
    failed += TEST(gives_up);
    failed += TEST(lets_itself_be_cancelled);
    printf("%d failed\n", failed);
    return failed != 0;
}
