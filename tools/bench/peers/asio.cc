// asio.cc: Boost.Asio with C++20 coroutines, one thread.
#include <utility> // which Asio 1.74 forgets

#include "../bench.h"

#include <boost/asio.hpp>
#include <deque>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::detached;
using asio::use_awaitable;
using context = asio::io_context;
using timer = asio::steady_timer;

uint64_t fired;

awaitable<void> yielder(context &io, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        co_await asio::post(io, use_awaitable);
}

void resume(const char *name, uint64_t n)
{
    context io(1);
    uint64_t count = strtoull(name + 7, nullptr, 10), each = n / count + 1;
    for (uint64_t i = 0; i < count; i++)
        asio::co_spawn(io, yielder(io, each), detached);
    double begin = cpu_ns();
    io.run();
    report(name, (cpu_ns() - begin) / (double)(each * count));
}

APART awaitable<uint64_t> child(uint64_t x) { co_return x + 1; }

awaitable<void> caller(const char *name, uint64_t n)
{
    uint64_t x = 0;
    double begin = cpu_ns();
    for (uint64_t i = 0; i < n; i++)
        x = co_await child(i);
    report(name, (cpu_ns() - begin) / (double)n);
    require(x == n, name);
}

void call(const char *name, uint64_t n)
{
    context io(1);
    asio::co_spawn(io, caller(name, n), detached);
    io.run();
}

awaitable<void> level(context &io, const char *name, int depth, uint64_t n)
{
    if (depth > 1) {
        co_await level(io, name, depth - 1, n);
        co_return;
    }
    double begin = cpu_ns();
    co_await yielder(io, n);
    report(name, (cpu_ns() - begin) / (double)n);
}

void depth(const char *name, uint64_t n)
{
    context io(1);
    asio::co_spawn(io, level(io, name, atoi(name + 6), n), detached);
    io.run();
}

awaitable<void> trivial() { co_return; }

awaitable<void> spawner(context &io, const char *name, uint64_t n)
{
    double begin = cpu_ns();
    for (uint64_t i = 0; i < n; i++)
        co_await asio::co_spawn(io, trivial(), use_awaitable);
    report(name, (cpu_ns() - begin) / (double)n);
}

void create_join(const char *name, uint64_t n)
{
    context io(1);
    asio::co_spawn(io, spawner(io, name, n), detached);
    io.run();
}

// Asio 1.74 has no gather: the last of a thousand that ends fires a timer.
awaitable<void> counted(uint64_t &running, timer &all_done)
{
    if (--running == 0)
        all_done.cancel();
    co_return;
}

awaitable<void> gatherer(context &io, const char *name, uint64_t n)
{
    enum { COUNT = 1000 };
    double begin = cpu_ns();
    for (uint64_t i = 0; i < n; i += COUNT) {
        timer all_done(io, timer::time_point::max());
        uint64_t running = COUNT;
        for (int k = 0; k < COUNT; k++)
            asio::co_spawn(io, counted(running, all_done), detached);
        boost::system::error_code error;
        co_await all_done.async_wait(asio::redirect_error(use_awaitable, error));
    }
    report(name, (cpu_ns() - begin) / (double)((n + COUNT - 1) / COUNT * COUNT));
}

void gather(const char *name, uint64_t n)
{
    context io(1);
    asio::co_spawn(io, gatherer(io, name, n), detached);
    io.run();
}

void timers(const char *name, uint64_t n)
{
    context io(1);
    std::deque<timer> all;
    uint32_t *order = shuffled(n), state = SEED;
    auto fire = [](const boost::system::error_code &error) { fired += !error; };
    for (uint64_t i = 0; i < n; i++)
        all.emplace_back(io);
    auto start = [&] {
        auto now = timer::clock_type::now();
        for (auto &t : all) {
            t.expires_at(now + std::chrono::milliseconds(random_ms(&state)));
            t.async_wait(fire);
        }
    };
    double begin = cpu_ns();
    start();
    report("timer-start", (cpu_ns() - begin) / (double)n);
    pass_ms(FIRST_MS + SPREAD_MS + MARGIN_MS);
    begin = cpu_ns();
    io.run();
    report("timer-fire", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
    io.restart();
    start();
    begin = cpu_ns();
    for (uint64_t i = 0; i < n; i++)
        all[order[i]].cancel();
    io.run();
    report("timer-cancel", (cpu_ns() - begin) / (double)n);
    free(order);
}

constexpr long longer_ms = 3 * (long)SLEEP_MS; // until all have been started

awaitable<void> sleeper(context &io)
{
    timer t(io, std::chrono::milliseconds(longer_ms));
    co_await t.async_wait(use_awaitable);
    fired++;
}

void sleep_many(const char *name, uint64_t n)
{
    context io(1);
    double bytes = resident_bytes(), begin = cpu_ns();
    for (uint64_t i = 0; i < n; i++) {
        asio::co_spawn(io, sleeper(io), detached);
        io.poll_one(); // which begins it
    }
    report("sleep-start", (cpu_ns() - begin) / (double)n);
    report("sleep-bytes", (resident_bytes() - bytes) / (double)n);
    pass_ms(longer_ms + (long)MARGIN_MS);
    begin = cpu_ns();
    io.run();
    report("sleep-wake", (cpu_ns() - begin) / (double)n);
    require(fired == n, name);
}

} // namespace

int main(int, char **argv)
{
    static const workload workloads[] = {
        { "resume-2", resume }, { "resume-1000", resume }, { "call", call }, { "depth-1", depth }, { "depth-10", depth },
        { "depth-100", depth }, { "depth-1000", depth }, { "create-join", create_join }, { "gather", gather },
        { "timers", timers }, { "sleep", sleep_many },
    };
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
