/* What the models share: a few tasks use an object at random, some are cancelled at random, everything is
 * shuffled by the run's seed, and a model beside the object says what may be seen. When all is quiet nobody may
 * wait for what is there.
 *
 *     MODEL(lock)     runs make_lock(), tasks made by create_lock(id), quiet_lock(), check_lock(), for each seed */
#ifndef ASYNCIO_TEST_MODELS_H
#define ASYNCIO_TEST_MODELS_H

#define ASYNCIO_VERIFY 1
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS_MOST = 7 };

static bool well;
static uint64_t state;
static unsigned long cancels;

/* The first that does not hold is said. */
#define MUST(condition)                                                             \
    do {                                                                            \
        if (!(condition)) {                                                         \
            if (well)                                                               \
                fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
            well = false;                                                           \
        }                                                                           \
    } while (0)

/* A number below n, from the seed. */
static int chance(int n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)((state >> 33) % (uint64_t)n);
}

/* Mostly none at all, so that much happens in one pass. */
static async_time pause_(void) { return chance(2) == 0 ? 0 : async_ms(1) * chance(4); }

/* ---- a run -------------------------------------------------------------------------------------------------- */

static struct model {
    void (*make)(void);
    async_task *(*create)(int id);
    void (*quiet)(void); /* nothing can happen any more, but by what is done from outside */
    void (*check)(void);
} model;

static int workers;
static bool ending;
static bool doomed[WORKERS_MOST]; /* somebody has cancelled it */
static bool hasty[WORKERS_MOST];  /* it waits with a timeout, so it may give up by itself */

/* A task may refuse to be cancelled, but not at the end. */
static bool refuses(void) { return !ending && chance(3) == 0; }

static async_task *tasks[WORKERS_MOST];

static void cancel_one(void)
{
    int i = chance(workers);
    doomed[i] = true;
    cancels += async_cancel(tasks[i]);
}

/* What a worker calls when it has just woken somebody: a cancel then is the one that loses things. */
static void disturb(void)
{
    if (!ending && chance(6) == 0)
        cancel_one();
}

struct run {
    async_frame frame;
    int i, left;
    async_status ignored;
};

async(run)
{
    async_begin;
    workers = 2 + chance(WORKERS_MOST - 1);
    for (self->i = 0; self->i < workers; self->i++)
        tasks[self->i] = model.create(self->i);
    for (self->left = chance(5); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        cancel_one();
    }
    await(async_sleep, .delay = async_seconds(1));
    model.quiet();
    ending = true;
    for (self->i = 0; self->i < workers; self->i++) {
        doomed[self->i] = true;
        async_cancel(tasks[self->i]);
    }
    for (self->i = 0; self->i < workers; self->i++) {
        while (!async_task_done(tasks[self->i])) {
            await_catch(self->ignored, async_join, .task = tasks[self->i]);
        }
        self->ignored = async_task_exception(tasks[self->i]);
        MUST(self->ignored == ASYNC_OK || self->ignored == ASYNC_CANCELLED);
        async_release(tasks[self->i]);
    }
    async_end;
}

static void before_run(void *data, const async_verify_run *run)
{
    (void)data;
    well = true;
    state = UINT64_C(0x9E3779B97F4A7C15) * run->seed;
    ending = false;
    memset(doomed, 0, sizeof doomed);
    memset(hasty, 0, sizeof hasty);
    model.make();
}

static bool after_run(void *data, const async_verify_run *run)
{
    (void)data;
    MUST(run->status == ASYNC_OK);
    model.check();
    return well;
}

static int failed;
static uint32_t first_seed = 1, seeds = 1000;
static const char *wanted;

static void run_model(const char *name)
{
    async_verify verify;
    memset(&verify, 0, sizeof verify);
    verify.before = before_run;
    verify.after = after_run;
    verify.first_seed = first_seed;
    verify.seeds = seeds;
    cancels = 0;
    if (async_run_seeds(&verify, run)) {
        printf("ok model.%s: seeds %lu to %lu, %lu cancels\n", name, (unsigned long)first_seed,
            (unsigned long)(first_seed + seeds - 1), cancels);
    } else {
        printf("FAIL model.%s: seed %lu\n", name, (unsigned long)verify.failed.seed);
        failed = 1;
    }
}

#define MODEL(name)                                     \
    do {                                                \
        model.make = make_##name;                       \
        model.create = create_##name;                   \
        model.quiet = quiet_##name;                     \
        model.check = check_##name;                     \
        if (wanted == NULL || strcmp(wanted, #name) == 0) \
            run_model(#name);                           \
    } while (0)

/* PROGRAM [FIRST COUNT [MODEL]] */
static void read_arguments(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2) {
        first_seed = (uint32_t)strtoul(argv[1], NULL, 10);
        seeds = (uint32_t)strtoul(argv[2], NULL, 10);
    }
    if (argc > 3)
        wanted = argv[3];
}

#endif
