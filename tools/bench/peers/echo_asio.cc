// echo_asio.cc: Boost.Asio with C++20 coroutines, one thread: echo_asio PORT
#include <utility> // which Asio 1.74 forgets

#include <boost/asio.hpp>
#include <cstdlib>

namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

asio::awaitable<void> client(tcp::socket socket)
{
    char buffer[4096];
    try {
        for (;;) {
            auto size = co_await socket.async_read_some(asio::buffer(buffer), use_awaitable);
            co_await asio::async_write(socket, asio::buffer(buffer, size), use_awaitable);
        }
    } catch (const std::exception &) { // it has gone
    }
}

asio::awaitable<void> server(unsigned short port)
{
    auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor, { asio::ip::address_v4::loopback(), port });
    for (;;) {
        auto socket = co_await acceptor.async_accept(use_awaitable);
        socket.set_option(tcp::no_delay(true));
        asio::co_spawn(executor, client(std::move(socket)), asio::detached);
    }
}

} // namespace

int main(int argc, char **argv)
{
    asio::io_context io(1);
    asio::co_spawn(io, server((unsigned short)std::atoi(argc > 1 ? argv[1] : "8888")), asio::detached);
    io.run();
}
