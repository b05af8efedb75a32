/* How much frame stack a task has used: exactly what its frames took at once, whatever chunks they lay in. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_HIGH_WATER 1
#include "asyncio.h"
#include "unit.h"

#define FRAME(name) ASYNC_ROUND_(sizeof(struct name))

struct deep { async_frame frame; int depth; char filler[40]; };
async_declare(deep);
async_define(deep)
{
    async_begin;
    if (self->depth > 1)
        await(deep, .depth = self->depth - 1);
    else
        await(async_sleep, .delay = 1);
    async_end;
}

/* what does not suspend counts as well */
struct shallow { async_frame frame; };
async(shallow)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_end;
}
struct at_once { async_frame frame; char filler[200]; };
async(at_once)
{
    async_begin;
    async_end;
}

struct mixed { async_frame frame; size_t before, after; };
async(mixed)
{
    async_begin;
    self->before = async_task_high_water(async_current_task());
    await(at_once);
    self->after = async_task_high_water(async_current_task());
    await(shallow);
    async_end;
}

struct measures { async_frame frame; async_task *task; int depth; };
async(measures)
{
    async_begin;
    self->task = async_create_task(mixed);
    CHECK_INT(async_task_high_water(self->task), FRAME(mixed));
    await(async_join, .task = self->task);
    CHECK_INT(async_task_high_water(self->task), FRAME(mixed) + FRAME(at_once));
    async_release(self->task);
    self->task = NULL;
    for (self->depth = 1; self->depth < 300; self->depth += 1 + self->depth / 3) {
        self->task = async_create_task(deep, .depth = self->depth);
        await(async_join, .task = self->task);
        CHECK_INT(async_task_high_water(self->task), (size_t)self->depth * FRAME(deep) + FRAME(async_sleep));
        async_release(self->task);
        self->task = NULL;
    }
    /* again, with the chunks the first have left behind */
    for (self->depth = 100; self->depth < 130; self->depth++) {
        self->task = async_create_task(deep, .depth = self->depth);
        await(async_sleep, .delay = 0);
        CHECK_INT(async_task_high_water(self->task), (size_t)self->depth * FRAME(deep) + FRAME(async_sleep));
        async_cancel(self->task);
        async_release(self->task);
        self->task = NULL;
    }
    CHECK_INT(async_task_high_water(NULL), 0);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(high_water, at_every_depth)
{
    CHECK_INT(RUN(measures), ASYNC_OK);
}

/* ---- scopes, deadlines, frames elsewhere: the last one in, the first one out ---------------------------------- */

struct enters { async_frame frame; async_timeout first, second; async_lock lock; int depth; };
async(enters)
{
    async_begin;
    async_lock_init(&self->lock);
    async_timeout_enter(&self->first, async_seconds(5));
    await_enter(&self->lock);
    async_timeout_enter(&self->second, async_seconds(5));
    await_for(async_seconds(1), deep, .depth = self->depth);
    async_end;
}
struct enters_in_turn { async_frame frame; async_task *task; size_t first; int depth; };
async(enters_in_turn)
{
    async_begin;
    for (self->depth = 1; self->depth < 100; self->depth++) {
        self->task = async_create_task(enters, .depth = self->depth);
        await(async_join, .task = self->task);
        if (self->depth == 1)
            self->first = async_task_high_water(self->task);
        CHECK_INT(async_task_high_water(self->task), self->first + (size_t)(self->depth - 1) * FRAME(deep));
        async_release(self->task);
        self->task = NULL;
    }
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(high_water, under_scopes)
{
    CHECK_INT(RUN(enters_in_turn), ASYNC_OK);
}

/* ---- storage whose size the compiler works out ---------------------------------------------------------------- */

static ASYNC_TASK(mixed, at_once) exact;
static ASYNC_TASK(deep) first_only;
static ASYNC_TASK(shallow) too_small;
static ASYNC_TASK(deep, deep, deep, async_sleep) three;

struct in_storage { async_frame frame; async_task *task; };
async(in_storage)
{
    async_begin;
    self->task = async_create_task_on(&exact, mixed);
    await(async_join, .task = self->task);
    CHECK_INT(async_task_high_water(self->task), sizeof exact.bytes - ASYNC_ROUND_(sizeof(async_task)));
    async_release(self->task);
    self->task = NULL;
    self->task = async_create_task_on(&three, deep, .depth = 3);
    await(async_join, .task = self->task);
    CHECK_INT(async_task_high_water(self->task), sizeof three.bytes - ASYNC_ROUND_(sizeof(async_task)));
    async_release(self->task);
    self->task = NULL;
    self->task = async_create_task_on(&first_only, deep, .depth = 5); /* a chunk takes the rest */
    await(async_join, .task = self->task);
    CHECK_INT(async_task_high_water(self->task), 5 * FRAME(deep) + FRAME(async_sleep));
    async_release(self->task);
    self->task = NULL;
    CHECK(async_create_task_on(&too_small, at_once) == NULL);
    CHECK_INT(async_task_high_water(&too_small.task), FRAME(at_once)); /* what it would take */
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(high_water, of_storage)
{
    CHECK_INT(RUN(in_storage), ASYNC_OK);
}

/* ---- eager tasks: one inside another -------------------------------------------------------------------------- */

struct nests { async_frame frame; int depth; async_task *task; size_t used; };
async_declare(nests);
async_define(nests)
{
    async_begin;
    if (self->depth > 0) {
        self->task = async_create_task_eager(nests, .depth = self->depth - 1);
        CHECK_INT(async_task_high_water(self->task), FRAME(nests) + FRAME(async_sleep));
        async_release(self->task);
    }
    CHECK_INT(async_task_high_water(async_current_task()), FRAME(nests));
    await(async_sleep, .delay = 1);
    CHECK_INT(async_task_high_water(async_current_task()), FRAME(nests) + FRAME(async_sleep));
    async_end;
}

TEST(high_water, of_eager_tasks)
{
    CHECK_INT(RUN(nests, .depth = 5), ASYNC_OK);
}
