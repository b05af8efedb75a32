/* Locks and events. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

struct takes { async_frame frame; async_lock *lock; int name; async_time holds; bool held; };
async(takes)
{
    async_begin;
    await(async_lock_acquire, .lock = self->lock);
    self->held = true;
    CHECK(async_lock_locked(self->lock));
    note("%d+ ", self->name);
    await(async_sleep, .delay = self->holds);
    async_finally;
    if (self->held)
        CHECK_INT(async_lock_release(self->lock), ASYNC_OK);
    note("%d%s ", self->name, word(async_error));
    async_end;
}

struct crowd { async_frame frame; async_lock lock; async_task *tasks[4]; int cancels, i; bool late; async_status status; };
async(crowd)
{
    async_begin;
    async_lock_init(&self->lock);
    CHECK_INT(async_lock_release(&self->lock), ASYNC_MISUSE);
    CHECK(!async_lock_locked(&self->lock));
    for (; self->i < 4; self->i++)
        self->tasks[self->i] = async_create_task(takes, .lock = &self->lock, .name = self->i, .holds = async_ms(2));
    await(async_sleep, .delay = self->late ? async_ms(2) : async_ms(1));
    if (self->cancels != 0)
        async_cancel(self->tasks[self->cancels]);
    for (self->i = 0; self->i < 4; self->i++)
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
    async_finally;
    for (self->i = 0; self->i < 4; self->i++)
        async_release(self->tasks[self->i]);
    if (async_error == ASYNC_OK)
        async_lock_deinit(&self->lock);
    async_end;
}

TEST(lock, first_come_first_served)
{
    CHECK_INT(RUN(crowd), ASYNC_OK);
    CHECK_NOTES("0+ 0ok 1+ 1ok 2+ 2ok 3+ 3ok ");
}

TEST(lock, a_waiter_is_cancelled)
{
    CHECK_INT(RUN(crowd, .cancels = 1), ASYNC_OK);
    CHECK_NOTES("0+ 1cancelled 0ok 2+ 2ok 3+ 3ok ");
    CHECK_INT(RUN(crowd, .cancels = 3), ASYNC_OK);
    CHECK_NOTES("0+ 3cancelled 0ok 1+ 1ok 2+ 2ok ");
}

/* released, and the first in line cancelled before it ran: the next gets it; and nobody overtakes who was woken */
struct hands_over { async_frame frame; bool cancels; async_lock lock; async_task *a, *b; async_status status; };
async(hands_over)
{
    async_begin;
    async_lock_init(&self->lock);
    await(async_lock_acquire, .lock = &self->lock);
    self->a = async_create_task(takes, .lock = &self->lock, .name = 1);
    self->b = async_create_task(takes, .lock = &self->lock, .name = 2);
    await(async_sleep, .delay = 0);
    CHECK_INT(async_lock_release(&self->lock), ASYNC_OK);
    CHECK(!async_lock_locked(&self->lock)); /* not yet taken by the one it was given to */
    if (self->cancels)
        async_cancel(self->a);
    await(async_lock_acquire, .lock = &self->lock);
    note("main+ ");
    async_lock_release(&self->lock);
    await_catch(self->status, async_join, .task = self->a);
    await_catch(self->status, async_join, .task = self->b);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

TEST(lock, handed_over)
{
    CHECK_INT(RUN(hands_over), ASYNC_OK);
    CHECK_NOTES("1+ 1ok 2+ 2ok main+ ");
    CHECK_INT(RUN(hands_over, .cancels = true), ASYNC_OK);
    CHECK_NOTES("1cancelled 2+ 2ok main+ ");
}

/* ---- event ------------------------------------------------------------------------------------------------------- */

struct waits { async_frame frame; async_event *event; int name; };
async(waits)
{
    async_begin;
    await(async_event_wait, .event = self->event);
    async_finally;
    note("%d%s ", self->name, word(async_error));
    async_end;
}
struct sets { async_frame frame; bool clears; int cancels, i; async_event event; async_task *tasks[4]; async_status status; };
async(sets)
{
    async_begin;
    async_event_init(&self->event);
    CHECK(!async_event_is_set(&self->event));
    for (; self->i < 4; self->i++)
        self->tasks[self->i] = async_create_task(waits, .event = &self->event, .name = self->i);
    await(async_sleep, .delay = async_ms(1));
    if (self->cancels == 1)
        async_cancel(self->tasks[1]);
    async_event_set(&self->event);
    async_event_set(&self->event);
    CHECK(async_event_is_set(&self->event));
    if (self->cancels == 2)
        async_cancel(self->tasks[1]);
    if (self->clears)
        async_event_clear(&self->event);
    for (self->i = 0; self->i < 4; self->i++)
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
    CHECK_INT(async_event_is_set(&self->event), !self->clears);
    await_for_catch(async_ms(1), self->status, async_event_wait, .event = &self->event);
    note("%s", word(self->status));
    async_event_deinit(&self->event);
    async_finally;
    for (self->i = 0; self->i < 4; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}

TEST(event, wakes_all_who_wait)
{
    CHECK_INT(RUN(sets), ASYNC_OK);
    CHECK_NOTES("0ok 1ok 2ok 3ok ok");
    CHECK_INT(RUN(sets, .clears = true), ASYNC_OK);
    CHECK_NOTES("0ok 1ok 2ok 3ok timeout");
    CHECK_INT(RUN(sets, .cancels = 1), ASYNC_OK);
    CHECK_NOTES("1cancelled 0ok 2ok 3ok ok");
    CHECK_INT(RUN(sets, .cancels = 2), ASYNC_OK);
    CHECK_NOTES("0ok 1cancelled 2ok 3ok ok");
}

TEST(event, all_zeros_are_a_clear_one)
{
    async_event event;
    memset(&event, 0, sizeof event);
    CHECK(!async_event_is_set(&event));
    async_event_set(&event);
    CHECK(async_event_is_set(&event));
    async_event_deinit(&event);
}
