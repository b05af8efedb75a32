/* floors.c: what the machine allows: each workload in hand-written C, with one design choice each and no library. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <stddef.h>

/* ---- the model runtime: a FIFO of tasks, a stack of frames each ------------------------------------------------ */

enum { DONE, PENDING, YIELD };

typedef struct task task;
typedef struct frame frame;
struct frame {
    int (*step)(task *t, frame *f);
    frame *up;
    uint32_t at;
    uint64_t n;
};
struct task {
    task *next;
    frame *top;
    frame root;
};

static struct {
    task *head, **tail;
} ready = { NULL, &ready.head };

static inline void push(task *t)
{
    t->next = NULL;
    *ready.tail = t;
    ready.tail = &t->next;
}

static inline task *pop(void)
{
    task *t = ready.head;
    if (t != NULL && (ready.head = t->next) == NULL)
        ready.tail = &ready.head;
    return t;
}

/* Resumes the innermost frame; when it is done, goes to the one above. */
static void run(void)
{
    task *t;
    while ((t = pop()) != NULL) {
        frame *f = t->top;
        int code;
        while ((code = f->step(t, f)) == DONE) {
            f = f->up;
            if (f == NULL)
                break;
            t->top = f;
        }
        if (code == YIELD)
            push(t);
    }
}

static void start(task *t, int (*step)(task *, frame *), uint64_t n)
{
    memset(t, 0, sizeof *t);
    t->root.step = step;
    t->root.n = n;
    t->top = &t->root;
    push(t);
}

/* ---- resuming -------------------------------------------------------------------------------------------------- */

typedef struct object {
    void (*call)(struct object *object);
    struct object *next;
    uint64_t n;
} object;

static APART void object_odd(object *o) { o->n++; }
static APART void object_even(object *o) { o->n += 2; }

/* indirect-N: a dependent indirect call round a ring of N */
static void indirect(const char *name, uint64_t n)
{
    size_t count = (size_t)atoi(name + 9), i;
    object *objects = (object *)get(count, sizeof *objects), *o = objects;
    uint64_t k;
    double begin;
    for (i = 0; i < count; i++) {
        objects[i].call = i % 2 ? object_odd : object_even;
        objects[i].next = &objects[(i + 1) % count];
    }
    begin = cpu_ns();
    for (k = 0; k < n; k++) {
        ESCAPE(o);
        o->call(o);
        o = o->next;
    }
    report(name, (cpu_ns() - begin) / (double)n);
    free(objects);
}

static APART int yield(task *t, frame *f)
{
    (void)t;
    switch (f->at) {
    case 0:
        while (f->n > 0) {
            f->n--;
            f->at = 1;
            return YIELD;
    case 1:;
        }
    }
    return DONE;
}

/* fifo-N: N tasks through the FIFO */
static void fifo(const char *name, uint64_t n)
{
    size_t count = (size_t)atoi(name + 5), i;
    task *tasks = (task *)get(count, sizeof *tasks);
    double begin;
    for (i = 0; i < count; i++)
        start(&tasks[i], yield, n / count + 1);
    begin = cpu_ns();
    run();
    report(name, (cpu_ns() - begin) / (double)n);
    free(tasks);
}

/* ---- calling --------------------------------------------------------------------------------------------------- */

static APART uint64_t plain(uint64_t x)
{
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

static void call_plain(const char *name, uint64_t n)
{
    uint64_t i, x = 0;
    double begin = cpu_ns();
    for (i = 0; i < n; i++)
        x = plain(i);
    report(name, (cpu_ns() - begin) / (double)n);
    require(x == n, name);
}

/* call-stack, call-stack-apart: frames on a stack of their own, entered by a switch, with every variable in them: what a
 * call must do when caller and callee could suspend. */
typedef struct stack {
    unsigned char *sp, *end;
} stack;
typedef struct callee {
    uint32_t at;
    int status;
    uint64_t x, result;
} callee;
typedef struct caller {
    uint32_t at;
    int status;
    uint64_t n, i, x;
} caller;

#define CALL(stacked, how)                                                  \
    static how int stacked(stack *s, callee *f)                              \
    {                                                                        \
        (void)s;                                                             \
        switch (f->at) {                                                     \
        case 0:                                                              \
            f->result = f->x + 1;                                            \
            break;                                                           \
        default:                                                             \
            abort();                                                         \
        }                                                                    \
        return f->status;                                                    \
    }                                                                        \
                                                                             \
    static APART int stacked##_caller(stack *s, caller *self)                \
    {                                                                        \
        callee *f;                                                           \
        switch (self->at) {                                                  \
        case 0:                                                              \
            for (self->i = 0; self->i < self->n; self->i++) {                \
                f = (callee *)(void *)s->sp;                                 \
                if ((size_t)(s->end - s->sp) < sizeof *f)                    \
                    abort();                                                 \
                s->sp += sizeof *f;                                          \
                f->at = 0;                                                   \
                f->status = DONE;                                            \
                f->x = self->i;                                              \
                if (stacked(s, f) != DONE) {                                 \
                    self->at = 1;                                            \
                    return PENDING;                                          \
        case 1:                                                              \
                    f = (callee *)(void *)s->sp;                             \
                }                                                            \
                s->sp = (unsigned char *)f;                                  \
                self->x = f->result;                                         \
            }                                                                \
        }                                                                    \
        return DONE;                                                         \
    }

CALL(stacked, inline)
CALL(stacked_apart, APART)

static void call_stack(const char *name, uint64_t n)
{
    static union {
        uint64_t align;
        unsigned char bytes[4096];
    } area;
    stack s;
    caller c = { 0, 0, 0, 0, 0 };
    double begin;
    s.sp = area.bytes;
    s.end = area.bytes + sizeof area.bytes;
    c.n = n;
    begin = cpu_ns();
    require((name[10] == 0 ? stacked_caller : stacked_apart_caller)(&s, &c) == DONE, name);
    report(name, (cpu_ns() - begin) / (double)n);
    require(c.x == n, name);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static void malloc_free(const char *name, uint64_t n)
{
    uint64_t i;
    double begin = cpu_ns();
    for (i = 0; i < n; i++) {
        void *p = malloc(64);
        ESCAPE(p);
        free(p);
    }
    report(name, (cpu_ns() - begin) / (double)n);
}

/* ---- a queue with one producer and one consumer ---------------------------------------------------------------- */

typedef struct queue {
    uint64_t *items;
    uint32_t capacity, head, count;
    task *getter, *putter;
} queue;
typedef struct queue_task {
    task t;
    queue *in, *out;
    uint64_t sum;
} queue_task;

static inline void wake(task **waiter)
{
    if (*waiter != NULL) {
        push(*waiter);
        *waiter = NULL;
    }
}

static inline void put(queue *q, uint64_t item)
{
    uint32_t at = q->head + q->count;
    q->items[at < q->capacity ? at : at - q->capacity] = item;
    q->count++;
    wake(&q->getter);
}

static inline uint64_t take(queue *q)
{
    uint64_t item = q->items[q->head];
    if (++q->head == q->capacity)
        q->head = 0;
    q->count--;
    wake(&q->putter);
    return item;
}

static APART int produce(task *t, frame *f)
{
    queue *q = ((queue_task *)t)->out;
    switch (f->at) {
    case 0:
        while (f->n > 0) {
            f->n--;
            while (q->count == q->capacity) {
                q->putter = t;
                f->at = 1;
                return PENDING;
    case 1:;
            }
            put(q, f->n);
        }
    }
    return DONE;
}

static APART int consume(task *t, frame *f)
{
    queue *q = ((queue_task *)t)->in;
    switch (f->at) {
    case 0:
        while (f->n > 0) {
            f->n--;
            while (q->count == 0) {
                q->getter = t;
                f->at = 1;
                return PENDING;
    case 1:;
            }
            ((queue_task *)t)->sum += take(q);
        }
    }
    return DONE;
}

/* Gets and puts, or puts and gets, in turn. */
static APART int rally(task *t, frame *f)
{
    queue_task *s = (queue_task *)t;
    switch (f->at) {
    case 0:
        while (f->n > 0) {
            f->n--;
            if (s->sum != 0) /* serves */
                put(s->out, 1);
            while (s->in->count == 0) {
                s->in->getter = t;
                f->at = 1;
                return PENDING;
    case 1:;
            }
            take(s->in);
            if (s->sum == 0)
                put(s->out, 1);
        }
    }
    return DONE;
}

static uint64_t items[2][100];

/* ready-queue-N: capacity N */
static void bounded(const char *name, uint64_t n)
{
    static queue_task producer, consumer;
    queue q = { items[0], 0, 0, 0, NULL, NULL };
    double begin;
    q.capacity = (uint32_t)atoi(name + 12);
    start(&producer.t, produce, n);
    start(&consumer.t, consume, n);
    producer.out = consumer.in = &q;
    begin = cpu_ns();
    run();
    report(name, (cpu_ns() - begin) / (double)n);
    require(consumer.sum == n * (n - 1) / 2, name);
}

static void pingpong(const char *name, uint64_t n)
{
    static queue_task a, b;
    queue there = { items[0], 1, 0, 0, NULL, NULL }, back = { items[1], 1, 0, 0, NULL, NULL };
    double begin;
    start(&a.t, rally, n);
    start(&b.t, rally, n);
    a.sum = 1;
    a.out = b.in = &there;
    a.in = b.out = &back;
    begin = cpu_ns();
    run();
    report(name, (cpu_ns() - begin) / (double)n);
    require(a.t.root.n == 0 && b.t.root.n == 0, name);
}

/* ---- timers: a heap of four children each, with the deadlines inside ------------------------------------------- */

typedef struct timer {
    uint32_t at;
} timer;
static struct entry {
    uint64_t deadline;
    timer *t;
} *heap;
static uint32_t heap_count;
static uint64_t fired;

static inline void heap_set(uint32_t at, struct entry e)
{
    heap[at] = e;
    e.t->at = at;
}

static void heap_up(uint32_t at, struct entry e)
{
    while (at > 0 && heap[(at - 1) / 4].deadline > e.deadline) {
        heap_set(at, heap[(at - 1) / 4]);
        at = (at - 1) / 4;
    }
    heap_set(at, e);
}

static void heap_down(uint32_t at, struct entry e)
{
    for (;;) {
        uint32_t child = at * 4 + 1, least = child, end = child + 4 < heap_count ? child + 4 : heap_count;
        if (child >= heap_count)
            break;
        while (++child < end)
            if (heap[child].deadline < heap[least].deadline)
                least = child;
        if (heap[least].deadline >= e.deadline)
            break;
        heap_set(at, heap[least]);
        at = least;
    }
    heap_set(at, e);
}

static void heap_add(timer *t, uint64_t deadline)
{
    struct entry e;
    e.deadline = deadline;
    e.t = t;
    heap_up(heap_count++, e);
}

static void heap_remove(timer *t)
{
    struct entry last = heap[--heap_count];
    uint32_t at = t->at;
    if (at == heap_count)
        return;
    if (at > 0 && heap[(at - 1) / 4].deadline > last.deadline)
        heap_up(at, last);
    else
        heap_down(at, last);
}

static timer *heap_first(void)
{
    timer *t = heap[0].t;
    struct entry last = heap[--heap_count];
    if (heap_count > 0)
        heap_down(0, last);
    return t;
}

static void timers(const char *name, uint64_t n)
{
    timer *all = (timer *)get(n, sizeof *all);
    uint32_t *order = shuffled(n), state = SEED;
    uint64_t i;
    double begin;
    (void)name;
    heap = (struct entry *)get(n, sizeof *heap);
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        heap_add(&all[i], random_ms(&state));
    report("timer-start", (cpu_ns() - begin) / (double)n);
    begin = cpu_ns();
    while (heap_count > 0)
        heap_first()->at = 0;
    report("timer-fire", (cpu_ns() - begin) / (double)n);
    for (i = 0; i < n; i++)
        heap_add(&all[i], random_ms(&state));
    begin = cpu_ns();
    for (i = 0; i < n; i++)
        heap_remove(&all[order[i]]);
    report("timer-cancel", (cpu_ns() - begin) / (double)n);
    free(heap);
    free(order);
    free(all);
}

typedef struct sleeper {
    task t;
    timer timer;
} sleeper;

static APART int sleep_once(task *t, frame *f)
{
    switch (f->at) {
    case 0:
        heap_add(&((sleeper *)t)->timer, SLEEP_MS);
        f->at = 1;
        return PENDING;
    case 1:
        fired++;
    }
    return DONE;
}

/* Tasks from malloc; nobody reads a clock. */
static void sleep_many(const char *name, uint64_t n)
{
    double bytes = resident_bytes(), begin = cpu_ns();
    uint64_t i;
    heap = (struct entry *)malloc(n * sizeof *heap);
    require(heap != NULL, "no memory");
    for (i = 0; i < n; i++) {
        sleeper *s = (sleeper *)malloc(sizeof *s);
        require(s != NULL, "no memory");
        start(&s->t, sleep_once, 0);
    }
    run();
    report("sleep-start", (cpu_ns() - begin) / (double)n);
    report("sleep-bytes", (resident_bytes() - bytes) / (double)n);
    begin = cpu_ns();
    while (heap_count > 0) {
        sleeper *s = (sleeper *)(void *)((char *)heap_first() - offsetof(sleeper, timer));
        push(&s->t);
        run();
        free(s);
    }
    report("sleep-wake", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
    free(heap);
}

int main(int argc, char **argv)
{
    static const workload workloads[] = {
        { "indirect-2", indirect }, { "indirect-1000", indirect }, { "fifo-2", fifo }, { "fifo-1000", fifo },
        { "call-plain", call_plain }, { "call-stack", call_stack },
        { "call-stack-apart", call_stack }, { "malloc-free", malloc_free },
        { "ready-pong", pingpong }, { "ready-queue-1", bounded }, { "ready-queue-100", bounded },
        { "timers", timers }, { "sleep", sleep_many },
    };
    (void)argc;
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
