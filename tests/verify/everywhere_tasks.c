/* Cancel-everywhere over what waits for tasks and futures. */
#include "everywhere.h"

/* ---- sleep, join -------------------------------------------------------------------------------------------- */

struct join {
    async_frame frame;
    async_task *task;
    int result;
};

async(join)
{
    async_begin;
    self->task = async_create_task(child, .delay = async_ms(2));
    await(async_join, .task = self->task);
    self->result = async_result(self->task, child);
    MUST(self->result == 42);
    async_finally;
    async_release(self->task);
    async_end;
}

/* ---- futures ------------------------------------------------------------------------------------------------ */

static async_future future;
static int value;

static void make_future(void) { async_future_init(&future); }

static void check_future(void)
{
    MUST(async_future_done(&future) || future.callbacks == 0);
    async_future_deinit(&future);
}

struct waits_for_future {
    async_frame frame;
    void *got;
};

async(waits_for_future)
{
    async_begin;
    await_into(self->got, async_future_wait, .future = &future);
    MUST(self->got == &value);
    async_end;
}

struct sets_future {
    async_frame frame;
};

async(sets_future)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    async_future_set_result(&future, &value);
    async_end;
}

struct future_wait {
    async_frame frame;
    async_task_group group;
};

async(future_wait)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, waits_for_future);
    async_task_group_create_task(&self->group, sets_future);
    async_task_group_create_task(&self->group, waits_for_future);
    await(async_sleep, .delay = async_ms(100));
    async_future_set_result(&future, &value);
    await(async_task_group_join, .group = &self->group);
    async_end;
}

/* ---- several at once: gather, wait, race, as_completed ------------------------------------------------------ */

struct several {
    async_task *tasks[3];
};

static void create_several(struct several *several, async_status fails)
{
    int i;
    for (i = 0; i < 3; i++)
        several->tasks[i] = async_create_task(child, .delay = async_ms(1) * (async_time)(i + 1),
            .fails = i == 1 ? fails : ASYNC_OK);
}

/* What is left of them: no child outlives its parent. */
struct end_several {
    async_frame frame;
    struct several *several;
    int i;
    async_status ignored;
};

async(end_several)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++)
        while (!async_task_done(self->several->tasks[self->i]))
            await_catch(self->ignored, async_join, .task = self->several->tasks[self->i]);
    for (self->i = 0; self->i < 3; self->i++) {
        (void)async_task_exception(self->several->tasks[self->i]);
        async_release(self->several->tasks[self->i]);
    }
    async_end;
}

struct gather {
    async_frame frame;
    struct several several;
    async_status statuses[3], status;
};

async(gather)
{
    async_begin;
    create_several(&self->several, ASYNC_USER_ERROR(1));
    await_catch(self->status, async_gather, .tasks = self->several.tasks, .count = 3);
    MUST(self->status == ASYNC_USER_ERROR(1) || self->status == ASYNC_CANCELLED);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    await(async_gather, .tasks = self->several.tasks, .count = 3, .return_exceptions = true,
        .statuses = self->statuses);
    MUST(self->statuses[1] < 0);
    async_finally;
    await(end_several, .several = &self->several);
    async_end;
}

struct wait {
    async_frame frame;
    struct several several;
    size_t n;
};

async(wait)
{
    async_begin;
    create_several(&self->several, ASYNC_OK);
    await_into(self->n, async_wait, .tasks = self->several.tasks, .count = 3, .return_when = ASYNC_FIRST_COMPLETED);
    MUST(self->n >= 1);
    await_into(self->n, async_wait, .tasks = self->several.tasks, .count = 3, .timeout = async_ms(1));
    await_into(self->n, async_wait, .tasks = self->several.tasks, .count = 3);
    MUST(self->n == 3);
    async_finally;
    await(end_several, .several = &self->several);
    async_end;
}

struct race {
    async_frame frame;
    struct several several;
    size_t winner;
    int i;
};

async(race)
{
    async_begin;
    create_several(&self->several, ASYNC_OK);
    await_into(self->winner, async_race, .tasks = self->several.tasks, .count = 3);
    for (self->i = 0; self->i < 3; self->i++)
        MUST(async_task_done(self->several.tasks[self->i]));
    MUST(self->winner < 3);
    async_finally;
    await(end_several, .several = &self->several);
    async_end;
}

struct as_completed {
    async_frame frame;
    struct several several;
    async_as_completed iterator;
    async_task *next;
    int i;
    async_status status;
};

async(as_completed)
{
    async_begin;
    create_several(&self->several, ASYNC_OK);
    if (async_as_completed_init(&self->iterator, self->several.tasks, 3, async_ms(3)) < 0)
        async_raise(ASYNC_NO_MEMORY);
    for (self->i = 0; self->i < 3; self->i++) {
        await_catch(self->status, async_as_completed_next, .iterator = &self->iterator);
        if (self->status == ASYNC_CANCELLED)
            async_raise(self->status);
    }
    async_finally;
    async_as_completed_deinit(&self->iterator);
    await(end_several, .several = &self->several);
    async_end;
}

/* ---- one: cancel_and_wait, wait_for, shield ----------------------------------------------------------------- */

struct one {
    async_frame frame;
    async_task *task;
    async_status status;
};

async(one)
{
    async_begin;
    self->task = async_create_task(child, .delay = async_ms(5));
    await(async_sleep, .delay = async_ms(1));
    await_into(self->status, async_cancel_and_wait, .task = self->task);
    MUST(self->status == ASYNC_CANCELLED);
    async_release(self->task);
    self->task = async_create_task(child, .delay = async_ms(5));
    await_catch(self->status, async_wait_for, .task = self->task, .timeout = async_ms(2));
    MUST(self->status == ASYNC_TIMED_OUT || self->status == ASYNC_CANCELLED);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_release(self->task);
    self->task = async_create_task(child, .delay = async_ms(2));
    await(async_wait_for, .task = self->task, .timeout = async_ms(50));
    async_release(self->task);
    self->task = async_create_task(child, .delay = async_ms(5));
    await_catch(self->status, async_wait_for, .task = self->task, .timeout = 0);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_finally;
    async_release(self->task);
    async_end;
}

struct shield {
    async_frame frame;
    async_task *task;
    async_status status;
};

async(shield)
{
    async_begin;
    self->task = async_create_task(child, .delay = async_ms(3));
    await_catch(self->status, async_shield, .task = self->task);
    while (!async_task_done(self->task))
        await_catch(self->status, async_join, .task = self->task);
    if (async_task_cancelled(self->task))
        async_raise(ASYNC_CANCELLED);
    async_finally;
    async_release(self->task);
    async_end;
}

/* ---- groups: left by return, joined by name, with a child that fails ---------------------------------------- */

struct inner {
    async_frame frame;
    async_task_group group;
};

async(inner)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, child, .delay = async_ms(1));
    async_task_group_create_task(&self->group, child, .delay = async_ms(2), .fails = ASYNC_USER_ERROR(3));
    async_task_group_create_task(&self->group, child, .delay = async_ms(9));
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

struct group {
    async_frame frame;
    async_task_group group;
    async_status status;
};

async(group)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, child, .delay = async_ms(1));
    async_task_group_create_task(&self->group, child, .delay = async_ms(2));
    await(async_task_group_join, .group = &self->group);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, child, .delay = async_ms(4));
    await_catch(self->status, inner);
    MUST(self->status == ASYNC_USER_ERROR(3) || self->status == ASYNC_CANCELLED || self->status == ASYNC_OK);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_finally;
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

/* ---- deadlines and generators ------------------------------------------------------------------------------- */

struct deadlines {
    async_frame frame;
    async_timeout timeout;
    async_status status;
    int result;
};

async(deadlines)
{
    async_begin;
    await_for_into(async_ms(9), self->result, child, .delay = async_ms(1));
    MUST(self->result == 42);
    await_for_catch(async_ms(1), self->status, child, .delay = async_ms(9));
    MUST(self->status == ASYNC_TIMED_OUT || self->status == ASYNC_CANCELLED);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_timeout_enter(&self->timeout, async_ms(2));
    await_catch(self->status, child, .delay = async_ms(9));
    self->status = async_timeout_exit(&self->timeout, self->status);
    MUST(self->status == ASYNC_TIMED_OUT || self->status == ASYNC_CANCELLED);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_end;
}

static int open_generators;

struct counter {
    async_frame frame;
    int up_to, result, i;
};

async(counter)
{
    async_begin;
    open_generators++;
    for (self->i = 0; self->i < self->up_to; self->i++) {
        await(async_sleep, .delay = async_ms(1));
        async_yield(self->i);
    }
    async_finally;
    open_generators--;
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

struct generators {
    async_frame frame;
    struct counter counter;
};

async(generators)
{
    async_begin;
    async_generator_open(&self->counter, counter, .up_to = 5);
    async_for (&self->counter) {
        await(async_sleep, .delay = async_ms(1));
        if (self->counter.result == 2)
            break;
    }
    async_finally;
    await_close(&self->counter);
    async_end;
}

static void check_generators(void) { MUST(open_generators == 0); }

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    PROGRAM(join, NULL, NULL);
    PROGRAM(future_wait, make_future, check_future);
    PROGRAM(gather, NULL, NULL);
    PROGRAM(wait, NULL, NULL);
    PROGRAM(race, NULL, NULL);
    PROGRAM(as_completed, NULL, NULL);
    PROGRAM(one, NULL, NULL);
    PROGRAM(shield, NULL, NULL);
    PROGRAM(group, NULL, NULL);
    PROGRAM(deadlines, NULL, NULL);
    PROGRAM(generators, NULL, check_generators);
    print_covered();
    return failed;
}
