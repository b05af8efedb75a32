/* Models of lock, semaphore, condition, event and barrier. */
#include "models.h"

/* ---- lock: one holder, in the order of coming, and nobody waits for a free one ------------------------------ */

static async_lock the_lock;
static int holder, line[WORKERS_MOST], line_length;

static void make_lock(void)
{
    async_lock_init(&the_lock);
    holder = -1;
    line_length = 0;
}

static void line_leave(int id)
{
    int i = 0;
    while (line[i] != id)
        i++;
    memmove(&line[i], &line[i + 1], (size_t)(--line_length - i) * sizeof *line);
}

struct uses_lock {
    async_frame frame;
    int id, left, i;
    async_status status;
    bool held;
};

async(uses_lock)
{
    async_begin;
    for (self->left = 1 + chance(5); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        line[line_length++] = self->id;
        hasty[self->id] = chance(4) == 0;
        if (hasty[self->id])
            await_for_catch(async_ms(1) * (1 + chance(3)), self->status, async_lock_acquire, .lock = &the_lock);
        else
            await_catch(self->status, async_lock_acquire, .lock = &the_lock);
        if (self->status == ASYNC_OK)
            for (self->i = 0; line[self->i] != self->id; self->i++)
                MUST(doomed[line[self->i]] || hasty[line[self->i]]);
        line_leave(self->id);
        if (self->status == ASYNC_CANCELLED && refuses()) {
            doomed[self->id] = false;
            continue;
        }
        if (self->status == ASYNC_TIMED_OUT)
            continue;
        if (self->status < 0)
            async_raise(self->status);
        MUST(holder == -1 && async_lock_locked(&the_lock));
        holder = self->id;
        self->held = true;
        await(async_sleep, .delay = pause_());
        MUST(holder == self->id);
        holder = -1;
        self->held = false;
        MUST(async_lock_release(&the_lock) == ASYNC_OK);
        disturb();
    }
    async_finally;
    if (self->held) {
        MUST(holder == self->id);
        holder = -1;
        async_lock_release(&the_lock);
    }
    async_end;
}

static async_task *create_lock(int id) { return async_create_task(uses_lock, .id = id); }
static void quiet_lock(void) { MUST(line_length == 0 && holder == -1); }
static void check_lock(void)
{
    MUST(!async_lock_locked(&the_lock) && the_lock.line.first == NULL);
}

/* ---- semaphore: no more holders than permits, none lost ----------------------------------------------------- */

static async_semaphore permits;
static int permit_count, holders, waiting;

static void make_semaphore(void)
{
    permit_count = 1 + chance(3);
    async_semaphore_init(&permits, (size_t)permit_count);
    holders = waiting = 0;
}

struct uses_permits {
    async_frame frame;
    int id, left;
    async_status status;
    bool held;
};

async(uses_permits)
{
    async_begin;
    for (self->left = 1 + chance(5); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        waiting++;
        if (chance(4) == 0)
            await_for_catch(async_ms(1) * (1 + chance(3)), self->status, async_semaphore_acquire,
                .semaphore = &permits);
        else
            await_catch(self->status, async_semaphore_acquire, .semaphore = &permits);
        waiting--;
        if (self->status == ASYNC_TIMED_OUT || (self->status == ASYNC_CANCELLED && refuses()))
            continue;
        if (self->status < 0)
            async_raise(self->status);
        self->held = true;
        MUST(++holders <= permit_count);
        await(async_sleep, .delay = pause_());
        self->held = false;
        holders--;
        async_semaphore_release(&permits);
        disturb();
    }
    async_finally;
    if (self->held) {
        holders--;
        async_semaphore_release(&permits);
    }
    async_end;
}

static async_task *create_semaphore(int id) { return async_create_task(uses_permits, .id = id); }
static void quiet_semaphore(void) { MUST(waiting == 0 && holders == 0); }
static void check_semaphore(void)
{
    MUST((int)permits.value == permit_count && permits.line.first == NULL);
}

/* ---- condition: who waits has the lock when it ends, and no notification is lost ---------------------------- */

static async_condition changed;
static int tokens;

static void make_condition(void)
{
    async_condition_init(&changed, NULL);
    holder = -1;
    tokens = waiting = 0;
}

static bool token_there(void *data)
{
    (void)data;
    return tokens > 0;
}

struct moves_tokens {
    async_frame frame;
    int id, left, n;
    async_status status;
};

async(moves_tokens)
{
    async_begin;
    for (self->left = 1 + chance(4); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        await_enter(&changed);
        MUST(holder == -1);
        if (chance(2) == 0) {
            holder = self->id;
            if (chance(2) == 0)
                await(async_sleep, .delay = pause_());
            self->n = 1 + chance(2);
            tokens += self->n;
            if (chance(5) == 0)
                async_condition_notify_all(&changed);
            else
                async_condition_notify(&changed, (size_t)self->n);
            disturb();
            if (chance(2) == 0)
                await(async_sleep, .delay = pause_());
        } else {
            self->status = ASYNC_OK;
            waiting++;
            if (chance(3) == 0)
                await_catch(self->status, async_condition_wait_for, .condition = &changed, .predicate = token_there);
            else
                while (tokens == 0 && self->status == ASYNC_OK)
                    await_catch(self->status, async_condition_wait, .condition = &changed);
            waiting--;
            MUST(holder == -1 && async_condition_locked(&changed));
            if (self->status < 0)
                async_raise(self->status);
            MUST(tokens > 0);
            tokens--;
        }
        holder = -1;
        async_exit(&changed);
    }
    async_finally;
    if (holder == self->id)
        holder = -1;
    async_end;
}

static async_task *create_condition(int id) { return async_create_task(moves_tokens, .id = id); }
static void quiet_condition(void) { MUST(!async_condition_locked(&changed) && (tokens == 0 || waiting == 0)); }
static void check_condition(void) { async_condition_deinit(&changed); }

/* ---- event: a set wakes all who waited, also when it is cleared at once ------------------------------------- */

static async_event the_event;
static bool waits[WORKERS_MOST], woken[WORKERS_MOST];

static void make_event(void)
{
    async_event_init(&the_event);
    memset(waits, 0, sizeof waits);
    memset(woken, 0, sizeof woken);
}

struct uses_event {
    async_frame frame;
    int id, left, i;
    async_status status;
};

async(uses_event)
{
    async_begin;
    for (self->left = 1 + chance(6); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        self->i = chance(5);
        if (self->i == 0) {
            async_event_set(&the_event);
            for (self->i = 0; self->i < workers; self->i++)
                woken[self->i] = waits[self->i];
            if (chance(2) == 0)
                async_event_clear(&the_event);
            disturb();
            continue;
        }
        if (self->i == 1) {
            async_event_clear(&the_event);
            continue;
        }
        waits[self->id] = true;
        woken[self->id] = async_event_is_set(&the_event);
        if (chance(4) == 0)
            await_for_catch(async_ms(2), self->status, async_event_wait, .event = &the_event);
        else
            await_catch(self->status, async_event_wait, .event = &the_event);
        waits[self->id] = false;
        MUST(self->status < 0 || woken[self->id]);
        if (self->status == ASYNC_CANCELLED)
            async_raise(self->status);
    }
    async_end;
}

static async_task *create_event(int id) { return async_create_task(uses_event, .id = id); }

static void quiet_event(void)
{
    int i;
    for (i = 0; i < workers; i++)
        MUST(!waits[i] || (!woken[i] && !async_event_is_set(&the_event)));
}

static void check_event(void) { async_event_deinit(&the_event); }

/* ---- barrier: as many as there are parties pass together, each with a number of its own --------------------- */

static async_barrier the_barrier;
static int parties, inside, given[WORKERS_MOST];
static bool disturbed; /* by a cancel or a reset: not all who were to pass did */

static void make_barrier(void)
{
    parties = 1 + chance(4);
    async_barrier_init(&the_barrier, (size_t)parties);
    inside = 0;
    disturbed = false;
    memset(given, 0, sizeof given);
}

struct meets_once {
    async_frame frame;
    size_t number;
};

async(meets_once)
{
    int i;
    async_begin;
    await_into(self->number, async_barrier_wait, .barrier = &the_barrier);
    MUST(self->number < (size_t)parties);
    given[self->number]++;
    disturb();
    for (i = 0; i < parties; i++) /* a round begins only when all have left the one before */
        MUST(disturbed || abs(given[i] - given[self->number]) <= 1);
    async_end;
}

struct meets {
    async_frame frame;
    int left;
    async_status status;
};

async(meets)
{
    async_begin;
    for (self->left = 1 + chance(4); self->left > 0; self->left--) {
        await(async_sleep, .delay = pause_());
        if (chance(12) == 0) {
            disturbed = true;
            await(async_barrier_reset, .barrier = &the_barrier);
            continue;
        }
        inside++;
        await_catch(self->status, meets_once);
        inside--;
        if (self->status < 0)
            disturbed = true;
        if (self->status < 0 && self->status != ASYNC_BROKEN_BARRIER)
            async_raise(self->status);
    }
    async_end;
}

static async_task *create_barrier(int id)
{
    (void)id;
    return async_create_task(meets);
}

static void quiet_barrier(void)
{
    MUST(inside == (int)async_barrier_n_waiting(&the_barrier) && inside < parties);
    MUST(!async_condition_locked(&the_barrier.condition));
}

static void check_barrier(void)
{
    MUST(async_barrier_n_waiting(&the_barrier) == 0);
    async_barrier_deinit(&the_barrier);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    MODEL(lock);
    MODEL(semaphore);
    MODEL(condition);
    MODEL(event);
    MODEL(barrier);
    return failed;
}
