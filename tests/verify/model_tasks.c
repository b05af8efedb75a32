/* A model of what waits for several tasks, or ends them: what each says must be true of the tasks, and none
 * outlives its round. */
#include "models.h"

enum { CHILDREN_MOST = 4 };

static int live[WORKERS_MOST], waiting;

struct child {
    async_frame frame;
    int owner;
    async_time delay;
    async_status ends, ignored;
    bool slow;
};

async(child)
{
    async_begin;
    live[self->owner]++;
    await(async_sleep, .delay = self->delay);
    if (self->ends < 0)
        async_raise(self->ends);
    async_finally;
    disturb();
    if (self->slow)
        await_catch(self->ignored, async_sleep, .delay = pause_());
    live[self->owner]--;
    async_end;
}

static async_status some_end(void)
{
    static const async_status ends[] = {ASYNC_OK, ASYNC_OK, ASYNC_OK, ASYNC_USER_ERROR(1), ASYNC_USER_ERROR(2),
        ASYNC_CANCELLED};
    return ends[chance(6)];
}

struct round {
    async_frame frame;
    int id, i, count;
    async_task *tasks[CHILDREN_MOST];
    async_status statuses[CHILDREN_MOST], status;
    size_t result;
    int how;
};

static int count_done(struct round *self)
{
    int i, done = 0;
    for (i = 0; i < self->count; i++)
        done += async_task_done(self->tasks[i]);
    return done;
}

/* Does one of the tasks that are done have this status? */
static bool one_ended(struct round *self, async_status status)
{
    int i;
    for (i = 0; i < self->count; i++)
        if (async_task_done(self->tasks[i]) && async_task_exception(self->tasks[i]) == status)
            return true;
    return false;
}

static void check_gather(struct round *self, bool all)
{
    int i;
    if (self->status == ASYNC_OK) {
        MUST(count_done(self) == self->count);
        for (i = 0; i < self->count; i++)
            MUST(async_task_exception(self->tasks[i]) == (all ? self->statuses[i] : ASYNC_OK));
    } else {
        MUST(doomed[self->id] || (!all && one_ended(self, self->status)));
    }
}

static void check_wait(struct round *self)
{
    int done = count_done(self);
    if (self->status < 0) {
        MUST(self->status == ASYNC_CANCELLED && doomed[self->id]);
        return;
    }
    MUST(done > 0 && (int)self->result == done);
    if (self->how == ASYNC_ALL_COMPLETED)
        MUST(done == self->count);
    if (self->how == ASYNC_FIRST_EXCEPTION)
        MUST(done == self->count || one_ended(self, ASYNC_USER_ERROR(1)) || one_ended(self, ASYNC_USER_ERROR(2)));
}

struct waits_for_some {
    async_frame frame;
    struct round *round;
    size_t result;
};

async(waits_for_some)
{
    async_begin;
    await_into(self->result, async_wait, .tasks = self->round->tasks, .count = (size_t)self->round->count,
        .return_when = self->round->how);
    self->round->result = self->result;
    async_end;
}

struct races {
    async_frame frame;
    struct round *round;
    size_t winner;
};

async(races)
{
    async_begin;
    await_into(self->winner, async_race, .tasks = self->round->tasks, .count = (size_t)self->round->count);
    MUST((int)self->winner < self->round->count);
    async_finally;
    MUST(count_done(self->round) == self->round->count);
    async_end;
}

struct cancels_first {
    async_frame frame;
    struct round *round;
    async_status how;
};

async(cancels_first)
{
    async_begin;
    await_into(self->how, async_cancel_and_wait, .task = self->round->tasks[0]);
    MUST(async_task_done(self->round->tasks[0]) && self->how == async_task_exception(self->round->tasks[0]));
    async_end;
}

async(round)
{
    async_begin;
    self->count = 1 + chance(CHILDREN_MOST);
    for (self->i = 0; self->i < self->count; self->i++)
        self->tasks[self->i] = async_create_task(child, .owner = self->id, .delay = pause_(), .ends = some_end(),
            .slow = chance(2) == 0);
    self->how = chance(8);
    if (self->how < 3) {
        await_catch(self->status, waits_for_some, .round = self);
        check_wait(self);
    } else if (self->how == 3) {
        await_catch(self->status, async_gather, .tasks = self->tasks, .count = (size_t)self->count);
        check_gather(self, false);
    } else if (self->how == 4) {
        await_catch(self->status, async_gather, .tasks = self->tasks, .count = (size_t)self->count,
            .return_exceptions = true, .statuses = self->statuses);
        check_gather(self, true);
    } else if (self->how == 5) {
        await_catch(self->status, races, .round = self);
        MUST(self->status != ASYNC_CANCELLED || doomed[self->id] || one_ended(self, ASYNC_CANCELLED));
    } else if (self->how == 6) {
        await_catch(self->status, async_shield, .task = self->tasks[0]);
        MUST(doomed[self->id] || (async_task_done(self->tasks[0]) && one_ended(self, self->status)));
        await_catch(self->status, async_wait_for, .task = self->tasks[self->count - 1], .timeout = pause_());
        MUST(doomed[self->id] || async_task_done(self->tasks[self->count - 1]));
    } else {
        await_catch(self->status, cancels_first, .round = self);
        MUST(self->status == ASYNC_OK || doomed[self->id]);
    }
    async_finally;
    for (self->i = 0; self->i < self->count; self->i++) {
        if (chance(3) == 0)
            async_cancel(self->tasks[self->i]);
        while (!async_task_done(self->tasks[self->i]))
            await_catch(self->status, async_join, .task = self->tasks[self->i]);
        (void)async_task_exception(self->tasks[self->i]);
        async_release(self->tasks[self->i]);
    }
    async_end;
}

/* The same in a group: what it fails with is a failure of a child's, and no child is left. */
struct grouped {
    async_frame frame;
    async_task_group group;
    int id, i;
    async_time delay;
};

async(grouped)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 1 + chance(CHILDREN_MOST); self->i > 0; self->i--) {
        async_task_group_create_task(&self->group, child, .owner = self->id, .delay = pause_(), .ends = some_end(),
            .slow = chance(2) == 0);
        if (chance(3) == 0)
            await(async_sleep, .delay = pause_());
    }
    if (chance(2) == 0)
        await(async_task_group_join, .group = &self->group);
    if (chance(4) == 0)
        async_raise(ASYNC_USER_ERROR(5));
    async_finally;
    MUST(live[self->id] == 0);
    if (async_task_group_failures(&self->group) > 0)
        MUST(async_error < 0 && (async_error == ASYNC_USER_ERROR(5)
            || async_error == async_task_group_failure(&self->group, 0)));
    else
        MUST(async_error == ASYNC_OK || async_error == ASYNC_USER_ERROR(5) || doomed[self->id]);
    async_end;
}

struct works {
    async_frame frame;
    int id, left;
    async_status status;
};

async(works)
{
    async_begin;
    for (self->left = 1 + chance(4); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        waiting++;
        if (chance(2) == 0)
            await_catch(self->status, round, .id = self->id);
        else
            await_catch(self->status, grouped, .id = self->id);
        waiting--;
        MUST(live[self->id] == 0);
        if (self->status == ASYNC_CANCELLED && doomed[self->id] && !refuses())
            async_raise(self->status);
    }
    async_end;
}

static void make_tasks(void)
{
    memset(live, 0, sizeof live);
    waiting = 0;
}

static async_task *create_tasks(int id) { return async_create_task(works, .id = id); }
static void quiet_tasks(void) { MUST(waiting == 0); }

static void check_tasks(void)
{
    int i;
    for (i = 0; i < WORKERS_MOST; i++)
        MUST(live[i] == 0);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    MODEL(tasks);
    return failed;
}
