/* Everything that can be entered, nested in every order, and left in every way: in the body, in the finally part, and in
 * both. Whatever the nest, each scope is exited once, newest first, before the finally part runs, with the right status. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { LOCK, SEMAPHORE, BOUNDED, CONDITION, SHARED, TIMEOUT, TIMEOUT_AT, GROUP, GENERATOR, KINDS, PROBE = KINDS };

enum {
    FALL_OFF, BREAK, BREAK_LOOP, RETURN, BY_NAME, /* left well */
    RAISE, FAILED_AWAIT, FAILED_AT_ONCE,          /* with BOOM */
    CANCEL, CANCEL_SELF, CANCEL_ENTERING, CANCEL_TWICE,
    CANCEL_LEAVING, /* a nest with a group: while it waits for its children */
    CHILD_FAILS,    /* the newest group's, with BANG */
    EXPIRE, EXPIRE_INNER, /* a nest with timeouts: the first, the last */
    WAYS
};

enum { MOST = 7 }; /* three kinds, with probes between and around */

/* ---- a scope of the test's own: exactly when it is exited, all newer ones are, and no older one ---------------- */

typedef struct probe {
    const async_enterable_ *enterable;
    struct nest *nest;
    int index;
    bool entered;
} probe;

/* A generator: taken from once, and closed in the finally part, or, opened in that, by the caller. */
struct ticks { async_frame frame; int index; char *closed; int result; };
async(ticks)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_yield(1);
    async_yield(2);
    async_finally;
    self->closed[strlen(self->closed)] = (char)('0' + self->index);
    await(async_sleep, .delay = 0);
    async_end;
}

typedef struct nest {
    int count, how, kinds[MOST];
    bool waiters; /* somebody waits for each lock, and tells when he gets it */
    int children, cancelled, exits;
    char order[2 * MOST], closed[2 * MOST];
    async_task *waiting[MOST];
    struct object {
        async_lock lock;
        async_semaphore semaphore;
        async_condition condition;
        async_timeout timeout;
        async_task_group group;
        struct ticks generator;
        probe mark;
    } objects[MOST];
} nest;

static void tell(char *order, int index)
{
    order[strlen(order)] = (char)('0' + index);
}

static bool entered(nest *n, int i)
{
    struct object *o = &n->objects[i];
    switch (n->kinds[i]) {
    case LOCK: return async_lock_locked(&o->lock);
    case SEMAPHORE:
    case BOUNDED: return async_semaphore_locked(&o->semaphore);
    case CONDITION:
    case SHARED: return async_condition_locked(&o->condition);
    case TIMEOUT:
    case TIMEOUT_AT: return o->timeout.state == ASYNC_TIMEOUT_ACTIVE_ || o->timeout.state == ASYNC_TIMEOUT_EXPIRING_;
    case GROUP: return o->group.entered;
    case PROBE: return o->mark.entered;
    default: return false;
    }
}

static bool ordered(const nest *n)
{
    return n->how != BY_NAME && n->how != CHILD_FAILS;
}

/* Number `index` is being exited. */
static void check_around(nest *n, int index)
{
    int i;
    if (ordered(n))
        for (i = 0; i < n->count; i++)
            if (i != index && n->kinds[i] != GENERATOR)
                TEST_EXPECT_(entered(n, i) == (i < index), "way %d: when %d is exited, %d is%s entered", n->how, index, i,
                    i < index ? " not" : "");
}

struct probe_acquire { async_leaf leaf; void *object; };
static async_step probe_acquire_resume(async_stack *stack, void *frame)
{
    (void)stack;
    ((probe *)((struct probe_acquire *)frame)->object)->entered = true;
    return async_leaf_return(ASYNC_OK);
}
async_leaf_define_static(probe_acquire, async_leaf_cancel);

static int probe_exit(async_stack *stack, async_frame *frame, void *object, int status)
{
    probe *mark = (probe *)object;
    (void)stack;
    (void)frame;
    CHECK(mark->entered);
    mark->entered = false;
    mark->nest->exits++;
    tell(mark->nest->order, mark->index);
    check_around(mark->nest, mark->index);
    return status;
}

static const async_enterable_ probe_enterable = { &probe_acquire_type, probe_exit };

/* ---- those who look on ------------------------------------------------------------------------------------------ */

struct child { async_frame frame; nest *nest; int index; bool fails; };
async(child)
{
    async_begin;
    self->nest->children++;
    if (self->fails) {
        await(async_sleep, .delay = async_ms(1));
        async_raise(BANG);
    }
    await(async_sleep, .delay = async_ms(10 * (MOST - self->index))); /* the newest group is left first */
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        self->nest->cancelled++;
    await(async_sleep, .delay = 0);
    tell(self->nest->order, self->index);
    check_around(self->nest, self->index);
    self->nest->children--;
    async_end;
}

struct waiter { async_frame frame; nest *nest; int index; };
async(waiter)
{
    struct object *o = &self->nest->objects[self->index];
    async_begin;
    if (self->nest->kinds[self->index] == LOCK)
        await_enter(&o->lock);
    else if (self->nest->kinds[self->index] == SEMAPHORE || self->nest->kinds[self->index] == BOUNDED)
        await_enter(&o->semaphore);
    else
        await_enter(&o->condition);
    tell(self->nest->order, self->index);
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

static struct canceller { async_timer_handle timer; async_task *task; int times; } canceller;

static void cancels(async_handle *handle)
{
    struct canceller *c = (struct canceller *)handle->data;
    async_cancel(c->task);
    if (--c->times > 0)
        async_call_soon(&c->timer.handle, cancels, c);
}

/* False without memory. */
static bool cancel_me(int times)
{
    canceller.task = async_current_task();
    canceller.times = times;
    return async_call_later(async_ms(5), &canceller.timer, cancels, &canceller) == ASYNC_OK;
}

static async_lock held; /* by the driver */

/* ---- the function under test ------------------------------------------------------------------------------------ */

struct scoped { async_frame frame; nest *early, *late; int i; };

static bool first_timeout(const nest *n, int index)
{
    int i;
    for (i = 0; i < index; i++)
        if (n->kinds[i] == TIMEOUT || n->kinds[i] == TIMEOUT_AT)
            return false;
    return true;
}

static bool last_timeout(const nest *n, int index)
{
    int i;
    for (i = index + 1; i < n->count; i++)
        if (n->kinds[i] == TIMEOUT || n->kinds[i] == TIMEOUT_AT)
            return false;
    return true;
}

static async_time patience(const nest *n, int i)
{
    if ((n->how == EXPIRE && first_timeout(n, i)) || (n->how == EXPIRE_INNER && last_timeout(n, i)))
        return async_ms(5);
    return async_seconds(1);
}

static bool child_fails(const nest *n, int index)
{
    int i;
    for (i = index + 1; i < n->count; i++)
        if (n->kinds[i] == GROUP)
            return false;
    return n->how == CHILD_FAILS;
}

/* Now everything is entered. */
static void crowd(nest *n)
{
    int i;
    for (i = 0; i < n->count && n->waiters; i++)
        if (n->kinds[i] < TIMEOUT)
            n->waiting[i] = async_create_task(waiter, .nest = n, .index = i);
}

static void check_entered(nest *n)
{
    int i;
    for (i = 0; i < n->count; i++)
        if (n->kinds[i] != GENERATOR)
            TEST_EXPECT_(entered(n, i), "way %d: %d is not entered", n->how, i);
}

static void check_exited(nest *n)
{
    int i;
    CHECK_INT(n->children, 0);
    for (i = 0; i < n->count && !n->waiters; i++)
        TEST_EXPECT_(!entered(n, i), "way %d: %d is entered in the finally part", n->how, i);
}

#define AT(n, kind) if ((n)->kinds[self->i] == (kind))
#define ITEM(n) ((n)->objects[self->i])
#define HOW(n, way) if ((n)->how == (way))
#define BACK(n) for (self->i = (n)->count - 1; self->i >= 0; self->i--)
#define EACH(n) for (self->i = 0; self->i < (n)->count; self->i++)

/* one await each, so that the parts stand in lines of their own */
#define ENTER_LOCK(n) AT(n, LOCK) await_enter(&ITEM(n).lock);
#define ENTER_SEMAPHORE(n) if ((n)->kinds[self->i] == SEMAPHORE || (n)->kinds[self->i] == BOUNDED) await_enter(&ITEM(n).semaphore);
#define ENTER_CONDITION(n) if ((n)->kinds[self->i] == CONDITION || (n)->kinds[self->i] == SHARED) await_enter(&ITEM(n).condition);
#define ENTER_PROBE(n) AT(n, PROBE) await_enter(&ITEM(n).mark);
#define ENTER_OTHER(n)                                                                              \
    AT(n, TIMEOUT) async_timeout_enter(&ITEM(n).timeout, patience(n, self->i));                     \
    AT(n, TIMEOUT_AT) async_timeout_enter_at(&ITEM(n).timeout,                                      \
        async_loop_time(async_get_running_loop()) + patience(n, self->i));                          \
    AT(n, GROUP) async_task_group_enter(&ITEM(n).group);                                            \
    AT(n, GROUP) async_task_group_create_task(&ITEM(n).group, child, .nest = (n), .index = self->i, \
        .fails = child_fails(n, self->i));                                                          \
    AT(n, GENERATOR) async_generator_open(&ITEM(n).generator, ticks, .index = self->i, .closed = (n)->closed);
#define TAKE_ITEM(n) AT(n, GENERATOR) { async_for (&ITEM(n).generator) break; }
#define EXIT_BY_NAME(n)                                                                             \
    AT(n, LOCK) CHECK_INT(async_exit(&ITEM(n).lock), ASYNC_OK);                                     \
    AT(n, SEMAPHORE) CHECK_INT(async_exit(&ITEM(n).semaphore), ASYNC_OK);                           \
    AT(n, BOUNDED) CHECK_INT(async_exit(&ITEM(n).semaphore), ASYNC_OK);                             \
    AT(n, CONDITION) CHECK_INT(async_exit(&ITEM(n).condition), ASYNC_OK);                           \
    AT(n, SHARED) CHECK_INT(async_exit(&ITEM(n).condition), ASYNC_OK);                              \
    AT(n, TIMEOUT) CHECK_INT(async_timeout_exit(&ITEM(n).timeout, ASYNC_OK), ASYNC_OK);             \
    AT(n, TIMEOUT_AT) CHECK_INT(async_timeout_exit(&ITEM(n).timeout, ASYNC_OK), ASYNC_OK);          \
    AT(n, PROBE) CHECK_INT(async_exit(&ITEM(n).mark), ASYNC_OK);

async(scoped)
{
    async_begin;
    EACH(self->early) {
        ENTER_LOCK(self->early)
        ENTER_SEMAPHORE(self->early)
        ENTER_CONDITION(self->early)
        ENTER_PROBE(self->early)
        ENTER_OTHER(self->early)
        TAKE_ITEM(self->early)
    }
    crowd(self->early);
    if (self->early->count == 0)
        break;
    for (self->i = 0; self->i < 6; self->i++) {
        await(async_sleep, .delay = 0);
        HOW(self->early, BREAK_LOOP) if (self->i == 4) break;
    }
    check_entered(self->early);
    HOW(self->early, BREAK) break;
    HOW(self->early, RETURN) async_return();
    HOW(self->early, RAISE) async_raise(BOOM);
    HOW(self->early, FAILED_AWAIT) await(fails, .suspends = true);
    HOW(self->early, FAILED_AT_ONCE) await(fails);
    HOW(self->early, CANCEL_SELF) async_cancel(async_current_task());
    if (self->early->how >= CANCEL && self->early->how <= CANCEL_LEAVING && self->early->how != CANCEL_SELF
        && !cancel_me(self->early->how == CANCEL_TWICE ? 2 : 1))
        async_raise(ASYNC_NO_MEMORY);
    HOW(self->early, CANCEL_ENTERING) await_enter(&held);
    if (self->early->how >= CANCEL && self->early->how != CANCEL_LEAVING)
        await(async_sleep, .delay = ASYNC_FOREVER);
    HOW(self->early, BY_NAME) EACH(self->early) {
        EXIT_BY_NAME(self->early)
        AT(self->early, GROUP) await(async_task_group_join, .group = &ITEM(self->early).group);
    }
    async_finally;
    check_exited(self->early);
    BACK(self->early)
        AT(self->early, GENERATOR) await_close(&ITEM(self->early).generator);
    EACH(self->late) {
        ENTER_LOCK(self->late)
        ENTER_SEMAPHORE(self->late)
        ENTER_CONDITION(self->late)
        ENTER_PROBE(self->late)
        ENTER_OTHER(self->late)
        TAKE_ITEM(self->late)
    }
    crowd(self->late);
    if (self->late->count == 0)
        break;
    for (self->i = 0; self->i < 6; self->i++) {
        await(async_sleep, .delay = 0);
        HOW(self->late, BREAK_LOOP) if (self->i == 4) break;
    }
    check_entered(self->late);
    HOW(self->late, BREAK) break;
    HOW(self->late, RETURN) async_return();
    HOW(self->late, RAISE) async_raise(BOOM);
    HOW(self->late, FAILED_AWAIT) await(fails, .suspends = true);
    HOW(self->late, FAILED_AT_ONCE) await(fails);
    HOW(self->late, CANCEL_SELF) async_cancel(async_current_task());
    if (self->late->how >= CANCEL && self->late->how <= CANCEL_LEAVING && self->late->how != CANCEL_SELF
        && !cancel_me(self->late->how == CANCEL_TWICE ? 2 : 1))
        async_raise(ASYNC_NO_MEMORY);
    HOW(self->late, CANCEL_ENTERING) await_enter(&held);
    if (self->late->how >= CANCEL && self->late->how != CANCEL_LEAVING)
        await(async_sleep, .delay = ASYNC_FOREVER);
    HOW(self->late, BY_NAME) EACH(self->late) {
        EXIT_BY_NAME(self->late)
        AT(self->late, GROUP) await(async_task_group_join, .group = &ITEM(self->late).group);
    }
    async_end;
}

/* The same below other frames, so that the frame stack ends anywhere; or in the frame of its caller. */
struct below { async_frame frame; nest *early, *late; int depth; };
async(below)
{
    async_begin;
    if (self->depth > 0)
        await(below, .early = self->early, .late = self->late, .depth = self->depth - 1);
    else
        await(scoped, .early = self->early, .late = self->late);
    async_end;
}

struct in_place { async_frame frame; nest *early, *late; struct scoped kept; };
async(in_place)
{
    async_begin;
    await_at(&self->kept, scoped, .early = self->early, .late = self->late);
    async_end;
}

static async_task *start(nest *early, nest *late, int place)
{
    if (place == 0)
        return async_create_task(scoped, .early = early, .late = late);
    if (place == 1)
        return async_create_task(in_place, .early = early, .late = late);
    return async_create_task(below, .early = early, .late = late, .depth = place - 2);
}

/* ---- what is expected ------------------------------------------------------------------------------------------- */

static async_status outcome(const nest *n, async_status before)
{
    if (n->how <= BY_NAME)
        return before;
    if (n->how <= FAILED_AT_ONCE)
        return BOOM;
    if (n->how <= CANCEL_LEAVING)
        return ASYNC_CANCELLED;
    return n->how == CHILD_FAILS ? (async_status)BANG : (async_status)ASYNC_TIMED_OUT;
}

static bool possible(const nest *n)
{
    int i, groups = 0, timeouts = 0;
    for (i = 0; i < n->count; i++) {
        groups += n->kinds[i] == GROUP;
        timeouts += n->kinds[i] == TIMEOUT || n->kinds[i] == TIMEOUT_AT;
    }
    if (n->how == CANCEL_LEAVING || n->how == CHILD_FAILS)
        return groups > 0;
    return n->how == EXPIRE ? timeouts > 0 : n->how != EXPIRE_INNER || timeouts > 1;
}

static void nest_init(nest *n, int count, const int *kinds, int how, bool probes, bool waiters)
{
    int i;
    memset(n, 0, sizeof *n);
    n->how = how;
    n->waiters = waiters;
    for (i = 0; i < count; i++) {
        if (probes)
            n->kinds[n->count++] = PROBE;
        n->kinds[n->count++] = kinds[i];
    }
    if (probes)
        n->kinds[n->count++] = PROBE;
    for (i = 0; i < n->count; i++) {
        struct object *o = &n->objects[i];
        async_lock_init(&o->lock);
        if (n->kinds[i] == BOUNDED)
            async_bounded_semaphore_init(&o->semaphore, 1);
        else
            async_semaphore_init(&o->semaphore, 1);
        async_condition_init(&o->condition, n->kinds[i] == SHARED ? &o->lock : NULL);
        o->mark.enterable = &probe_enterable;
        o->mark.nest = n;
        o->mark.index = i;
    }
}

/* Who tells of his exit: what is locked, when somebody waits for it, the groups' children, and the probes. */
static bool tells(const nest *n, int i)
{
    return n->kinds[i] == GROUP || n->kinds[i] == PROBE || (n->kinds[i] < TIMEOUT && n->waiters);
}

static const char *say(const nest *n)
{
    static char text[2][100];
    static int turn;
    int i, length;
    turn = 1 - turn;
    length = snprintf(text[turn], sizeof text[turn], "way %d of", n->how);
    for (i = 0; i < n->count; i++)
        length += snprintf(text[turn] + length, sizeof text[turn] - (size_t)length, " %d", n->kinds[i]);
    return text[turn];
}

static void nest_check(nest *n)
{
    char order[2 * MOST] = "", closed[2 * MOST] = "";
    int i, groups = 0, exits = 0;
    for (i = n->count - 1; i >= 0; i--) {
        if (tells(n, i))
            tell(order, i);
        if (n->kinds[i] == GENERATOR)
            tell(closed, i);
        groups += n->kinds[i] == GROUP;
        exits += n->kinds[i] == PROBE;
    }
    if (ordered(n))
        TEST_EXPECT_(strcmp(n->order, order) == 0, "%s: exited in the order %s, not %s", say(n), n->order, order);
    else
        CHECK_INT(strlen(n->order), strlen(order));
    TEST_EXPECT_(strcmp(n->closed, closed) == 0, "%s: closed %s, not %s", say(n), n->closed, closed);
    CHECK_INT(n->exits, exits);
    CHECK_INT(n->children, 0);
    groups = n->how <= BY_NAME ? 0 : n->how == CHILD_FAILS ? groups - 1 : groups;
    TEST_EXPECT_(n->cancelled == groups, "%s: %d children were cancelled, not %d", say(n), n->cancelled, groups);
    for (i = 0; i < n->count; i++) {
        struct object *o = &n->objects[i];
        CHECK(!entered(n, i));
        CHECK_INT(o->semaphore.value, 1);
        async_condition_deinit(&o->condition);
        async_lock_deinit(&o->lock);
        async_semaphore_deinit(&o->semaphore);
    }
}

/* ---- the driver: one nest after the other ------------------------------------------------------------------------ */

static bool waited_for(const nest *n, int i) { return n->waiters && i < n->count && n->kinds[i] < TIMEOUT; }

static void let_go(nest *n)
{
    int i;
    for (i = 0; i < MOST; i++) {
        async_release(n->waiting[i]);
        n->waiting[i] = NULL;
    }
}

struct leaves { async_frame frame; nest *early, *late; int place, i; async_task *task; async_status status; };
async(leaves)
{
    async_begin;
    async_lock_init(&held);
    await_enter(&held);
    self->task = start(self->early, self->late, self->place);
    await_catch(self->status, async_join, .task = self->task);
    BACK(self->early) {
        if (waited_for(self->early, self->i))
            await(async_join, .task = self->early->waiting[self->i]);
        AT(self->early, GENERATOR) await_close(&ITEM(self->early).generator); /* if a cancel kept it from closing it */
    }
    BACK(self->late) {
        if (waited_for(self->late, self->i))
            await(async_join, .task = self->late->waiting[self->i]);
        AT(self->late, GENERATOR) await_close(&ITEM(self->late).generator);
    }
    await(async_sleep, .delay = async_seconds(2)); /* nothing comes later */
    if (self->status < 0)
        async_raise(self->status);
    async_finally;
    async_release(self->task);
    let_go(self->early);
    let_go(self->late);
    async_end;
}

/* False without memory. */
static bool leave(nest *early, nest *late, int place)
{
    async_status expected = outcome(late, outcome(early, ASYNC_OK));
    async_status status = RUN(leaves, .early = early, .late = late, .place = place);
    if (status == ASYNC_NO_MEMORY)
        return false;
    TEST_EXPECT_(status == expected, "body: %s; finally part: %s; place %d: %s, not %d", say(early), say(late), place,
        word(status), expected);
    nest_check(early);
    nest_check(late);
    return true;
}

/* ---- the tests -------------------------------------------------------------------------------------------------- */

static nest early, late;
static const int none[1];

/* In a run with little time each test takes a sample. */
static int stride(int large)
{
    return TEST_MANY >= 1000 ? 1 : large;
}

/* Nests of `depth` kinds; form 0: with probes; 1: with waiters; 2: alone. */
static void every_nest(int depth, int places, bool in_finally, int step)
{
    int n, i, rest, total = 1, kinds[3];
    for (i = 0; i < depth; i++)
        total *= KINDS;
    total *= WAYS * 3;
    for (n = 0; n < total; n += step) {
        nest *which = in_finally ? &late : &early;
        int way = n / 3 % WAYS, form = n % 3;
        for (rest = n / 3 / WAYS, i = 0; i < depth; i++, rest /= KINDS)
            kinds[i] = rest % KINDS;
        nest_init(&early, 0, none, RETURN, false, false);
        nest_init(&late, 0, none, RETURN, false, false);
        nest_init(which, depth, kinds, way, form == 0, form == 1);
        if (possible(which) && !leave(&early, &late, n % places))
            return;
    }
}

TEST(scope_kinds, alone_in_the_body)
{
    long live = counted_live;
    every_nest(1, 1, false, stride(7));
    CHECK_INT(counted_live, live);
}

TEST(scope_kinds, alone_in_the_finally_part)
{
    long live = counted_live;
    every_nest(1, 1, true, stride(7));
    CHECK_INT(counted_live, live);
}

TEST(scope_kinds, pairs_in_the_body)
{
    long live = counted_live;
    every_nest(2, 31, false, stride(211));
    CHECK_INT(counted_live, live);
}

TEST(scope_kinds, pairs_in_the_finally_part)
{
    long live = counted_live;
    every_nest(2, 31, true, stride(211));
    CHECK_INT(counted_live, live);
}

TEST(scope_kinds, triples)
{
    long live = counted_live;
    every_nest(3, 31, false, stride(997));
    every_nest(3, 31, true, stride(997));
    CHECK_INT(counted_live, live);
}

/* A failure of the body is kept through what the finally part enters and leaves well: that is not aborted by it. */
TEST(scope_kinds, in_both_parts)
{
    int a, b, n, step = stride(31);
    long live = counted_live;
    for (n = 0; n < KINDS * KINDS * WAYS * WAYS; n += step) {
        a = n % KINDS;
        b = n / KINDS % KINDS;
        nest_init(&early, 1, &a, n / KINDS / KINDS % WAYS, false, false);
        nest_init(&late, 1, &b, n / KINDS / KINDS / WAYS, n % 2, false);
        if (possible(&early) && possible(&late) && early.how != CANCEL_TWICE && !leave(&early, &late, n % 5))
            return;
    }
    CHECK_INT(counted_live, live);
}
