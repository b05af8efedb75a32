/* What the programs share that are cancelled everywhere: a world made anew for each run, and a note of what
 * was cancelled.
 *
 *     PROGRAM(lock, make_lock, check_lock)
 *
 * runs struct lock / async(lock) in all the ways below; before each run make_lock(), after it check_lock().
 * A program's peers are children of a group in its main function, which then waits for a while and ends what
 * the peers may still wait for, since any of them may have been cancelled before it began.
 */
#ifndef ASYNCIO_TEST_EVERYWHERE_H
#define ASYNCIO_TEST_EVERYWHERE_H

#define ASYNCIO_VERIFY 1
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool well;

/* A condition that must hold: said once, the run then fails. */
#define MUST(condition)                                                             \
    do {                                                                            \
        if (!(condition)) {                                                         \
            if (well)                                                               \
                fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
            well = false;                                                           \
        }                                                                           \
    } while (0)

/* ---- what was cancelled, as it waited and as it went on ----------------------------------------------------- */

enum { COVERED_MOST = 200 };
static struct {
    const char *name;
    bool waits, goes_on;
} covered[COVERED_MOST];

static void cover(const char *name, bool waits)
{
    int i;
    for (i = 0; i < COVERED_MOST - 1 && covered[i].name != NULL && strcmp(covered[i].name, name) != 0; i++) {
    }
    covered[i].name = name;
    if (waits)
        covered[i].waits = true;
    else
        covered[i].goes_on = true;
}

static void print_covered(void)
{
    int i;
    for (i = 0; i < COVERED_MOST && covered[i].name != NULL; i++)
        if (covered[i].waits && covered[i].goes_on)
            printf("covered %s\n", covered[i].name);
}

/* ---- running a program -------------------------------------------------------------------------------------- */

static int free_descriptor(void)
{
    int fd = dup(2);
    close(fd);
    return fd;
}

static int first_free;
static void (*make_world)(void);
static void (*check_world)(void);

static void before_run(void *data, const async_verify_run *run)
{
    (void)data;
    (void)run;
    well = true;
    first_free = free_descriptor();
    if (make_world != NULL)
        make_world();
}

static bool after_run(void *data, const async_verify_run *run)
{
    size_t i;
    (void)data;
    for (i = 0; run->point != 0 && i < async_verifying_->depth; i++)
        cover(async_verifying_->stack[i].name, strstr(async_verifying_->text, "waits in") != NULL);
    if (run->status != ASYNC_OK && run->status != ASYNC_CANCELLED)
        fprintf(stderr, "it ended with: %s\n", async_strerror(run->status));
    MUST(run->status == ASYNC_OK || run->status == ASYNC_CANCELLED);
    MUST(run->point != 0 || run->status == ASYNC_OK);
    if (check_world != NULL)
        check_world();
    MUST(free_descriptor() == first_free); /* none was left open */
    return well;
}

/* The main task only, and every task; once, and once more in the finally part; in order, and shuffled. */
static async_verify ways[] = {
    {.before = before_run, .after = after_run},
    {.before = before_run, .after = after_run, .again = true},
    {.before = before_run, .after = after_run, .every_task = true},
    {.before = before_run, .after = after_run, .every_task = true, .again = true},
    {.before = before_run, .after = after_run, .every_task = true, .seeds = 10},
    {.before = before_run, .after = after_run, .every_task = true, .again = true, .seeds = 10, .first_seed = 11},
};

static int failed;

#define PROGRAM(name, make, check)                                                              \
    do {                                                                                        \
        size_t way_;                                                                            \
        unsigned long runs_ = 0, cancels_ = 0;                                                  \
        bool well_ = true;                                                                      \
        make_world = make;                                                                      \
        check_world = check;                                                                    \
        for (way_ = 0; way_ < sizeof ways / sizeof *ways; way_++) {                             \
            if (!async_cancel_everywhere(&ways[way_], name))                                    \
                well_ = false;                                                                  \
            runs_ += ways[way_].runs;                                                           \
            cancels_ += ways[way_].cancels;                                                     \
        }                                                                                       \
        printf("%s everywhere.%s: %lu runs, %lu cancels\n", well_ ? "ok" : "FAIL", #name, runs_, cancels_); \
        failed += !well_;                                                                       \
    } while (0)

/* A child that needs a while, also to end: what most programs wait for. */
struct child {
    async_frame frame;
    async_time delay;
    async_status fails;
    int result;
};

async(child)
{
    async_begin;
    await(async_sleep, .delay = self->delay);
    if (self->fails < 0)
        async_raise(self->fails);
    async_return(42);
    async_finally;
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

#endif
