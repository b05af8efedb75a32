/* Recursion: the C stack stays small, and the memory of a deep frame stack is given back. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"
#include <pthread.h>

/* Instrumented code needs more of the C stack for each call. */
#if ASYNC_ASAN_ || defined(__SANITIZE_THREAD__)
#define STACK_SIZE (512 * 1024)
#else
#define STACK_SIZE (64 * 1024)
#endif

struct node { struct node *left, *right; int value; };

struct walk { async_frame frame; struct node *node; bool cleans; long sum, part, result; };
async(walk)
{
    async_begin;
    if (self->node == NULL) {
        await(async_sleep, .delay = 0);
        async_return(0);
    }
    if (self->node->left != NULL) {
        await_into(self->part, walk, .node = self->node->left, .cleans = self->cleans);
        self->sum += self->part;
    }
    self->sum += self->node->value;
    if (self->node->value < 0)
        async_raise(BOOM);
    await_into(self->part, walk, .node = self->node->right, .cleans = self->cleans);
    self->sum += self->part;
    async_return(self->sum);
    async_finally;
    if (self->cleans)
        await(async_sleep, .delay = 0);
    async_end;
}

enum { COMB, LADDER, STRAIGHT };

/* a tree of `depth` levels: right children only, left and right by turns, left children only */
static struct node *grow_tree(struct node *nodes, int depth, int shape)
{
    int i;
    for (i = 0; i < depth; i++) {
        struct node *below = i + 1 < depth ? &nodes[i + 1] : NULL;
        bool left = shape == STRAIGHT || (shape == LADDER && i % 2 == 0);
        nodes[i].left = left ? below : NULL;
        nodes[i].right = left ? NULL : below;
        nodes[i].value = 1;
    }
    return nodes;
}

struct walker { async_frame frame; struct node *nodes; int shape; long before, sum; async_status status; };
async(walker)
{
    async_begin;
    for (self->shape = COMB; self->shape <= STRAIGHT; self->shape++) {
        grow_tree(self->nodes, TEST_MANY, self->shape);
        self->before = counted_live;
        await_into(self->sum, walk, .node = self->nodes);
        CHECK_INT(self->sum, TEST_MANY);
        CHECK(counted_live <= self->before + 2); /* two chunks are kept for the next time */
    }
    /* a failure at the bottom unwinds through all of it, and finally parts suspend on the way */
    grow_tree(self->nodes, TEST_MANY, COMB);
    self->nodes[TEST_MANY - 1].value = -1;
    await_catch(self->status, walk, .node = self->nodes, .cleans = true);
    CHECK_INT(self->status, BOOM);
    CHECK(counted_live <= self->before + 2);
    async_end;
}

static void *walk_in_thread(void *data)
{
    CHECK_INT(RUN(walker, .nodes = (struct node *)data), ASYNC_OK);
    return NULL;
}

TEST(depth, a_tree_walk_in_a_small_thread)
{
    pthread_t thread;
    pthread_attr_t attributes;
    struct node *nodes = (struct node *)calloc(TEST_MANY, sizeof *nodes);
    long live = counted_live;
    REQUIRE(nodes != NULL);
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0);
    REQUIRE(pthread_create(&thread, &attributes, walk_in_thread, nodes) == 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    CHECK_INT(counted_live, live);
    free(nodes);
}

/* a deep stack that is cancelled, in a task of its own, and while it goes down */
struct down { async_frame frame; int depth; int *ended; };
async(down)
{
    async_begin;
    if (self->depth % 1000 == 0)
        await(async_sleep, .delay = async_ms(1));
    await(down, .depth = self->depth + 1, .ended = self->ended);
    async_finally;
    ++*self->ended;
    CHECK_INT(async_error, ASYNC_CANCELLED);
    async_end;
}
struct cancels_deep { async_frame frame; async_task *task; async_status status; int ended, until; };
async(cancels_deep)
{
    async_begin;
    self->task = async_create_task(down, .depth = 1, .ended = &self->ended);
    await(async_sleep, .delay = async_us(self->until * 1000 + 500));
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

struct cancels { async_frame frame; int i; struct cancels_deep at[3]; };
async(cancels)
{
    async_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        await_at(&self->at[self->i], cancels_deep, .until = self->i);
        CHECK(self->at[self->i].task == NULL || self->at[self->i].status == ASYNC_CANCELLED);
        CHECK_INT(self->at[self->i].ended, (self->i + 1) * 1000);
    }
    async_end;
}

TEST(depth, cancelled_at_any_depth)
{
    long live = counted_live;
    CHECK_INT(RUN(cancels), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* Frames of every size, so that they end anywhere in a chunk, and some are larger than a chunk. */
#define SIZED(n)                                                                                    \
    struct sized_##n { async_frame frame; int depth; unsigned char bytes[n]; int result; };         \
    async_declare(sized_##n)
SIZED(1);
SIZED(100);
SIZED(601);
SIZED(5003);

/* numbering by line allows one await in a macro */
#define SIZED_BODY(n, next)                                                                         \
    async_define(sized_##n)                                                                         \
    {                                                                                               \
        int i;                                                                                      \
        async_begin;                                                                                \
        memset(self->bytes, self->depth & 0x7f, sizeof self->bytes);                                \
        if (self->depth > 0)                                                                        \
            await_into(self->result, next, .depth = self->depth - 1);                               \
        for (i = 0; i < n; i++)                                                                     \
            CHECK(self->bytes[i] == (self->depth & 0x7f));                                          \
        async_return(self->result + 1);                                                             \
        async_end;                                                                                  \
    }
SIZED_BODY(100, sized_601)
SIZED_BODY(601, sized_5003)
SIZED_BODY(5003, sized_1)

async_define(sized_1)
{
    async_begin;
    self->bytes[0] = 3;
    await(async_sleep, .delay = 0);
    if (self->depth > 0)
        await_into(self->result, sized_100, .depth = self->depth - 1);
    CHECK_INT(self->bytes[0], 3);
    async_return(self->result + 1);
    async_end;
}

struct sizes { async_frame frame; int i, n; };
async(sizes)
{
    async_begin;
    for (self->i = 0; self->i < 40; self->i++) {
        await_into(self->n, sized_1, .depth = self->i);
        CHECK_INT(self->n, self->i + 1);
    }
    async_end;
}

TEST(depth, frames_of_all_sizes)
{
    long live = counted_live;
    CHECK_INT(RUN(sizes), ASYNC_OK);
    CHECK_INT(counted_live, live);
}

/* The second task of a function begins with an area that fits. */
struct three_deep { async_frame frame; int depth; unsigned char bytes[100]; };
async(three_deep)
{
    async_begin;
    self->bytes[0] = 1;
    if (self->depth < 3)
        await(three_deep, .depth = self->depth + 1);
    else
        await(async_sleep, .delay = async_ms(1));
    async_end;
}
struct repeats { async_frame frame; async_task *task; int i; long calls; };
async(repeats)
{
    async_begin;
    for (self->i = 0; self->i < 12; self->i++) {
        self->calls = counted_calls;
        self->task = async_create_task(three_deep);
        await(async_join, .task = self->task);
        async_release(self->task);
        self->task = NULL;
    }
    CHECK(counted_calls - self->calls <= 1);
    async_finally;
    async_release(self->task);
    async_end;
}

TEST(depth, the_next_task_has_a_fitting_area)
{
    long live = counted_live;
    CHECK_INT(RUN(repeats), ASYNC_OK);
    CHECK_INT(counted_live, live);
}
