/* Cancel-everywhere over locks, conditions, barriers, events and queues: no permit and no item is lost. */
#include "everywhere.h"

/* ---- lock --------------------------------------------------------------------------------------------------- */

static async_lock the_lock;
static int holders;

static void make_lock(void)
{
    async_lock_init(&the_lock);
    holders = 0;
}

static void check_lock(void)
{
    MUST(holders == 0 && !async_lock_locked(&the_lock) && the_lock.line.first == NULL);
}

struct locks {
    async_frame frame;
    bool held;
};

async(locks)
{
    async_begin;
    await(async_lock_acquire, .lock = &the_lock);
    self->held = true;
    MUST(++holders == 1);
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    if (self->held) {
        holders--;
        async_lock_release(&the_lock);
    }
    async_end;
}

struct enters {
    async_frame frame;
};

async(enters)
{
    async_begin;
    await_enter(&the_lock);
    MUST(holders == 0);
    await(async_sleep, .delay = async_ms(1));
    MUST(holders == 0);
    async_end;
}

struct lock {
    async_frame frame;
    async_task_group group;
    int i;
};

async(lock)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < 2; self->i++) {
        async_task_group_create_task(&self->group, locks);
        async_task_group_create_task(&self->group, enters);
    }
    await(locks);
    await(async_task_group_join, .group = &self->group);
    async_end;
}

/* ---- semaphore ---------------------------------------------------------------------------------------------- */

static async_semaphore permits;

static void make_semaphore(void)
{
    async_bounded_semaphore_init(&permits, 2);
    holders = 0;
}

static void check_semaphore(void)
{
    int i;
    MUST(holders == 0 && permits.line.first == NULL);
    for (i = 0; i < 2; i++) { /* both permits are back: a bounded one takes no third */
        MUST(!async_semaphore_locked(&permits));
        permits.value--;
    }
    MUST(async_semaphore_locked(&permits));
}

struct takes_permit {
    async_frame frame;
    bool held;
};

async(takes_permit)
{
    async_begin;
    await(async_semaphore_acquire, .semaphore = &permits);
    self->held = true;
    MUST(++holders <= 2);
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    if (self->held) {
        holders--;
        MUST(async_semaphore_release(&permits) == ASYNC_OK);
    }
    async_end;
}

struct semaphore {
    async_frame frame;
    async_task_group group;
    int i;
};

async(semaphore)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < 5; self->i++)
        async_task_group_create_task(&self->group, takes_permit);
    await(takes_permit);
    await(async_task_group_join, .group = &self->group);
    async_end;
}

/* ---- condition ---------------------------------------------------------------------------------------------- */

static async_condition tokens_changed;
static int tokens, taken, added;

static void make_condition(void)
{
    async_condition_init(&tokens_changed, NULL);
    tokens = taken = added = 0;
}

static void check_condition(void)
{
    MUST(tokens + taken == added);
    async_condition_deinit(&tokens_changed); /* panics if it is locked or somebody waits */
}

static bool token_there(void *data)
{
    (void)data;
    return tokens > 0;
}

struct takes_token {
    async_frame frame;
    bool with_predicate;
    async_status status;
};

async(takes_token)
{
    async_begin;
    await_enter(&tokens_changed);
    if (self->with_predicate) {
        await(async_condition_wait_for, .condition = &tokens_changed, .predicate = token_there);
    } else {
        while (tokens == 0) {
            await_catch(self->status, async_condition_wait, .condition = &tokens_changed);
            MUST(async_condition_locked(&tokens_changed));
            if (self->status < 0)
                async_raise(self->status);
        }
    }
    MUST(tokens > 0);
    tokens--;
    taken++;
    async_end;
}

struct adds_tokens {
    async_frame frame;
    int count, i;
    bool held;
};

async(adds_tokens)
{
    async_begin;
    for (self->i = 0; self->i < self->count; self->i++) {
        await(async_sleep, .delay = async_ms(1));
        await(async_condition_acquire, .condition = &tokens_changed);
        self->held = true;
        tokens++;
        added++;
        async_condition_notify(&tokens_changed, 1);
        await(async_sleep, .delay = async_ms(2));
        self->held = false;
        async_condition_release(&tokens_changed);
    }
    async_finally;
    if (self->held)
        async_condition_release(&tokens_changed);
    async_end;
}

struct condition {
    async_frame frame;
    async_task_group group;
    int i;
};

async(condition)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < 4; self->i++)
        async_task_group_create_task(&self->group, takes_token, .with_predicate = self->i % 2 == 0);
    async_task_group_create_task(&self->group, adds_tokens, .count = 2);
    await(adds_tokens, .count = 2);
    await(async_sleep, .delay = async_ms(50));
    await(adds_tokens, .count = 4); /* for tasks whose tokens were not added, as that one was cancelled */
    await(async_task_group_join, .group = &self->group);
    async_end;
}

/* ---- barrier ------------------------------------------------------------------------------------------------ */

static async_barrier the_barrier;

static void make_barrier(void) { async_barrier_init(&the_barrier, 3); }

static void check_barrier(void)
{
    MUST(async_barrier_n_waiting(&the_barrier) == 0);
    async_barrier_deinit(&the_barrier);
}

struct meets {
    async_frame frame;
    size_t i;
    async_status status;
    int round;
};

async(meets)
{
    async_begin;
    for (self->round = 0; self->round < 2; self->round++) {
        await_into(self->i, async_barrier_wait, .barrier = &the_barrier);
        MUST(self->i < 3);
    }
    async_end;
}

struct comes_again {
    async_frame frame;
    async_status status;
};

async(comes_again)
{
    async_begin;
    await_catch(self->status, meets);
    if (self->status == ASYNC_BROKEN_BARRIER)
        await_catch(self->status, meets);
    if (self->status != ASYNC_BROKEN_BARRIER && self->status < 0)
        async_raise(self->status);
    async_end;
}

/* Holds the barrier's own lock for a while, so that everything else has to wait for that. */
struct holds_barrier {
    async_frame frame;
};

async(holds_barrier)
{
    async_begin;
    await_enter(&the_barrier.condition);
    await(async_sleep, .delay = async_ms(1));
    async_end;
}

struct barrier {
    async_frame frame;
    async_task_group group;
    int i;
};

async(barrier)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < 4; self->i++)
        async_task_group_create_task(&self->group, comes_again);
    await(async_sleep, .delay = async_ms(5));
    async_task_group_create_task(&self->group, holds_barrier);
    await(async_sleep, .delay = 0);
    await(async_barrier_reset, .barrier = &the_barrier);
    await(async_sleep, .delay = async_ms(5));
    async_task_group_create_task(&self->group, holds_barrier);
    await(async_sleep, .delay = 0);
    await(async_barrier_abort, .barrier = &the_barrier);
    await(async_task_group_join, .group = &self->group);
    async_end;
}

/* ---- event -------------------------------------------------------------------------------------------------- */

static async_event the_event;

static void make_event(void) { async_event_init(&the_event); }
static void check_event(void) { async_event_deinit(&the_event); }

struct waits_for_event {
    async_frame frame;
};

async(waits_for_event)
{
    async_begin;
    await(async_event_wait, .event = &the_event);
    async_end;
}

struct event {
    async_frame frame;
    async_task_group group;
    async_status status;
    int i;
};

async(event)
{
    async_begin;
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < 3; self->i++)
        async_task_group_create_task(&self->group, waits_for_event);
    await_for_catch(async_ms(1), self->status, async_event_wait, .event = &the_event);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_event_set(&the_event);
    async_event_clear(&the_event); /* all who waited go on all the same */
    await(async_task_group_join, .group = &self->group);
    async_end;
}

/* ---- queues ------------------------------------------------------------------------------------------------- */

static async_queue items;
static int put, got, sum_put, sum_got;

static void make_queue(void)
{
    async_queue_init(&items, sizeof(int), 2);
    put = got = sum_put = sum_got = 0;
}

static void check_queue(void)
{
    int item;
    while (async_queue_get_nowait(&items, &item) == ASYNC_OK) {
        got++;
        sum_got += item;
    }
    MUST(got == put && sum_got == sum_put);
    async_queue_deinit(&items);
}

struct puts_items {
    async_frame frame;
    int first, i, item;
    async_status status;
};

async(puts_items)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        self->item = self->first << self->i;
        await_catch(self->status, async_queue_put, .queue = &items, .item = &self->item);
        if (self->status == ASYNC_QUEUE_SHUT_DOWN)
            break;
        if (self->status < 0)
            async_raise(self->status);
        put++;
        sum_put += self->item;
    }
    async_end;
}

struct gets_items {
    async_frame frame;
    int item;
    async_status status;
};

async(gets_items)
{
    async_begin;
    for (;;) {
        await_catch(self->status, async_queue_get, .queue = &items, .item = &self->item);
        if (self->status == ASYNC_QUEUE_SHUT_DOWN)
            break;
        if (self->status < 0)
            async_raise(self->status);
        got++;
        sum_got += self->item;
        await(async_sleep, .delay = async_ms(1));
        async_queue_task_done(&items);
    }
    async_end;
}

struct queue {
    async_frame frame;
    async_task_group group;
    async_status status;
};

async(queue)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, gets_items);
    async_task_group_create_task(&self->group, puts_items, .first = 1);
    async_task_group_create_task(&self->group, puts_items, .first = 1000);
    async_task_group_create_task(&self->group, gets_items);
    await(async_sleep, .delay = 0);
    await_for_catch(async_ms(50), self->status, async_queue_join, .queue = &items);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    await(async_sleep, .delay = async_ms(1));
    async_queue_shutdown(&items, false);
    await(async_task_group_join, .group = &self->group);
    async_end;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    PROGRAM(lock, make_lock, check_lock);
    PROGRAM(semaphore, make_semaphore, check_semaphore);
    PROGRAM(condition, make_condition, check_condition);
    PROGRAM(barrier, make_barrier, check_barrier);
    PROGRAM(event, make_event, check_event);
    PROGRAM(queue, make_queue, check_queue);
    print_covered();
    return failed;
}
