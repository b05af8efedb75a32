#include <utility>

#include <boost/asio.hpp>

namespace asio = boost::asio;

static asio::awaitable<void> once(asio::io_context &io)
{
    asio::steady_timer timer(io, std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
}

int main()
{
    asio::io_context io(1);
    asio::co_spawn(io, once(io), asio::detached);
    io.run();
}
