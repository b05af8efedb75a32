/* Locks, semaphores and queues under cancels in the worst moment: cases of CPython 3.13's test_locks.py and
 * test_queues.py, as scripts, with what CPython prints for each. In a script
 *
 *     a, b, ...    a new task that acquires the lock or a permit, or gets an item; tells when it has, or is cancelled
 *     A, B, ...    one that puts the item A, B, ...
 *     !a           cancels it
 *     .            lets the others run for a pass
 *     - +x         releases, or gets at once; puts x at once
 *     =            tells whether it is locked, or how many items there are
 */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { LOCK, SEM, QUEUE };

static async_lock lock;
static async_semaphore semaphore;
static async_queue queue;

struct taker { async_frame frame; int kind; char name, item; };
async(taker)
{
    async_begin;
    if (self->kind == LOCK)
        await(async_lock_acquire, .lock = &lock);
    else if (self->kind == SEM)
        await(async_semaphore_acquire, .semaphore = &semaphore);
    else if (self->name < 'a')
        await(async_queue_put, .queue = &queue, .item = &self->name);
    else
        await(async_queue_get, .queue = &queue, .item = &self->item);
    if (self->item != 0)
        note("%c:%c ", self->name, self->item);
    else
        note("%c ", self->name);
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        note("!%c ", self->name);
    async_end;
}

static void release(int kind)
{
    char item;
    if (kind == QUEUE) {
        if (async_queue_get_nowait(&queue, &item) == ASYNC_OK)
            note("-%c ", item);
        else
            note("-empty ");
    } else if ((kind == LOCK ? async_lock_release(&lock) : async_semaphore_release(&semaphore)) < 0) {
        note("-free ");
    }
}

static int state(int kind)
{
    if (kind == QUEUE)
        return (int)async_queue_qsize(&queue);
    return kind == LOCK ? async_lock_locked(&lock) : async_semaphore_locked(&semaphore);
}

struct script { async_frame frame; int kind; const char *at; async_task *tasks[128]; int i; };
async(script)
{
    async_begin;
    for (; *self->at != '\0'; self->at++) {
        if (*self->at == '.')
            await(async_sleep, .delay = 0);
        else if (*self->at == '!')
            async_cancel(self->tasks[(int)*++self->at]);
        else if (*self->at == '-')
            release(self->kind);
        else if (*self->at == '+')
            note(async_queue_put_nowait(&queue, ++self->at) == ASYNC_QUEUE_FULL ? "+full " : "");
        else if (*self->at == '=')
            note("=%d ", state(self->kind));
        else
            self->tasks[(int)*self->at] = async_create_task(taker, .kind = self->kind, .name = *self->at);
    }
    note("| ");
    for (self->i = 0; self->i < 128; self->i++)
        async_cancel(self->tasks[self->i]);
    for (self->i = 0; self->i < 4; self->i++)
        await(async_sleep, .delay = 0);
    async_finally;
    for (self->i = 0; self->i < 128; self->i++)
        async_release(self->tasks[self->i]);
    async_end;
}

TEST(handover, as_cpython)
{
    static const struct { int kind; size_t size; const char *script, *notes; } cases[] = {
        { LOCK, 1, "a.bc.=-.=..d-.-.=",
            "a =1 b =1 c d =1 | " }, /* test_acquire, test_lock */
        { LOCK, 1, "a.b.!b.=-=",
            "a !b =1 =0 | " }, /* test_acquire_cancel */
        { LOCK, 1, "a.b.c.-!b.=.=",
            "a !b =0 c =1 | " }, /* test_cancel_race */
        { LOCK, 1, "a.b.c.!b-.=.=",
            "a !b =0 c =1 | " }, /* test_cancel_race, the other way round */
        { LOCK, 1, "a.bcd.!b-..=-.=",
            "a !b c =1 d =1 | " }, /* test_cancel_release_race */
        { LOCK, 1, "a.b.c!b-.=.",
            "a c !b =1 | " }, /* test_finished_waiter_cancelled */
        { LOCK, 1, "-=a.-=-",
            "-free =0 a =0 -free | " }, /* test_release_not_acquired, test_release_no_waiters */
        { SEM, 1, "a.bc.=d--=.=-.",
            "a =1 =1 b c =1 d | " }, /* test_acquire */
        { SEM, 1, "a.b.!b.=-=",
            "a !b =1 =0 | " }, /* test_acquire_cancel */
        { SEM, 0, "abcd.!a!b-..=",
            "!a !b c =1 | !d " }, /* test_acquire_cancel_before_awoken */
        { SEM, 0, "ab.!a-..=",
            "!a b =1 | " }, /* test_acquire_hang */
        { SEM, 0, "abc.!a.--..=",
            "!a b c =1 | " }, /* test_acquire_fifo_order_3 */
        { SEM, 0, "abc.---=d..=",
            "=1 a b c =1 | !d " }, /* test_acquire_fifo_order_4, and a newcomer */
        { QUEUE, 0, "ab.!a.+x..",
            "!a b:x | " }, /* test_get_cancelled_race */
        { QUEUE, 1, "AB..-..-=",
            "A -A B -B =0 | " }, /* test_get_with_waiting_putters */
        { QUEUE, 0, "a.+1+2!a..b..-",
            "!a b:1 -2 | " }, /* test_get_cancel_drop_one_pending_reader */
        { QUEUE, 0, "abc.+1+2!a....=",
            "!a b:1 c:2 =0 | " }, /* test_get_cancel_drop_many_pending_readers */
        { QUEUE, 1, "+1A.-!A..B..-=",
            "-1 !A B -B =0 | " }, /* test_put_cancel_drop */
        { QUEUE, 1, "+1+2-=",
            "+full -1 =0 | " }, /* test_nonblocking_put_exception */
        { QUEUE, 0, "-+1-=",
            "-empty -1 =0 | " }, /* test_nonblocking_get_exception */
        { QUEUE, 0, "A.a..=",
            "A a:A =0 | " }, /* test_put_cancelled */
        { QUEUE, 1, "ABC.!C.-.-=",
            "A !C -A B -B =0 | " }, /* test_put_cancelled_race */
        { QUEUE, 0, "a.A..=",
            "A a:A =0 | " }, /* test_put_with_waiting_getters */
        { QUEUE, 2, "ABCD..=--..=--",
            "A B =2 -A -B C D =2 -C -D | " }, /* test_why_are_putters_waiting */
        { QUEUE, 1, "+1A.!A.=-.=",
            "!A =1 -1 =0 | " }, /* test_cancelled_puts_not_being_held_in_self_putters */
        { QUEUE, 1, "+1A.-!A..=",
            "-1 !A =0 | " }, /* test_cancelled_put_silence_value_error_exception */
    };
    size_t i;
    long live = counted_live;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        async_lock_init(&lock);
        async_semaphore_init(&semaphore, cases[i].size);
        async_queue_init(&queue, 1, cases[i].size);
        CHECK_INT(RUN(script, .kind = cases[i].kind, .at = cases[i].script), ASYNC_OK);
        TEST_EXPECT_(strcmp(diary, cases[i].notes) == 0, "%s: %s, not %s", cases[i].script, diary, cases[i].notes);
        diary[0] = '\0';
        CHECK(lock.line.first == NULL && semaphore.line.first == NULL);
        CHECK(queue.getters.first == NULL && queue.putters.first == NULL);
        async_queue_deinit(&queue);
    }
    CHECK_INT(counted_live, live);
}

/* ---- the semaphore's order --------------------------------------------------------------------------------------- */

struct twice { async_frame frame; int name, round; };
async(twice)
{
    async_begin;
    for (self->round = 1; self->round <= 2; self->round++) {
        await(async_semaphore_acquire, .semaphore = &semaphore);
        note("%d_%d ", self->name, self->round);
        await(async_sleep, .delay = async_ms(10));
        async_semaphore_release(&semaphore);
    }
    async_end;
}
struct in_turn { async_frame frame; async_task_group group; };
async(in_turn)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, twice, .name = 1);
    async_task_group_create_task(&self->group, twice, .name = 2);
    async_task_group_create_task(&self->group, twice, .name = 3);
    async_end;
}

TEST(handover, nobody_comes_twice_before_another) /* test_acquire_fifo_order */
{
    async_semaphore_init(&semaphore, 1);
    CHECK_INT(RUN(in_turn), ASYNC_OK);
    CHECK_NOTES("1_1 2_1 3_1 1_2 2_2 3_2 ");
}

/* Who leaves cancels the one whom he has just let in. */
struct second { async_frame frame; };
async(second)
{
    async_begin;
    await_enter(&semaphore);
    note("entered ");
    async_end;
}
struct first { async_frame frame; async_task **other; };
async(first)
{
    async_begin;
    await_enter(&semaphore);
    await(async_sleep, .delay = 0);
    async_exit(&semaphore);
    async_cancel(*self->other);
    async_end;
}
struct no_hang { async_frame frame; async_task *a, *b; async_status status; };
async(no_hang)
{
    async_begin;
    self->a = async_create_task(first, .other = &self->b);
    self->b = async_create_task(second);
    await_catch(self->status, async_join, .task = self->a);
    note("%s ", word(self->status));
    await_catch(self->status, async_join, .task = self->b);
    note("%s ", word(self->status));
    await_for_catch(async_seconds(1), self->status, async_semaphore_acquire, .semaphore = &semaphore);
    note("%s", word(self->status));
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

TEST(handover, a_cancelled_waiter_gives_its_permit_back) /* test_acquire_no_hang */
{
    async_semaphore_init(&semaphore, 1);
    CHECK_INT(RUN(no_hang), ASYNC_OK);
    CHECK_NOTES("ok cancelled ok");
}
