/* Scopes: however a function leaves, what it entered is exited, newest first, exactly once. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { LOCK, TIMEOUT, GROUP, KINDS };
enum { FALL_OFF, BREAK, RETURN, RAISE, FAILED_AWAIT, FAILED_AT_ONCE, CANCEL, EXPIRE, WAYS };

static async_lock locks[3];
static int children;

/* A child of the group that was entered as number `index`: when it ends, what was entered later was exited already,
 * and what was entered before was not. */
struct child { async_frame frame; int index; const int *kinds; };
async(child)
{
    int i;
    async_begin;
    children++;
    await(async_sleep, .delay = async_ms(10 * (3 - self->index))); /* the newest group is left first */
    async_finally;
    await(async_sleep, .delay = 0);
    for (i = 0; i < 3; i++)
        if (self->kinds[i] == LOCK)
            CHECK_INT(async_lock_locked(&locks[i]), i < self->index);
    children--;
    async_end;
}

struct fails { async_frame frame; bool suspends; };
async(fails)
{
    async_begin;
    if (self->suspends)
        await(async_sleep, .delay = 0);
    async_raise(BOOM);
    async_end;
}

struct object { async_timeout timeout; async_task_group group; };
struct scoped { async_frame frame; const int *kinds; int how; bool late; int i; struct object objects[3]; };

/* one await each, so that they may stand in one line */
#define ENTER(n)                                                                                    \
    if (self->kinds[n] == LOCK) {                                                                   \
        await_enter(&locks[n]);                                                                     \
    } else if (self->kinds[n] == TIMEOUT) {                                                         \
        async_timeout_enter(&self->objects[n].timeout, self->how == EXPIRE ? async_ms(5) : async_seconds(1)); \
    } else {                                                                                        \
        async_task_group_enter(&self->objects[n].group);                                            \
        async_task_group_create_task(&self->objects[n].group, child, .index = n, .kinds = self->kinds); \
    }

async(scoped)
{
    async_begin;
    if (self->late)
        async_return();
    ENTER(0)
    ENTER(1)
    ENTER(2)
    for (self->i = 0; self->i < 3; self->i++)
        await(async_sleep, .delay = 0);
    if (self->how == BREAK)
        break;
    if (self->how == RETURN)
        async_return();
    if (self->how == RAISE)
        async_raise(BOOM);
    if (self->how == FAILED_AWAIT)
        await(fails, .suspends = true);
    if (self->how == FAILED_AT_ONCE)
        await(fails);
    if (self->how == CANCEL || self->how == EXPIRE)
        await(async_sleep, .delay = ASYNC_FOREVER);
    async_finally;
    for (self->i = 0; self->i < 3; self->i++)
        CHECK(!async_lock_locked(&locks[self->i]));
    CHECK_INT(children, 0);
    if (!self->late)
        break;
    ENTER(0)
    ENTER(1)
    ENTER(2)
    for (self->i = 0; self->i < 3; self->i++)
        await(async_sleep, .delay = 0);
    if (self->how == BREAK)
        break;
    if (self->how == RETURN)
        async_return();
    if (self->how == RAISE)
        async_raise(BOOM);
    if (self->how == FAILED_AWAIT)
        await(fails, .suspends = true);
    if (self->how == FAILED_AT_ONCE)
        await(fails);
    if (self->how == CANCEL || self->how == EXPIRE)
        await(async_sleep, .delay = ASYNC_FOREVER);
    async_end;
}

/* the same below other frames, so that the frame stack ends anywhere; or in the frame of its caller */
struct below { async_frame frame; const int *kinds; int how; bool late; int depth; };
async(below)
{
    async_begin;
    if (self->depth > 0)
        await(below, .kinds = self->kinds, .how = self->how, .late = self->late, .depth = self->depth - 1);
    else
        await(scoped, .kinds = self->kinds, .how = self->how, .late = self->late);
    async_end;
}

struct in_place { async_frame frame; const int *kinds; int how; bool late; struct scoped kept; };
async(in_place)
{
    async_begin;
    await_at(&self->kept, scoped, .kinds = self->kinds, .how = self->how, .late = self->late);
    async_end;
}

static async_task *start(const int *kinds, int how, bool late, int place)
{
    if (place == 0)
        return async_create_task(scoped, .kinds = kinds, .how = how, .late = late);
    if (place == 1)
        return async_create_task(in_place, .kinds = kinds, .how = how, .late = late);
    return async_create_task(below, .kinds = kinds, .how = how, .late = late, .depth = place - 2);
}

static async_status expected(int how)
{
    switch (how) {
    case RAISE: case FAILED_AWAIT: case FAILED_AT_ONCE: return BOOM;
    case CANCEL: return ASYNC_CANCELLED;
    case EXPIRE: return ASYNC_TIMED_OUT;
    default: return ASYNC_OK;
    }
}

struct leaves { async_frame frame; int combination, how, late, place, places, kinds[3]; async_task *task; async_status status; };
async(leaves)
{
    int i, n;
    async_begin;
    for (self->combination = 0; self->combination < KINDS * KINDS * KINDS; self->combination++) {
        for (i = 0, n = self->combination; i < 3; i++, n /= KINDS) {
            self->kinds[i] = n % KINDS;
            async_lock_init(&locks[i]);
        }
        for (self->how = 0; self->how < WAYS; self->how++) {
            if (self->how == EXPIRE && self->kinds[0] != TIMEOUT && self->kinds[1] != TIMEOUT && self->kinds[2] != TIMEOUT)
                continue;
            for (self->late = 0; self->late < 2; self->late++) {
                self->task = start(self->kinds, self->how, self->late, self->place);
                await(async_sleep, .delay = async_ms(1));
                if (self->how == CANCEL)
                    async_cancel(self->task);
                await_catch(self->status, async_join, .task = self->task);
                async_release(self->task);
                self->task = NULL;
                if (self->status == ASYNC_NO_MEMORY)
                    async_raise(ASYNC_NO_MEMORY);
                TEST_EXPECT_(self->status == expected(self->how), "kinds %d%d%d way %d late %d place %d: %s, not %s",
                    self->kinds[0], self->kinds[1], self->kinds[2], self->how, self->late, self->place,
                    word(self->status), self->status == 0 ? "0" : "another");
                CHECK_INT(children, 0);
                for (i = 0; i < 3; i++)
                    async_lock_deinit(&locks[i]);
                for (i = 0; i < 3; i++)
                    async_lock_init(&locks[i]);
                await(async_sleep, .delay = async_seconds(2)); /* nothing comes later */
                self->place = self->place + 1 < self->places ? self->place + 1 : 0;
            }
        }
    }
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(scope, every_kind_every_way_in_a_task)
{
    long live = counted_live;
    children = 0;
    CHECK_INT(RUN(leaves, .places = 1), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

TEST(scope, every_kind_every_way_in_other_places)
{
    int places;
    long live = counted_live;
    children = 0;
    for (places = 2; places < 37; places += 5)
        CHECK_INT(RUN(leaves, .places = places, .place = places - 1), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* ---- exits by name -------------------------------------------------------------------------------------------- */

static async_lock many[300];

static void many_init(void)
{
    int i;
    for (i = 0; i < 300; i++)
        async_lock_init(&many[i]);
}

static int many_held(void)
{
    int i, held = 0;
    for (i = 0; i < 300; i++)
        held += async_lock_locked(&many[i]);
    return held;
}

struct permutes { async_frame frame; const char *order; int i, left; };
async(permutes)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++)
        await_enter(&many[self->i]);
    for (self->i = 0; self->i < 4 - self->left; self->i++) {
        int n;
        n = self->order[self->i] - '0';
        CHECK_INT(async_exit(&many[n]), ASYNC_OK);
        CHECK(!async_lock_locked(&many[n]));
        CHECK_INT(async_exit(&many[n]), ASYNC_MISUSE);
        CHECK_INT(many_held(), 3 - self->i);
    }
    async_end;
}
struct all_orders { async_frame frame; int n, left; char order[8]; async_status status; };
async(all_orders)
{
    int i, d;
    async_begin;
    for (self->n = 0; self->n < 256; self->n++) {
        for (i = 0, d = self->n; i < 4; i++, d /= 4)
            self->order[i] = (char)('0' + d % 4);
        if (strchr(self->order, '0') == NULL || strchr(self->order, '1') == NULL || strchr(self->order, '2') == NULL
            || strchr(self->order, '3') == NULL)
            continue;
        for (self->left = 0; self->left < 4; self->left++) {
            await(permutes, .order = self->order, .left = self->left);
            CHECK_INT(many_held(), 0);
        }
    }
    async_end;
}

TEST(scope, exits_in_any_order)
{
    many_init();
    CHECK_INT(RUN(all_orders), ASYNC_OK);
}

struct hand_over_hand { async_frame frame; int i; bool suspends; };
async(hand_over_hand)
{
    async_begin;
    await_enter(&many[0]);
    for (self->i = 1; self->i < 300; self->i++) {
        await_enter(&many[self->i]);
        CHECK_INT(async_exit(&many[self->i - 1]), ASYNC_OK);
        CHECK_INT(many_held(), 1);
        if (self->suspends)
            await(async_sleep, .delay = 0);
    }
    async_end;
}

TEST(scope, hand_over_hand)
{
    long live = counted_live;
    many_init();
    CHECK_INT(RUN(hand_over_hand), ASYNC_OK);
    CHECK_INT(RUN(hand_over_hand, .suspends = true), ASYNC_OK);
    CHECK_INT(many_held(), 0);
    CHECK_INT(counted_live, live);
}

struct opens_many { async_frame frame; int i, odd; async_status status; };
async(opens_many)
{
    async_begin;
    for (self->i = 0; self->i < 300; self->i++) {
        await_enter(&many[self->i]);
        if (self->i % 7 == 0)
            await(async_sleep, .delay = 0);
    }
    CHECK_INT(many_held(), 300);
    for (self->i = self->odd; self->i < 300; self->i += 3)
        CHECK_INT(async_exit(&many[self->i]), ASYNC_OK);
    CHECK_INT(many_held(), 200);
    await_catch(self->status, fails, .suspends = true);
    if (self->odd != 0)
        await(fails, .suspends = self->odd == 2);
    async_finally;
    CHECK_INT(many_held(), 0);
    async_end;
}

TEST(scope, hundreds_in_one_frame)
{
    long live = counted_live;
    many_init();
    CHECK_INT(RUN(opens_many), ASYNC_OK);
    CHECK_INT(RUN(opens_many, .odd = 1), BOOM);
    CHECK_INT(RUN(opens_many, .odd = 2), BOOM);
    CHECK_INT(counted_live, live);
}

struct quick { async_frame frame; int *count; };
async(quick)
{
    async_begin;
    await(async_sleep, .delay = 0);
    ++*self->count;
    async_end;
}
struct loops { async_frame frame; int i, count; async_timeout timeout; async_task_group group; async_status status; long calls; };
async(loops)
{
    async_begin;
    for (self->i = 0; self->i < (TEST_MANY > 3000 ? 3000 : TEST_MANY); self->i++) {
        async_timeout_enter(&self->timeout, async_ms(1));
        await_enter(&many[1]);
        async_task_group_enter(&self->group);
        async_task_group_create_task(&self->group, quick, .count = &self->count);
        async_task_group_create_task(&self->group, quick, .count = &self->count);
        await(async_task_group_join, .group = &self->group);
        CHECK_INT(self->count, 2 * (self->i + 1));
        CHECK_INT(async_exit(&many[1]), ASYNC_OK);
        CHECK_INT(async_timeout_exit(&self->timeout, ASYNC_OK), ASYNC_OK);
        if (self->i == 30)
            self->calls = counted_calls;
    }
    if (ASYNCIO_POOL) /* otherwise each task is a block */
        CHECK_INT(counted_calls, self->calls);
    async_end;
}

TEST(scope, entered_again_and_again_without_growing)
{
    many_init();
    CHECK_INT(RUN(loops), ASYNC_OK);
}

struct catches_timeout { async_frame frame; async_timeout timeout; async_status status; };
async(catches_timeout)
{
    async_begin;
    async_timeout_enter(&self->timeout, async_ms(5));
    await_catch(self->status, async_sleep, .delay = async_seconds(1));
    CHECK_INT(self->status, ASYNC_CANCELLED);
    CHECK(async_timeout_expired(&self->timeout));
    CHECK_INT(async_timeout_exit(&self->timeout, self->status), ASYNC_TIMED_OUT);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    await(async_sleep, .delay = async_ms(1));
    CHECK_INT(async_timeout_exit(&self->timeout, BANG), BANG); /* not entered any more */
    async_end;
}

TEST(scope, a_timeout_exited_by_name)
{
    CHECK_INT(RUN(catches_timeout), ASYNC_OK);
}

/* ---- await_enter and cancellation ------------------------------------------------------------------------------ */

struct enters { async_frame frame; async_lock *lock; const char *name; };
async(enters)
{
    async_begin;
    await_enter(self->lock);
    note("%s+ ", self->name);
    await(async_sleep, .delay = async_ms(1));
    async_finally;
    note("%s:%s ", self->name, word(async_error));
    async_end;
}
struct cancels_entering { async_frame frame; async_lock lock; async_task *a, *b; async_status status; };
async(cancels_entering)
{
    async_begin;
    async_lock_init(&self->lock);
    /* while it waits */
    await(async_lock_acquire, .lock = &self->lock);
    self->a = async_create_task(enters, .lock = &self->lock, .name = "a");
    self->b = async_create_task(enters, .lock = &self->lock, .name = "b");
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->a);
    async_lock_release(&self->lock);
    await_catch(self->status, async_join, .task = self->a);
    await_catch(self->status, async_join, .task = self->b);
    async_release(self->a);
    async_release(self->b);
    self->a = self->b = NULL;
    note("| ");
    /* when it was given the lock, and did not run yet */
    await(async_lock_acquire, .lock = &self->lock);
    self->a = async_create_task(enters, .lock = &self->lock, .name = "a");
    self->b = async_create_task(enters, .lock = &self->lock, .name = "b");
    await(async_sleep, .delay = async_ms(1));
    async_lock_release(&self->lock);
    async_cancel(self->a);
    await_catch(self->status, async_join, .task = self->a);
    await_catch(self->status, async_join, .task = self->b);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    if (async_error == ASYNC_OK)
        async_lock_deinit(&self->lock);
    async_end;
}

TEST(scope, entering_is_cancelled)
{
    CHECK_INT(RUN(cancels_entering), ASYNC_OK);
    CHECK_NOTES("a:cancelled b+ b:ok | a:cancelled b+ b:ok ");
}

/* Leaving waits for a group; cancelled meanwhile, it cancels the children and still waits. */
struct slow { async_frame frame; };
async(slow)
{
    async_begin;
    await(async_sleep, .delay = async_seconds(1));
    async_finally;
    await(async_sleep, .delay = async_ms(5));
    note("child %s ", word(async_error));
    async_end;
}
struct waits_at_exit { async_frame frame; async_task_group group; };
async(waits_at_exit)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, slow);
    async_task_group_create_task(&self->group, slow);
    async_finally;
    note("left %s ", word(async_error));
    async_end;
}
struct cancels_exit { async_frame frame; async_task *task; async_status status; };
async(cancels_exit)
{
    async_begin;
    self->task = async_create_task(waits_at_exit);
    await(async_sleep, .delay = async_ms(1));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    note("%s", word(self->status));
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(scope, cancelled_while_it_leaves)
{
    CHECK_INT(RUN(cancels_exit), ASYNC_OK);
    CHECK_NOTES("child cancelled child cancelled left cancelled cancelled");
}
