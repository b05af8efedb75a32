/* Cancel-everywhere over what begins calls in its own way: shielded calls, gathered calls, groups with a policy and a
 * limit, eager tasks, contexts; and the same under a thousand seeds without a cancel. */
#include "everywhere.h"

enum { BOOM = ASYNC_USER_ERROR(1) };

/* ---- shielded calls: what is inside sees no cancel of its task, and is done to its end ------------------------ */

static int begun, done;

static void make_counts(void) { begun = done = 0; }
static void check_counts(void) { MUST(begun == done); }

struct fails_soon {
    async_frame frame;
};

async(fails_soon)
{
    async_begin;
    await(async_sleep, .delay = async_ms(2));
    async_raise(BOOM);
    async_end;
}

struct group_inside {
    async_frame frame;
    async_task_group group;
    async_status status;
};

/* Its own group may ask it to end: then because of its child. */
async(group_inside)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, fails_soon);
    async_task_group_create_task(&self->group, child, .delay = async_ms(9));
    await_catch(self->status, async_sleep, .delay = async_ms(5));
    MUST(self->status == ASYNC_OK || async_task_group_failures(&self->group) == 1);
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

struct cleans_up {
    async_frame frame;
    async_status status;
    async_timeout timeout;
    int deeper;
    int result;
};

async(cleans_up)
{
    async_begin;
    begun++;
    await_catch(self->status, async_sleep, .delay = async_ms(1));
    MUST(self->status == ASYNC_OK);
    await_for_catch(async_ms(2), self->status, async_sleep, .delay = async_ms(9));
    MUST(self->status == ASYNC_TIMED_OUT);
    async_timeout_enter(&self->timeout, async_ms(1));
    await_catch(self->status, async_sleep, .delay = async_ms(9));
    self->status = async_timeout_exit(&self->timeout, self->status);
    MUST(self->status == ASYNC_TIMED_OUT);
    await_catch(self->status, group_inside);
    MUST(self->status == BOOM || self->status == ASYNC_OK); /* OK: its child was cancelled */
    if (self->deeper > 0) {
        await_shielded_into(self->deeper, cleans_up, .deeper = self->deeper - 1);
        MUST(self->deeper == 7);
        await_catch(self->status, async_sleep);
        MUST(self->status == ASYNC_OK);
    }
    done++;
    async_return(7);
    async_end;
}

/* A deadline passes in the shielded call: it is told after it. */
struct shields_and_waits {
    async_frame frame;
    int got;
};

async(shields_and_waits)
{
    async_begin;
    await_shielded_into(self->got, cleans_up);
    MUST(self->got == 7);
    await(async_sleep, .delay = async_ms(50));
    async_end;
}

struct shielded {
    async_frame frame;
    int got;
    async_status status;
};

async(shielded)
{
    async_begin;
    await_shielded_into(self->got, cleans_up, .deeper = 2);
    MUST(self->got == 7);
    await_for_catch(async_ms(3), self->status, shields_and_waits);
    MUST(self->status == ASYNC_TIMED_OUT || self->status == ASYNC_CANCELLED);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_finally;
    await_shielded(cleans_up, .deeper = 1);
    async_end;
}

/* Only what is shielded: then it is counted. */
struct shielded_only {
    async_frame frame;
    int got;
};

async(shielded_only)
{
    async_begin;
    await_shielded_into(self->got, cleans_up, .deeper = 2);
    MUST(self->got == 7);
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    await_shielded(cleans_up, .deeper = 1);
    async_end;
}

struct joins_shielded {
    async_frame frame;
    async_task_group group;
};

async(joins_shielded)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, shielded_only);
    async_task_group_create_task(&self->group, shielded_only);
    async_end;
}

/* ---- gathered calls -------------------------------------------------------------------------------------------- */

struct gathers {
    async_frame frame;
    int a, b, c;
    async_status status;
};

async(gathers)
{
    async_begin;
    await_gather(async_call_into(self->a, child, .delay = async_ms(1)), async_call(async_sleep, .delay = async_ms(2)),
        async_call_into(self->b, child), async_call_into(self->c, child, .delay = async_ms(3)));
    MUST(self->a == 42 && self->b == 42 && self->c == 42);
    self->a = self->b = 1;
    await_gather_catch(self->status, async_call_into(self->a, child, .delay = async_ms(1), .fails = BOOM),
        async_call_into(self->b, child, .delay = async_ms(3)));
    MUST(self->status == BOOM || self->status == ASYNC_CANCELLED);
    MUST(self->a == 1 && self->b == 1);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_finally;
    await_gather_catch(self->status, async_call(child), async_call(child, .delay = async_ms(1)));
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

/* ---- groups with a policy and a limit ------------------------------------------------------------------------------ */

static int now, most, ended;

static void make_limit(void) { now = most = ended = 0; }
static void check_limit(void) { MUST(now == 0 && most <= 2); }

struct leaves {
    async_frame frame;
};

async(leaves)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    now--;
    ended++;
    async_end;
}

/* Its end is shielded: cut short it would leave the count too high. */
struct counted {
    async_frame frame;
    async_time delay;
    async_status fails;
    async_task_group *more;
};

async(counted)
{
    async_begin;
    if (++now > most)
        most = now;
    if (self->more != NULL)
        async_task_group_create_task(self->more, counted, .delay = async_ms(1));
    await(async_sleep, .delay = self->delay);
    if (self->fails < 0)
        async_raise(self->fails);
    async_finally;
    await_shielded(leaves);
    async_end;
}

struct limited {
    async_frame frame;
    async_group_policy policy;
    int i;
    bool eager;
    async_task_group group;
};

async(limited)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), self->eager);
    async_task_group_enter(&self->group, .policy = self->policy, .limit = 2);
    for (self->i = 0; self->i < 5; self->i++)
        async_task_group_create_task(&self->group, counted, .delay = async_ms(self->i % 3),
            .fails = self->i == 2 ? BOOM : ASYNC_OK, .more = self->i == 1 ? &self->group : NULL);
    await(async_sleep, .delay = async_ms(2));
    async_end;
}

struct limits {
    async_frame frame;
    int policy;
    bool eager;
    async_status status;
};

async(limits)
{
    async_begin;
    for (self->policy = 0; self->policy < 3; self->policy++) {
        await_catch(self->status, limited, .policy = (async_group_policy)self->policy, .eager = self->eager);
        MUST(now == 0); /* nobody outlives the group */
        MUST(self->status == ASYNC_OK || self->status == BOOM || self->status == ASYNC_CANCELLED);
        MUST(self->policy != ASYNC_IGNORE_FAILURES || self->status != BOOM);
        if (self->status == ASYNC_CANCELLED)
            async_raise(self->status);
    }
    async_end;
}

struct eager_limits {
    async_frame frame;
};

async(eager_limits)
{
    async_begin;
    await(limits, .eager = true);
    async_end;
}

/* ---- eager tasks --------------------------------------------------------------------------------------------------- */

struct tree {
    async_frame frame;
    int depth;
    async_task_group group;
    async_task *task;
    int result;
};

async(tree)
{
    async_begin;
    if (self->depth > 0) {
        async_task_group_enter(&self->group);
        async_task_group_create_task(&self->group, tree, .depth = self->depth - 1);
        async_task_group_create_task(&self->group, child, .delay = async_ms(self->depth));
    }
    if (self->depth == 1)
        await(async_sleep);
    async_return(self->depth);
    async_end;
}

struct eager {
    async_frame frame;
    struct several {
        async_task *tasks[3];
    } several;
    int a, b;
    async_status ignored;
    int i;
};

async(eager)
{
    async_begin;
    async_loop_set_eager(async_get_running_loop(), true);
    self->several.tasks[0] = async_create_task(tree, .depth = 2);
    self->several.tasks[1] = async_create_task(tree);
    self->several.tasks[2] = async_create_task(child, .delay = async_ms(1));
    MUST(async_task_done(self->several.tasks[1]) || async_task_cancelling(self->several.tasks[1]) > 0);
    await_gather(async_call_into(self->a, tree, .depth = 1), async_call_into(self->b, tree));
    MUST(self->a == 1 && self->b == 0);
    await(async_gather, .tasks = self->several.tasks, .count = 3);
    async_finally;
    for (self->i = 0; self->i < 3; self->i++)
        while (!async_task_done(self->several.tasks[self->i]))
            await_catch(self->ignored, async_join, .task = self->several.tasks[self->i]);
    for (self->i = 0; self->i < 3; self->i++)
        async_release(self->several.tasks[self->i]);
    async_end;
}

/* ---- contexts ------------------------------------------------------------------------------------------------------- */

static char values[4];
static async_context_var variable = { "variable", &values[0] };

struct inherits {
    async_frame frame;
    void *expected;
};

async(inherits)
{
    async_begin;
    MUST(async_context_var_get(&variable) == self->expected);
    MUST(async_context_var_set(&variable, &values[3], NULL) == ASYNC_OK);
    await(child, .delay = async_ms(1));
    MUST(async_context_var_get(&variable) == &values[3]);
    async_finally;
    MUST(async_context_var_get(&variable) == &values[3]);
    async_end;
}

struct contexts {
    async_frame frame;
    async_token token;
};

async(contexts)
{
    async_begin;
    MUST(async_context_var_get(&variable) == &values[0]);
    MUST(async_context_var_set(&variable, &values[1], &self->token) == ASYNC_OK);
    await_gather(async_call(inherits, .expected = &values[1]), async_call(inherits, .expected = &values[1]));
    MUST(async_context_var_get(&variable) == &values[1]);
    MUST(async_context_var_reset(&variable, &self->token) == ASYNC_OK);
    await_gather(async_call(inherits, .expected = &values[0]));
    async_end;
}

/* ---- under many seeds -------------------------------------------------------------------------------------------------- */

#define SEEDS(name, make, check)                                                                            \
    do {                                                                                                    \
        async_verify seeds_ = { 0 };                                                                        \
        bool well_;                                                                                         \
        seeds_.before = before_run;                                                                         \
        seeds_.after = after_run;                                                                           \
        seeds_.seeds = 1000;                                                                                \
        make_world = make;                                                                                  \
        check_world = check;                                                                                \
        well_ = async_run_seeds(&seeds_, name);                                                             \
        printf("%s seeds.%s: %lu runs\n", well_ ? "ok" : "FAIL", #name, (unsigned long)seeds_.runs);        \
        failed += !well_;                                                                                   \
    } while (0)

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    PROGRAM(shielded, make_counts, check_counts);
    PROGRAM(shielded_only, make_counts, check_counts);
    PROGRAM(joins_shielded, make_counts, check_counts);
    PROGRAM(gathers, NULL, NULL);
    PROGRAM(limits, make_limit, check_limit);
    PROGRAM(eager_limits, make_limit, check_limit);
    PROGRAM(eager, NULL, NULL);
    PROGRAM(contexts, NULL, NULL);
    SEEDS(joins_shielded, make_counts, check_counts);
    SEEDS(limits, make_limit, check_limit);
    SEEDS(eager_limits, make_limit, check_limit);
    SEEDS(eager, NULL, NULL);
    print_covered();
    return failed;
}
