/* ours.c: the workloads on asyncio.h: public interface, default settings. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

#include "bench.h"
#include "child.h"

/* ---- resuming through the loop ------------------------------------------------------------------------------- */

struct yielder {
    async_frame frame;
    uint64_t n;
};

async(yielder)
{
    async_begin;
    while (self->n-- > 0)
        await(async_sleep, .delay = 0);
    async_end;
}

/* Waits until `count` yielders have run n times each, and says how long a resume took. */
struct ring {
    async_frame frame;
    const char *name;
    uint64_t count, n, i;
    async_task **tasks;
    double begin;
};

async(ring)
{
    async_begin;
    self->tasks = (async_task **)malloc(self->count * sizeof *self->tasks);
    require(self->tasks != NULL, "no memory");
    for (self->i = 0; self->i < self->count; self->i++)
        self->tasks[self->i] = async_create_task(yielder, .n = self->n);
    self->begin = cpu_ns();
    for (self->i = 0; self->i < self->count; self->i++) {
        await(async_join, .task = self->tasks[self->i]);
        async_release(self->tasks[self->i]);
    }
    report(self->name, (cpu_ns() - self->begin) / (double)(self->n * self->count));
    async_finally;
    free(self->tasks);
    async_end;
}

static void resume_2(const char *name, uint64_t n)
{
    require(async_run(ring, .name = name, .count = 2, .n = n / 2) == 0, name);
}

static void resume_1000(const char *name, uint64_t n)
{
    require(async_run(ring, .name = name, .count = 1000, .n = n / 1000 + 1) == 0, name);
}

/* ---- calling, and resuming deep down ------------------------------------------------------------------------- */

struct near_child {
    async_frame frame;
    uint64_t x;
    uint64_t result;
};

async(near_child)
{
    async_begin;
    async_return(self->x + 1);
    async_end;
}

#define CALLER(caller, child)                                                \
    struct caller {                                                          \
        async_frame frame;                                                   \
        const char *name;                                                    \
        uint64_t n, i, x;                                                    \
        double begin;                                                        \
    };                                                                       \
    async(caller)                                                            \
    {                                                                        \
        async_begin;                                                         \
        self->begin = cpu_ns();                                              \
        for (self->i = 0; self->i < self->n; self->i++)                      \
            await_into(self->x, child, .x = self->i);                        \
        report(self->name, (cpu_ns() - self->begin) / (double)self->n);      \
        require(self->x == self->n, "a call got lost");                      \
        async_end;                                                           \
    }                                                                        \
    static void run_##caller(const char *name, uint64_t n)                   \
    {                                                                        \
        require(async_run(caller, .name = name, .n = n) == 0, name);         \
    }

CALLER(near_caller, near_child)
CALLER(far_caller, child)

struct level {
    async_frame frame;
    const char *name;
    int depth;
    uint64_t n, i;
    double begin;
};

async(level)
{
    async_begin;
    if (self->depth > 1) {
        await(level, .name = self->name, .depth = self->depth - 1, .n = self->n);
        async_return();
    }
    self->begin = cpu_ns();
    for (self->i = 0; self->i < self->n; self->i++)
        await(async_sleep, .delay = 0);
    report(self->name, (cpu_ns() - self->begin) / (double)self->n);
    async_end;
}

/* depth-N */
static void depth(const char *name, uint64_t n)
{
    require(async_run(level, .name = name, .depth = atoi(name + 6), .n = n) == 0, name);
}

/* ---- tasks --------------------------------------------------------------------------------------------------- */

struct trivial {
    async_frame frame;
    int x;
};

async(trivial)
{
    async_begin;
    self->x++;
    async_end;
}

static async_storage(sizeof(struct trivial)) storage;

/* Larger than what the loop's pool holds: each is allocated. */
struct large {
    async_frame frame;
    int x;
    char buffer[4096];
};

async(large, buffer)
{
    async_begin;
    self->x++;
    async_end;
}

enum where { POOLED, STATIC, ALLOCATED };

struct spawner {
    async_frame frame;
    const char *name;
    enum where where;
    uint64_t n, i;
    async_task *task;
    double begin;
};

async(spawner)
{
    async_begin;
    self->begin = cpu_ns();
    for (self->i = 0; self->i < self->n; self->i++) {
        if (self->where == POOLED)
            self->task = async_create_task(trivial, .x = 1);
        else if (self->where == STATIC)
            self->task = async_create_task_on(&storage, trivial, .x = 1);
        else
            self->task = async_create_task(large, .x = 1);
        await(async_join, .task = self->task);
        async_release(self->task);
    }
    report(self->name, (cpu_ns() - self->begin) / (double)self->n);
    async_end;
}

static void create_join(const char *name, uint64_t n)
{
    require(async_run(spawner, .name = name, .n = n) == 0, name);
}

static void create_join_static(const char *name, uint64_t n)
{
    require(async_run(spawner, .name = name, .where = STATIC, .n = n) == 0, name);
}

static void create_join_malloc(const char *name, uint64_t n)
{
    require(async_run(spawner, .name = name, .where = ALLOCATED, .n = n) == 0, name);
}

enum { GATHERED = 1000 };

struct gatherer {
    async_frame frame;
    const char *name;
    uint64_t n, i;
    async_task *tasks[GATHERED];
    double begin;
};

async(gatherer)
{
    async_begin;
    self->begin = cpu_ns();
    for (self->i = 0; self->i < self->n; self->i += GATHERED) {
        int k;
        for (k = 0; k < GATHERED; k++)
            self->tasks[k] = async_create_task(trivial, .x = 1);
        await(async_gather, .tasks = self->tasks, .count = GATHERED);
        for (k = 0; k < GATHERED; k++)
            async_release(self->tasks[k]);
    }
    report(self->name, (cpu_ns() - self->begin) / (double)self->i);
    async_end;
}

static void gather(const char *name, uint64_t n) { require(async_run(gatherer, .name = name, .n = n) == 0, name); }

/* ---- queues -------------------------------------------------------------------------------------------------- */

struct producer {
    async_frame frame;
    async_queue *queue;
    uint64_t n, i;
};

async(producer)
{
    async_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        await(async_queue_put, .queue = self->queue, .item = &self->i);
    async_end;
}

struct consumer {
    async_frame frame;
    const char *name;
    uint64_t capacity, n, i, item;
    async_queue queue;
    async_task *task;
    double begin;
};

async(consumer)
{
    async_begin;
    async_queue_init(&self->queue, sizeof self->item, (size_t)self->capacity);
    self->task = async_create_task(producer, .queue = &self->queue, .n = self->n);
    self->begin = cpu_ns();
    for (self->i = 0; self->i < self->n; self->i++) {
        await(async_queue_get, .queue = &self->queue, .item = &self->item);
        require(self->item == self->i, "the queue is out of order");
    }
    report(self->name, (cpu_ns() - self->begin) / (double)self->n);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_queue_deinit(&self->queue);
    async_end;
}

/* queue-N */
static void queue(const char *name, uint64_t n)
{
    require(async_run(consumer, .name = name, .capacity = strtoull(name + 6, NULL, 10), .n = n) == 0, name);
}

struct pong {
    async_frame frame;
    async_queue *in, *out;
    uint64_t n, i, item;
};

async(pong)
{
    async_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        await(async_queue_get, .queue = self->in, .item = &self->item);
        await(async_queue_put, .queue = self->out, .item = &self->item);
    }
    async_end;
}

struct ping {
    async_frame frame;
    const char *name;
    uint64_t n, i, item;
    async_queue there, back;
    async_task *task;
    double begin;
};

async(ping)
{
    async_begin;
    async_queue_init(&self->there, sizeof self->item, 1);
    async_queue_init(&self->back, sizeof self->item, 1);
    self->task = async_create_task(pong, .in = &self->there, .out = &self->back, .n = self->n);
    self->begin = cpu_ns();
    for (self->i = 0; self->i < self->n; self->i++) {
        await(async_queue_put, .queue = &self->there, .item = &self->i);
        await(async_queue_get, .queue = &self->back, .item = &self->item);
        require(self->item == self->i, "the wrong ball came back");
    }
    report(self->name, (cpu_ns() - self->begin) / (double)self->n);
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_queue_deinit(&self->there);
    async_queue_deinit(&self->back);
    async_end;
}

static void ping_pong(const char *name, uint64_t n) { require(async_run(ping, .name = name, .n = n) == 0, name); }

/* ---- a lock with two who want it ----------------------------------------------------------------------------- */

struct contender {
    async_frame frame;
    async_lock *lock;
    uint64_t n;
};

async(contender)
{
    async_begin;
    while (self->n-- > 0) {
        await(async_lock_acquire, .lock = self->lock);
        await(async_sleep, .delay = 0);
        async_lock_release(self->lock);
    }
    async_end;
}

struct contest {
    async_frame frame;
    const char *name;
    uint64_t n;
    async_lock lock;
    async_task *other;
    double begin;
};

async(contest)
{
    async_begin;
    async_lock_init(&self->lock);
    self->other = async_create_task(contender, .lock = &self->lock, .n = self->n / 2);
    self->begin = cpu_ns();
    await(contender, .lock = &self->lock, .n = self->n / 2);
    await(async_join, .task = self->other);
    report(self->name, (cpu_ns() - self->begin) / (double)(self->n / 2 * 2));
    async_finally;
    async_release(self->other);
    async_lock_deinit(&self->lock);
    async_end;
}

static void lock(const char *name, uint64_t n) { require(async_run(contest, .name = name, .n = n) == 0, name); }

/* ---- a million timers ---------------------------------------------------------------------------------------- */

static uint64_t fired;

static void fire(async_handle *handle)
{
    (void)handle;
    fired++;
}

struct timers {
    async_frame frame;
    uint64_t n;
    async_timer_handle *timers;
    uint32_t *order;
    uint32_t state;
    double begin;
};

async(timers)
{
    async_time now = async_loop_time(async_get_running_loop());
    uint64_t i;
    async_begin;
    self->timers = (async_timer_handle *)get(self->n, sizeof *self->timers);
    self->order = shuffled(self->n);
    self->state = SEED;
    self->begin = cpu_ns();
    for (i = 0; i < self->n; i++) /* as with libev, libuv and libevent the clock is not read for each */
        require(async_call_at(now + async_ms(random_ms(&self->state)), &self->timers[i], fire, NULL) == 0, "no memory");
    report("timer-start", (cpu_ns() - self->begin) / (double)self->n);
    pass_ms(FIRST_MS + SPREAD_MS + MARGIN_MS);
    self->begin = cpu_ns();
    while (fired < self->n)
        await(async_sleep, .delay = 0);
    report("timer-fire", (cpu_ns() - self->begin) / (double)self->n);
    self->begin = cpu_ns();
    for (i = 0; i < self->n; i++) /* and here it is */
        require(async_call_later(async_ms(random_ms(&self->state)), &self->timers[i], fire, NULL) == 0, "no memory");
    report("timer-later", (cpu_ns() - self->begin) / (double)self->n);
    self->begin = cpu_ns();
    for (i = 0; i < self->n; i++)
        require(async_timer_handle_cancel(&self->timers[self->order[i]]), "a timer is gone");
    report("timer-cancel", (cpu_ns() - self->begin) / (double)self->n);
    async_finally;
    free(self->order);
    free(self->timers);
    async_end;
}

static void run_timers(const char *name, uint64_t n) { require(async_run(timers, .n = n) == 0, name); }

/* ---- a million sleeping tasks -------------------------------------------------------------------------------- */

static uint64_t woken;

struct sleeper {
    async_frame frame;
};

async(sleeper)
{
    async_begin;
    await(async_sleep, .delay = async_ms(SLEEP_MS));
    woken++;
    async_end;
}

struct sleepers {
    async_frame frame;
    uint64_t n, i;
    double begin, bytes;
};

async(sleepers)
{
    async_begin;
    self->bytes = resident_bytes();
    self->begin = cpu_ns();
    for (self->i = 0; self->i < self->n; self->i++)
        require(async_go(sleeper), "no memory");
    await(async_sleep, .delay = 0); /* all have begun to sleep now */
    report("sleep-start", (cpu_ns() - self->begin) / (double)self->n);
    report("sleep-bytes", (resident_bytes() - self->bytes) / (double)self->n);
    pass_ms(SLEEP_MS + MARGIN_MS);
    self->begin = cpu_ns();
    while (woken < self->n)
        await(async_sleep, .delay = 0);
    report("sleep-wake", (cpu_ns() - self->begin) / (double)self->n);
    async_end;
}

static void sleep_many(const char *name, uint64_t n) { require(async_run(sleepers, .n = n) == 0, name); }

int main(int argc, char **argv)
{
    static const workload workloads[] = {
        { "resume-2", resume_2 }, { "resume-1000", resume_1000 }, { "call", run_near_caller }, { "call-apart", run_far_caller },
        { "depth-1", depth }, { "depth-10", depth }, { "depth-100", depth }, { "depth-1000", depth },
        { "create-join", create_join }, { "create-join-static", create_join_static },
        { "create-join-malloc", create_join_malloc }, { "gather", gather }, { "ping-pong", ping_pong }, { "queue-1", queue },
        { "queue-100", queue }, { "lock", lock }, { "timers", run_timers }, { "sleep", sleep_many },
    };
    (void)argc;
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
