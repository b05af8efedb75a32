// coroutines.cc: C++20 coroutines on a hand-written FIFO: what a compiler's own coroutines give. No cancellation, no timers.
#include "../bench.h"

#include <coroutine>
#include <utility>
#include <vector>

namespace {

using handle = std::coroutine_handle<>;

struct node {
    node *next;
    handle coroutine;
};

node *first, **last = &first;

void push(node *n)
{
    n->next = nullptr;
    *last = n;
    last = &n->next;
}

void run()
{
    while (node *n = first) {
        first = n->next;
        if (first == nullptr)
            last = &first;
        n->coroutine.resume();
    }
}

struct yield : node {
    bool await_ready() { return false; }
    void await_suspend(handle h)
    {
        coroutine = h;
        push(this);
    }
    void await_resume() {}
};

template <class T> struct task {
    struct promise_type {
        T value;
        handle caller;
        struct final {
            bool await_ready() noexcept { return false; }
            handle await_suspend(std::coroutine_handle<promise_type> h) noexcept
            {
                return h.promise().caller ? h.promise().caller : std::noop_coroutine();
            }
            void await_resume() noexcept {}
        };
        task get_return_object() { return { std::coroutine_handle<promise_type>::from_promise(*this) }; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        final final_suspend() noexcept { return {}; }
        void return_value(T v) { value = v; }
        void unhandled_exception() { abort(); }
    };
    std::coroutine_handle<promise_type> coroutine;
    bool await_ready() { return false; }
    handle await_suspend(handle h)
    {
        coroutine.promise().caller = h;
        return coroutine;
    }
    T await_resume()
    {
        T value = coroutine.promise().value;
        coroutine.destroy();
        return value;
    }
};

// Runs these to their end.
void run_all(std::vector<task<int>> tasks)
{
    std::vector<node> nodes(tasks.size());
    for (size_t i = 0; i < tasks.size(); i++) {
        nodes[i].coroutine = tasks[i].coroutine;
        push(&nodes[i]);
    }
    run();
    for (auto &t : tasks)
        t.coroutine.destroy();
}

task<int> yielder(uint64_t n)
{
    while (n-- > 0)
        co_await yield{};
    co_return 0;
}

void resume(const char *name, uint64_t n)
{
    uint64_t count = strtoull(name + 7, nullptr, 10), each = n / count + 1;
    std::vector<task<int>> tasks;
    for (uint64_t i = 0; i < count; i++)
        tasks.push_back(yielder(each));
    double begin = cpu_ns();
    run_all(std::move(tasks));
    report(name, (cpu_ns() - begin) / (double)(each * count));
}

APART task<uint64_t> child(uint64_t x) { co_return x + 1; }

task<int> caller(const char *name, uint64_t n)
{
    uint64_t x = 0;
    double begin = cpu_ns();
    for (uint64_t i = 0; i < n; i++)
        x = co_await child(i);
    report(name, (cpu_ns() - begin) / (double)n);
    require(x == n, name);
    co_return 0;
}

void call(const char *name, uint64_t n) { run_all({ caller(name, n) }); }

task<int> level(const char *name, int depth, uint64_t n)
{
    if (depth > 1)
        co_return co_await level(name, depth - 1, n);
    double begin = cpu_ns();
    for (uint64_t i = 0; i < n; i++)
        co_await yield{};
    report(name, (cpu_ns() - begin) / (double)n);
    co_return 0;
}

void depth(const char *name, uint64_t n) { run_all({ level(name, atoi(name + 6), n) }); }

// A task that can be joined: a coroutine around the one that works.
struct joinable {
    node n{};
    node *joiner = nullptr;
    bool done = false;
};

task<int> trivial() { co_return 0; }

task<int> joined(joinable *j, task<int> t)
{
    co_await t;
    j->done = true;
    if (j->joiner != nullptr)
        push(j->joiner);
    co_return 0;
}

struct join : node {
    joinable *of;
    explicit join(joinable *j) : of(j) {}
    bool await_ready() { return of->done; }
    void await_suspend(handle h)
    {
        coroutine = h;
        of->joiner = this;
    }
    void await_resume() {}
};

task<int> spawner(const char *name, uint64_t n)
{
    double begin = cpu_ns();
    for (uint64_t i = 0; i < n; i++) {
        joinable j;
        auto t = joined(&j, trivial());
        j.n.coroutine = t.coroutine;
        push(&j.n);
        co_await join(&j);
        t.coroutine.destroy();
    }
    report(name, (cpu_ns() - begin) / (double)n);
    co_return 0;
}

void create_join(const char *name, uint64_t n) { run_all({ spawner(name, n) }); }

task<int> gatherer(const char *name, uint64_t n)
{
    enum { COUNT = 1000 };
    std::vector<joinable> all(COUNT);
    std::vector<handle> coroutines(COUNT);
    double begin = cpu_ns();
    for (uint64_t i = 0; i < n; i += COUNT) {
        for (int k = 0; k < COUNT; k++) {
            all[k].joiner = nullptr;
            all[k].done = false;
            all[k].n.coroutine = coroutines[k] = joined(&all[k], trivial()).coroutine;
            push(&all[k].n);
        }
        for (int k = 0; k < COUNT; k++) {
            co_await join(&all[k]);
            coroutines[k].destroy();
        }
    }
    report(name, (cpu_ns() - begin) / (double)((n + COUNT - 1) / COUNT * COUNT));
    co_return 0;
}

void gather(const char *name, uint64_t n) { run_all({ gatherer(name, n) }); }

struct wait : node {
    node **waiter;
    explicit wait(node **w) : waiter(w) {}
    bool await_ready() { return false; }
    void await_suspend(handle h)
    {
        coroutine = h;
        *waiter = this;
    }
    void await_resume() {}
};

void wake(node **waiter)
{
    if (*waiter != nullptr)
        push(std::exchange(*waiter, nullptr));
}

struct bounded {
    std::vector<uint64_t> items;
    uint32_t capacity, head = 0, count = 0;
    node *getter = nullptr, *putter = nullptr;
    explicit bounded(uint32_t c) : items(c), capacity(c) {}
    void put(uint64_t item)
    {
        uint32_t at = head + count;
        items[at < capacity ? at : at - capacity] = item;
        count++;
        wake(&getter);
    }
    uint64_t take()
    {
        uint64_t item = items[head];
        if (++head == capacity)
            head = 0;
        count--;
        wake(&putter);
        return item;
    }
};

task<int> producer(bounded &q, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        while (q.count == q.capacity)
            co_await wait(&q.putter);
        q.put(i);
    }
    co_return 0;
}

task<int> consumer(bounded &q, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        while (q.count == 0)
            co_await wait(&q.getter);
        sum += q.take();
    }
    require(sum == n * (n - 1) / 2, "the queue loses items");
    co_return 0;
}

void queue(const char *name, uint64_t n)
{
    bounded q((uint32_t)atoi(name + 6));
    double begin = cpu_ns();
    run_all({ producer(q, n), consumer(q, n) });
    report(name, (cpu_ns() - begin) / (double)n);
}

task<int> rally(bounded &in, bounded &out, uint64_t n, bool serves)
{
    for (uint64_t i = 0; i < n; i++) {
        if (serves)
            out.put(i);
        while (in.count == 0)
            co_await wait(&in.getter);
        uint64_t item = in.take();
        if (!serves)
            out.put(item);
    }
    co_return 0;
}

void ping_pong(const char *name, uint64_t n)
{
    bounded there(1), back(1);
    double begin = cpu_ns();
    run_all({ rally(back, there, n, true), rally(there, back, n, false) });
    report(name, (cpu_ns() - begin) / (double)n);
}

// A lock that goes to who has waited longest.
struct mutex {
    bool held = false;
    node *head = nullptr, **tail = &head;
    struct acquire : node {
        mutex *m;
        explicit acquire(mutex *of) : m(of) {}
        bool await_ready() { return m->held ? false : (m->held = true); }
        void await_suspend(handle h)
        {
            coroutine = h;
            next = nullptr;
            *m->tail = this;
            m->tail = &next;
        }
        void await_resume() {}
    };
    void release()
    {
        node *n = head;
        if (n == nullptr) {
            held = false;
            return;
        }
        head = n->next;
        if (head == nullptr)
            tail = &head;
        push(n);
    }
};

task<int> contender(mutex &m, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        co_await mutex::acquire(&m);
        co_await yield{};
        m.release();
    }
    co_return 0;
}

void lock(const char *name, uint64_t n)
{
    mutex m;
    double begin = cpu_ns();
    run_all({ contender(m, n / 2), contender(m, n / 2) });
    report(name, (cpu_ns() - begin) / (double)(n / 2 * 2));
}

// Asleep is who stands in a list: there is no structure of timers.
node *sleeping;
uint64_t woken;

struct fall_asleep : node {
    bool await_ready() { return false; }
    void await_suspend(handle h)
    {
        coroutine = h;
        next = sleeping;
        sleeping = this;
    }
    void await_resume() {}
};

task<int> sleeper()
{
    co_await fall_asleep{};
    woken++;
    co_return 0;
}

void sleep_many(const char *name, uint64_t n)
{
    std::vector<handle> all(n);
    double bytes = resident_bytes(), begin = cpu_ns();
    for (auto &h : all) {
        h = sleeper().coroutine;
        h.resume();
    }
    report("sleep-start", (cpu_ns() - begin) / (double)n);
    report("sleep-bytes", (resident_bytes() - bytes) / (double)n);
    begin = cpu_ns();
    while (node *s = sleeping) {
        sleeping = s->next;
        push(s);
    }
    run();
    for (auto &h : all)
        h.destroy();
    report("sleep-wake", (cpu_ns() - begin) / (double)n);
    require(woken == n, name);
}

} // namespace

int main(int, char **argv)
{
    static const workload workloads[] = {
        { "resume-2", resume }, { "resume-1000", resume }, { "call", call }, { "depth-1", depth }, { "depth-10", depth },
        { "depth-100", depth }, { "depth-1000", depth }, { "create-join", create_join }, { "gather", gather },
        { "ping-pong", ping_pong }, { "queue-1", queue }, { "queue-100", queue }, { "lock", lock }, { "sleep", sleep_many },
    };
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
