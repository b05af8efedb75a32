/* verify.h: two tools that find what a test run by chance does not: seeded scheduling and cancel-everywhere. Hosts only,
 * and only with ASYNCIO_VERIFY 1.
 *
 * Seeded scheduling: a loop whose configuration has a seed runs what is ready in another order: each pass is shuffled,
 * within what asyncio promises. Nothing moves to another pass; callbacks (call_soon, done callbacks, timers) keep their
 * order among themselves, since call_soon promises it; but tasks, whose order nobody promises, run in any order among
 * themselves and between the callbacks. With the virtual clock the same seed gives the same run, on every machine.
 *
 * Cancel-everywhere: runs a program again and again, and cancels it at its first point, at its second, and so on, until
 * it ends before that point. A point is where a task begins, where it suspends, and where it goes on, woken but not
 * yet running: there a cancel meets what it was just given, a lock or an item, and that is easily lost. */
#ifndef ASYNCIO_VERIFY_H
#define ASYNCIO_VERIFY_H

#include "report.h"
#include "runner.h"

#if ASYNCIO_VERIFY

ASYNC_EXTERN_C_BEGIN_

/* async_verify_run: one run. */
typedef struct async_verify_run {
    uint32_t seed;       /* 0: none, first in first out */
    uint32_t point;      /* at which there is a cancel; after the run: was one; 0: nowhere */
    async_status status; /* after the run: how the main function ended */
} async_verify_run;

/* async_verify: what to verify, and what came out. All zeros is valid. */
typedef struct async_verify {
    /* before: makes the world of a run; may be NULL. after: says whether all is well after the run, with its loop closed,
     * and takes the world down. NULL: it is when the main function ended with OK or, if there was a cancel, CANCELLED */
    void (*before)(void *data, const async_verify_run *run);
    bool (*after)(void *data, const async_verify_run *run);
    void *data;          /* of both */
    bool every_task;     /* the points of all tasks count, and the one that is there is cancelled; not the main one only */
    bool again;          /* and once more where it suspends next, in its finally part, say */
    uint32_t first_seed; /* 0: 1 */
    uint32_t seeds;      /* how many; 0: 1,000 of async_run_seeds(), none of async_cancel_everywhere() */
    uint32_t first_point; /* 0: 1; to come back to a failure at once */
    uint32_t runs, cancels;  /* out: how many there were */
    async_verify_run failed; /* out: the run that failed */
} async_verify;

/* async_cancel_everywhere(&verify, f, .a = 1, ...): runs f(a = 1, ...) on a fresh loop with the virtual clock, as
 * async_run() does, cancelling at point 1, 2, ... With .seeds all of that for each seed. After each run: it did not
 * deadlock, every call that began has ended, its finally part included, every task was released, what the library
 * allocated since `before` is freed, and `after` says that all is well. True if so; false at the first run that failed,
 * with its seed and point on stderr, also when it crashed (reports of the undefined-behaviour sanitizer need
 * UBSAN_OPTIONS=abort_on_error=1 for that). The arguments are evaluated once. Not inside a running loop.
 * async_run_seeds(&verify, f, ...): the same without a cancel: one run for each seed. */
#define async_cancel_everywhere(verify, ...) ASYNC_VERIFY_RUNS_(verify, true, __VA_ARGS__, )
#define async_run_seeds(verify, ...) ASYNC_VERIFY_RUNS_(verify, false, __VA_ARGS__, )
#define ASYNC_VERIFY_RUNS_(verify, cancels, name, ...)                                                       \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") async_verify_begin_(verify, cancels, &name##_type ASYNC_SITE_)                                          \
            ? (ASYNC_PUT_((struct name *)async_verify_frame_(), __VA_ARGS__) async_verify_end_())            \
            : false)
bool async_verify_begin_(async_verify *verify, bool cancels, const async_type *type ASYNC_SITE_PARAMETERS_);
void *async_verify_frame_(void);
bool async_verify_end_(void);

ASYNC_EXTERN_C_END_

#endif

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_VERIFY
#ifndef ASYNCIO_VERIFY_IMPLEMENTATION_
#define ASYNCIO_VERIFY_IMPLEMENTATION_

#include <unistd.h>

ASYNC_EXTERN_C_BEGIN_

/* ---- seeded scheduling --------------------------------------------------------------------------------------- */

/* A number below `bound`: splitmix64, so that it is the same everywhere. */
static uint32_t async_random_(async_loop *loop, uint32_t bound)
{
    uint64_t z = (loop->random += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (uint32_t)(((z >> 32) * bound) >> 32);
}

/* Puts the entries of a list in random order behind `last`; gives the new last link. By coin into two lists, each
 * shuffled likewise. */
static async_link *async_shuffle_(async_loop *loop, async_entry_ list, async_link *last)
{
    async_link halves[2], *ends[2];
    uint32_t side;
    if (list == 0 || async_entry_link_(list)->next == 0) {
        last->next = list;
        return list == 0 ? last : async_entry_link_(list);
    }
    ends[0] = &halves[0];
    ends[1] = &halves[1];
    for (; list != 0; list = async_entry_link_(list)->next) {
        side = async_random_(loop, 2);
        ends[side]->next = list;
        ends[side] = async_entry_link_(list);
    }
    ends[0]->next = ends[1]->next = 0;
    return async_shuffle_(loop, halves[1].next, async_shuffle_(loop, halves[0].next, last));
}

/* The pass that is about to be run: callbacks in their order, tasks and sleeps in any, the two mixed evenly. */
void async_verify_pass_(async_loop *loop)
{
    async_link callbacks, others, *ends[2], *last = &loop->pass;
    async_entry_ entry, lists[2];
    uint32_t counts[2] = { 0, 0 };
    unsigned side;
    if (loop->seed == 0)
        return;
    ends[0] = &callbacks;
    ends[1] = &others;
    for (entry = loop->pass.next; entry != 0; entry = async_entry_link_(entry)->next) {
        side = async_entry_kind_(entry) == ASYNC_KIND_HANDLE_ ? 0 : 1;
        ends[side]->next = entry;
        ends[side] = async_entry_link_(entry);
        counts[side]++;
    }
    ends[0]->next = ends[1]->next = 0;
    async_shuffle_(loop, others.next, &others);
    lists[0] = callbacks.next;
    lists[1] = others.next;
    while (counts[0] + counts[1] > 0) {
        side = async_random_(loop, counts[0] + counts[1]) < counts[0] ? 0 : 1;
        counts[side]--;
        entry = lists[side];
        lists[side] = async_entry_link_(entry)->next;
        async_set_prev_(entry, (async_entry_)(void *)last);
        last->next = entry;
        last = async_entry_link_(entry);
    }
    last->next = 0;
}

/* ---- a verification, and where it is -------------------------------------------------------------------------- */

enum { ASYNC_VERIFY_TYPES_ = 256, ASYNC_VERIFY_MOST_ = 10000000 };

/* Behind it lies the main function's frame, with its arguments. */
struct async_verifying_ {
    async_verify *verify;
    const async_type *type;
    async_loop *loop; /* of the run */
    async_task *main, *again;
    async_pool_ *pool;
    uint32_t points, point; /* so far; where to cancel, 0: nowhere */
    bool cancels, cancelled, failed;
    struct async_open_calls_ {
        const async_type *type;
        long count;
    } open[ASYNC_VERIFY_TYPES_];
    async_stack_entry stack[8]; /* of the task that was cancelled */
    size_t depth;
    char text[1000]; /* which run it is, for whoever must say so while the process dies */
#if ASYNCIO_DEBUG
    const char *file;
    int line;
#endif
};

static ASYNC_THREAD_LOCAL_ struct async_verifying_ *async_verifying_;
static ASYNC_THREAD_LOCAL_ uint32_t async_seed_; /* of the newest loop that has one */

static void async_verify_write_(const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t n = write(2, text, length);
        if (n <= 0)
            return;
        text += n;
        length -= (size_t)n;
    }
}

/* Also from a signal handler. */
static void async_verify_say_where_(void)
{
    static volatile sig_atomic_t said;
    char digits[12], *digit = digits + sizeof digits - 1;
    uint32_t seed = async_seed_;
    if (said)
        return;
    if (async_verifying_ != NULL) {
        said = 1;
        async_verify_write_(async_verifying_->text);
    } else if (seed != 0) {
        said = 1;
        for (*digit = '\0'; seed != 0; seed /= 10)
            *--digit = (char)('0' + seed % 10);
        async_verify_write_("asyncio: a loop with seed ");
        async_verify_write_(digit);
        async_verify_write_("\n");
    }
}

static void async_on_death_(int signal_number)
{
    async_verify_say_where_();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

#if ASYNC_ASAN_
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

/* A crash names the seed too. Who has a handler of his own keeps it. */
static void async_verify_catch_deaths_(void)
{
    static const int deaths[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    size_t i;
    for (i = 0; i < sizeof deaths / sizeof *deaths; i++) {
        struct sigaction action;
        if (sigaction(deaths[i], NULL, &action) != 0 || action.sa_handler != SIG_DFL)
            continue;
        ASYNC_MEMSET_(&action, 0, sizeof action);
        sigemptyset(&action.sa_mask);
        action.sa_handler = async_on_death_;
        sigaction(deaths[i], &action, NULL);
    }
#if ASYNC_ASAN_
    __sanitizer_set_death_callback(async_verify_say_where_);
#endif
}

void async_verify_loop_(async_loop *loop)
{
    loop->random = loop->seed;
    async_seed_ = loop->seed;
    if (loop->seed != 0)
        async_verify_catch_deaths_();
}

void async_verify_say_(const async_loop *loop)
{
    if (loop->seed != 0 && async_verifying_ == NULL)
        fprintf(stderr, "asyncio: a loop with seed %lu\n", (unsigned long)loop->seed);
}

/* Adds a line to the text, as far as there is room. */
static void async_verify_add_(struct async_verifying_ *v, const char *text, const char *name, const char *file, int line)
{
    size_t length = strlen(v->text);
    snprintf(v->text + length, sizeof v->text - length, "%s%s (%s:%d)\n", text, name, file, line);
}

static void async_verify_describe_(struct async_verifying_ *v)
{
    snprintf(v->text, sizeof v->text, "asyncio: %s failed: seed %lu, ",
        v->cancels ? "async_cancel_everywhere" : "async_run_seeds", (unsigned long)v->loop->seed);
    async_verify_add_(v, "", v->type->name, v->type->file, v->type->line);
}

/* ---- points and calls ----------------------------------------------------------------------------------------- */

void async_verify_point_(async_loop *loop, async_task *task, bool resumes)
{
    struct async_verifying_ *v = async_verifying_;
    size_t i, length;
    if (v == NULL || v->loop != loop)
        return;
    loop->stack.task = NULL; /* none runs here: what is cancelled does not cancel itself */
    if (v->again == task && !resumes) {
        v->again = NULL;
        async_cancel(task);
    }
    if (task != v->main && !v->verify->every_task && v->cancels)
        return;
    if (++v->points == ASYNC_VERIFY_MOST_)
        ASYNC_PANIC_("a verified run does not come to its end: ten million points");
    if (v->points != v->point)
        return;
    v->cancelled = true;
    v->depth = async_task_get_stack(task, v->stack, sizeof v->stack / sizeof *v->stack);
    length = strlen(v->text);
    snprintf(v->text + length, sizeof v->text - length, "    point %lu: task %s is cancelled where it\n",
        (unsigned long)v->point, async_task_get_name(task));
    for (i = 0; i < v->depth && i < sizeof v->stack / sizeof *v->stack; i++)
        async_verify_add_(v, i != 0 ? "        called by " : !resumes ? "        waits in " :
            task->future.flags & ASYNC_WAITS_ ? "        goes on from " : "        begins in ",
            v->stack[i].name, v->stack[i].file, v->stack[i].line);
    async_cancel(task);
    if (v->verify->again)
        v->again = task;
}

void async_verify_count_(const async_type *type, int change)
{
    struct async_verifying_ *v = async_verifying_;
    size_t i, at;
    if (v == NULL)
        return;
    at = (size_t)((uintptr_t)(const void *)type / sizeof(void *)) % ASYNC_VERIFY_TYPES_;
    for (i = 0; i < ASYNC_VERIFY_TYPES_ && v->open[at].type != type && v->open[at].type != NULL; i++)
        at = (at + 1) % ASYNC_VERIFY_TYPES_;
    if (i < ASYNC_VERIFY_TYPES_) {
        v->open[at].type = type;
        v->open[at].count += change;
    }
}

/* ---- the runs -------------------------------------------------------------------------------------------------- */

bool async_verify_begin_(async_verify *verify, bool cancels, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    struct async_verifying_ *v;
    if (async_running_ != NULL || async_verifying_ != NULL) {
        fprintf(stderr, "asyncio: %s inside a run\n", cancels ? "async_cancel_everywhere" : "async_run_seeds");
        return false;
    }
    v = (struct async_verifying_ *)ASYNCIO_MALLOC(sizeof *v + type->size);
    if (v == NULL) {
        fprintf(stderr, "asyncio: nothing was verified: %s\n", async_strerror(ASYNC_NO_MEMORY));
        return false;
    }
    ASYNC_MEMSET_(v, 0, sizeof *v + type->size);
    v->verify = verify;
    v->type = type;
    v->cancels = cancels;
#if ASYNCIO_DEBUG
    v->file = file;
    v->line = line;
#endif
    verify->runs = verify->cancels = 0;
    ASYNC_MEMSET_(&verify->failed, 0, sizeof verify->failed);
    async_verify_catch_deaths_();
    async_verifying_ = v;
    return true;
}

void *async_verify_frame_(void) { return async_verifying_ + 1; }

/* The first complaint of a run says which run it is. */
static void async_verify_complain_(struct async_verifying_ *v, const char *reason)
{
    if (!v->failed)
        async_verify_write_(v->text);
    v->failed = true;
    async_verify_write_("    ");
    async_verify_write_(reason);
    async_verify_write_("\n");
}

static void async_verify_calls_ended_(struct async_verifying_ *v)
{
    char reason[300];
    size_t i;
    for (i = 0; i < ASYNC_VERIFY_TYPES_; i++)
        if (v->open[i].count != 0) {
            const async_type *type = v->open[i].type;
            snprintf(reason, sizeof reason, "%ld call%s of %s (%s:%d) began and never ended, nor ran the finally part",
                v->open[i].count, v->open[i].count == 1 ? "" : "s", type->name, type->file, type->line);
            async_verify_complain_(v, reason);
        }
}

/* Runs the main function to its end, and the tasks it leaves. The pool stays, to be looked at after the run. */
static async_status async_verify_run_(struct async_verifying_ *v, uint32_t seed)
{
    async_loop_config config;
    async_loop *loop;
    async_status status, rest;
    ASYNC_MEMSET_(&config, 0, sizeof config);
    config.virtual_clock = true;
    config.seed = seed;
    loop = async_new_event_loop_with(&config);
#if ASYNCIO_DEBUG
    if (loop == NULL || !async_create_begin_(loop, v->type, v->file, v->line)) {
#else
    if (loop == NULL || !async_create_begin_(loop, v->type)) {
#endif
        async_loop_close(loop);
        return ASYNC_NO_MEMORY;
    }
    ASYNC_MEMCPY_((async_frame *)async_creating_() + 1, (async_frame *)async_verify_frame_() + 1,
        v->type->size - sizeof(async_frame));
    v->main = async_create_end_();
    v->loop = loop;
    async_verify_describe_(v);
    status = async_loop_run_until_complete(loop, v->main);
    rest = async_loop_cancel_all_tasks(loop);
    if (status == ASYNC_DEADLOCK || rest == ASYNC_DEADLOCK)
        async_verify_complain_(v, "deadlock: it did not come to its end");
    async_verify_calls_ended_(v);
    async_release(v->main);
    v->main = v->again = NULL;
    v->loop = NULL;
    v->pool = loop->pool;
    v->pool->live++;
    async_loop_close(loop);
    return status;
}

static void async_verify_freed_(struct async_verifying_ *v, long allocated)
{
    async_pool_ *pool = v->pool;
    char reason[100];
    v->pool = NULL;
    if (pool != NULL && --pool->live == 0) {
        async_pool_free_(pool);
    } else if (pool != NULL) {
        snprintf(reason, sizeof reason, "tasks that were not released: %lu", (unsigned long)pool->live);
        async_verify_complain_(v, reason);
    }
    if (async_allocated_ != allocated && !v->failed) {
        snprintf(reason, sizeof reason, "allocations of the library, not freed: %ld", async_allocated_ - allocated);
        async_verify_complain_(v, reason);
    }
}

/* False: it failed. */
static bool async_verify_once_(struct async_verifying_ *v, uint32_t seed, uint32_t point)
{
    async_verify *verify = v->verify;
    async_verify_run run;
    long allocated = async_allocated_;
    char reason[100];
    bool well;
    v->text[0] = '\0';
    v->points = 0;
    v->point = point;
    v->cancelled = v->failed = false;
    ASYNC_MEMSET_(v->open, 0, sizeof v->open);
    run.seed = seed;
    run.point = point;
    run.status = ASYNC_OK;
    if (verify->before != NULL)
        verify->before(verify->data, &run);
    run.status = async_verify_run_(v, seed);
    run.point = v->cancelled ? point : 0;
    if (verify->after != NULL)
        well = verify->after(verify->data, &run);
    else
        well = v->failed || run.status == ASYNC_OK || (run.status == ASYNC_CANCELLED && v->cancelled);
    if (!well) {
        snprintf(reason, sizeof reason, "%s; it ended with: %s (%d)",
            verify->after != NULL ? "the check says no" : "it failed", async_strerror(run.status), run.status);
        async_verify_complain_(v, reason);
    }
    async_verify_freed_(v, allocated);
    verify->runs++;
    verify->cancels += v->cancelled;
    if (v->failed)
        verify->failed = run;
    return !v->failed;
}

bool async_verify_end_(void)
{
    struct async_verifying_ *v = async_verifying_;
    async_verify *verify = v->verify;
    uint32_t seed = verify->first_seed != 0 ? verify->first_seed : 1, point;
    uint32_t left = verify->seeds != 0 || v->cancels ? verify->seeds : 1000;
    bool well = true;
    if (verify->seeds == 0 && v->cancels && verify->first_seed == 0)
        seed = 0;
    do {
        point = !v->cancels ? 0 : verify->first_point != 0 ? verify->first_point : 1;
        do
            well = async_verify_once_(v, seed, point++);
        while (well && v->cancelled);
        seed++;
    } while (well && left-- > 1);
    async_verifying_ = NULL;
    ASYNCIO_FREE(v);
    return well;
}

ASYNC_EXTERN_C_END_

#endif
#endif
