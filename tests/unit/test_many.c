/* The same function on many loops: arguments, statuses, failures, stopping, Ctrl-C; threads that cannot be had. */
#if !defined(_POSIX_C_SOURCE) && !defined(_GNU_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include <pthread.h>
static int refused_from; /* this thread, counted from 1, and all after it cannot be had; 0: all can */
static int start_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *data);
#ifndef __TINYC__
#define pthread_create start_thread
#endif
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#undef pthread_create
#include "unit.h"
#include "gate.h"
#include <signal.h>

#ifdef __TINYC__
TEST(many, one_thread_only) { CHECK(true); } /* no thread-local variables, no atomic ones */
#else

static int start_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *data)
{
    if (refused_from > 0 && --refused_from == 0) {
        refused_from = 1;
        return EAGAIN;
    }
    return pthread_create(thread, attributes, function, data);
}

static bool is(async_status status, async_status expected) { return status == expected || status == ASYNC_NO_MEMORY; }

enum { N = 5 };

/* ---- ends ------------------------------------------------------------------------------------------------------------ */

struct counts { async_frame frame; int *calls, *indexes, by; };
async(counts)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    __atomic_add_fetch(self->calls, self->by, __ATOMIC_SEQ_CST);
    self->indexes[async_run_many_index()]++;
    CHECK_INT(async_run_many(1, NULL, counts, .by = 1), ASYNC_MISUSE);
    async_end;
}

TEST(many, all_end)
{
    long live = counted_live;
    int calls = 0, indexes[N] = { 0 }, i;
    async_status statuses[N], status;
    status = async_run_many(N, statuses, counts, .calls = &calls, .indexes = indexes, .by = 3);
    CHECK(is(status, ASYNC_OK));
    if (status == ASYNC_OK) {
        CHECK_INT(calls, 3 * N);
        for (i = 0; i < N; i++) {
            CHECK_INT(statuses[i], ASYNC_OK);
            CHECK_INT(indexes[i], 1);
        }
    }
    CHECK_INT(async_run_many_index(), -1);
    CHECK(!async_run_many_stop());
    CHECK_INT(async_run_many(4000000000u, NULL, counts), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(counted_live, live);
}

struct nothing { async_frame frame; };
async(nothing)
{
    async_begin;
    async_end;
}

TEST(many, for_each_processor)
{
    long live = counted_live;
    CHECK(is(async_run_many(0, NULL, nothing), ASYNC_OK));
    CHECK_INT(counted_live, live);
}

/* One fails: the others are cancelled, and clean up. */
struct fails { async_frame frame; int *cleaned; };
async(fails)
{
    async_begin;
    if (async_run_many_index() == 2) {
        await(async_sleep, .delay = async_ms(2));
        async_raise(BOOM);
    }
    await(async_sleep, .delay = async_seconds(3600));
    async_finally;
    await(async_sleep, .delay = async_ms(1));
    __atomic_add_fetch(self->cleaned, 1, __ATOMIC_SEQ_CST);
    async_end;
}

TEST(many, one_fails)
{
    long live = counted_live;
    int cleaned = 0, i;
    async_status statuses[N], status = async_run_many(N, statuses, fails, .cleaned = &cleaned);
    CHECK(is(status, BOOM));
    if (status == BOOM)
        for (i = 0; i < N; i++)
            CHECK(statuses[i] == (i == 2 ? BOOM : ASYNC_CANCELLED));
    CHECK(cleaned <= N); /* whoever had not begun has nothing to clean up */
    CHECK_INT(counted_live, live);
}

struct stops { async_frame frame; };
async(stops)
{
    async_begin;
    if (async_run_many_index() == 1) {
        await(async_sleep, .delay = async_ms(1));
        CHECK(async_run_many_stop());
        CHECK(async_run_many_stop());
    }
    await(async_sleep, .delay = async_seconds(3600));
    async_end;
}

TEST(many, stopped)
{
    long live = counted_live;
    int i;
    async_status statuses[N], status = async_run_many(N, statuses, stops);
    CHECK(is(status, ASYNC_OK));
    if (status == ASYNC_OK)
        for (i = 0; i < N; i++)
            CHECK_INT(statuses[i], ASYNC_CANCELLED);
    CHECK_INT(counted_live, live);
}

/* ---- Ctrl-C ------------------------------------------------------------------------------------------------------------ */

struct interrupted { async_frame frame; int *begun, *cleaned; };
async(interrupted)
{
    async_begin;
    if (__atomic_add_fetch(self->begun, 1, __ATOMIC_SEQ_CST) == N)
        kill(getpid(), SIGINT);
    await(async_sleep, .delay = async_seconds(3600));
    async_finally;
    await(async_sleep, .delay = async_ms(1));
    __atomic_add_fetch(self->cleaned, 1, __ATOMIC_SEQ_CST);
    async_end;
}

TEST(many, ctrl_c)
{
    long live = counted_live;
    int begun = 0, cleaned = 0;
    struct sigaction before, usual;
    async_status status;
    memset(&usual, 0, sizeof usual);
    usual.sa_handler = SIG_DFL;
    sigaction(SIGINT, &usual, &before);
    status = async_run_many(N, NULL, interrupted, .begun = &begun, .cleaned = &cleaned);
    sigaction(SIGINT, &before, NULL);
    CHECK(is(status, ASYNC_INTERRUPTED));
    if (status == ASYNC_INTERRUPTED)
        CHECK_INT(cleaned, N);
    CHECK_INT(cleaned, begun);
    CHECK_INT(counted_live, live);
}

/* ---- what fails ---------------------------------------------------------------------------------------------------------- */

TEST(many, no_thread_to_be_had)
{
    long live = counted_live;
    int cleaned, i, k;
    for (k = 1; k <= 3; k++) {
        async_status statuses[N], status;
        cleaned = 0;
        refused_from = k;
        status = async_run_many(N, statuses, fails, .cleaned = &cleaned);
        refused_from = 0;
        CHECK(is(status, -EAGAIN));
        if (status == -EAGAIN)
            for (i = 0; i < N; i++)
                CHECK(statuses[i] == (i == k - 1 ? -EAGAIN : ASYNC_CANCELLED) || is(statuses[i], ASYNC_CANCELLED));
    }
    CHECK_INT(counted_live, live);
}

#endif
