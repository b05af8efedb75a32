/* Addresses: from text and to text, ports, equality, sockets' names. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "unit.h"

static const char *text(const async_address *address)
{
    static char buffers[4][ASYNC_ADDRESS_TEXT];
    static int next;
    char *buffer = buffers[next++ % 4];
    return async_address_format(address, buffer, ASYNC_ADDRESS_TEXT);
}

/* There and back. */
static void same(const char *address_text, int family, int port)
{
    async_address address, again;
    CHECK_INT(async_address_parse(&address, address_text), ASYNC_OK);
    CHECK_INT(async_address_family(&address), family);
    CHECK_INT(async_address_port(&address), port);
    CHECK_STR(text(&address), address_text);
    CHECK_INT(async_address_set(&again, async_address_sockaddr(&address), address.length), ASYNC_OK);
    CHECK(async_address_equal(&address, &again));
}

TEST(address, there_and_back)
{
    same("127.0.0.1:80", AF_INET, 80);
    same("0.0.0.0:0", AF_INET, 0);
    same("255.255.255.255:65535", AF_INET, 65535);
    same("[::1]:443", AF_INET6, 443);
    same("[::]:0", AF_INET6, 0);
    same("[2001:db8::ff00:42:8329]:8080", AF_INET6, 8080);
    same("[::ffff:10.0.0.1]:1", AF_INET6, 1);
    same("unix:/tmp/socket", AF_UNIX, -1);
    same("unix:relative", AF_UNIX, -1);
#if defined(__linux__)
    same("unix:@abstract", AF_UNIX, -1);
    same("[fe80::1%lo]:7", AF_INET6, 7);
#endif
}

TEST(address, what_is_none)
{
    static const char *const bad[] = { "", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:80x", "127.0.0.1: 80", "127.0.0.1:+80", "1.2.3:80", "256.0.0.1:80", "localhost:80", "::1:80", "[::1]",
        "[::1]:", "[::1]80", "[::1:80", "::1]:80", "[]:80", "[127.0.0.1]:80", "[::1%]:80", "[::1%nosuchzone]:80",
        "127.0.0.1:99999999999999999999", "[1:2:3:4:5:6:7:8:9]:80", "unix:", "http://127.0.0.1:80",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1" };
    async_address address;
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (async_address_parse(&address, bad[i]) != ASYNC_INVALID_ARGUMENT)
            CHECK_STR(bad[i], "refused");
        CHECK_INT(address.length, 0);
    }
    CHECK_INT(async_address_family(&address), AF_UNSPEC);
    CHECK_INT(async_address_port(&address), -1);
    CHECK_INT(async_address_set_port(&address, 80), ASYNC_INVALID_ARGUMENT);
    CHECK_STR(text(&address), "-");
}

TEST(address, hosts_and_ports)
{
    async_address address;
    CHECK_INT(async_address_set_ip(&address, "10.0.0.7", 5), ASYNC_OK);
    CHECK_STR(text(&address), "10.0.0.7:5");
    CHECK_INT(async_address_set_port(&address, 65535), ASYNC_OK);
    CHECK_STR(text(&address), "10.0.0.7:65535");
    CHECK_INT(async_address_set_port(&address, 65536), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_address_set_port(&address, -1), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_address_port(&address), 65535);
    CHECK_INT(async_address_set_ip(&address, "::1", 5), ASYNC_OK);
    CHECK_INT(async_address_set_port(&address, 6), ASYNC_OK);
    CHECK_STR(text(&address), "[::1]:6");
    CHECK_INT(async_address_set_ip(&address, "[::1]", 5), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_address_set_ip(&address, "localhost", 5), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_address_set_ip(&address, "", 5), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_address_set_ip(&address, "1.1.1.1", 65536), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(address.length, 0);
}

TEST(address, paths)
{
    char path[200];
    async_address a, b;
    memset(path, 'p', sizeof path);
    path[sizeof((struct sockaddr_un *)0)->sun_path - 1] = '\0';
    CHECK_INT(async_address_set_path(&a, path), ASYNC_OK);
    CHECK_INT(strlen(text(&a)), 5 + strlen(path));
    path[sizeof((struct sockaddr_un *)0)->sun_path - 1] = 'p';
    path[sizeof((struct sockaddr_un *)0)->sun_path] = '\0';
    CHECK_INT(async_address_set_path(&a, path), -ENAMETOOLONG);
    CHECK_INT(a.length, 0);
    CHECK_INT(async_address_set_path(&a, "/a"), ASYNC_OK);
    CHECK_INT(async_address_set_path(&b, "/b"), ASYNC_OK);
    CHECK(!async_address_equal(&a, &b));
    CHECK_INT(async_address_set_port(&a, 80), ASYNC_INVALID_ARGUMENT);
}

TEST(address, equality)
{
    async_address a, b;
    async_address_parse(&a, "127.0.0.1:80");
    async_address_parse(&b, "127.0.0.1:81");
    CHECK(!async_address_equal(&a, &b));
    async_address_parse(&b, "127.0.0.2:80");
    CHECK(!async_address_equal(&a, &b));
    async_address_parse(&b, "[::ffff:127.0.0.1]:80");
    CHECK(!async_address_equal(&a, &b));
    async_address_parse(&b, "127.0.0.1:80");
    b.storage.bytes[15] = 1; /* padding */
    CHECK(async_address_equal(&a, &b));
    memset(&a, 0, sizeof a);
    CHECK(!async_address_equal(&a, &b));
    memset(&b, 0, sizeof b);
    CHECK(async_address_equal(&a, &b));
}

TEST(address, what_does_not_fit)
{
    unsigned char huge[200] = { 0 };
    char small[10];
    async_address address;
    CHECK_INT(async_address_set(&address, (const struct sockaddr *)(const void *)huge, sizeof huge),
        ASYNC_INVALID_ARGUMENT);
    CHECK_INT(address.length, 0);
    CHECK_INT(async_address_set(&address, NULL, 0), ASYNC_OK);
    async_address_parse(&address, "127.0.0.1:12345");
    CHECK_STR(async_address_format(&address, small, sizeof small), "127.0.0.1");
    address.length = 3; /* of a family, and nothing else */
    CHECK_INT(async_address_port(&address), -1);
    CHECK_STR(text(&address), "family 2");
}

TEST(address, names_of_sockets)
{
    async_address address, name;
    int fds[2], fd = async_socket_open(AF_INET, SOCK_STREAM, 0);
    REQUIRE(fd >= 0);
    CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CHECK_INT(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    async_address_parse(&address, "127.0.0.1:0");
    REQUIRE(bind(fd, async_address_sockaddr(&address), (socklen_t)address.length) == 0);
    CHECK_INT(async_socket_name(fd, &name), ASYNC_OK);
    CHECK(async_address_port(&name) > 0);
    async_address_set_port(&name, 0);
    CHECK(async_address_equal(&address, &name));
    CHECK_INT(async_socket_peer(fd, &name), -ENOTCONN);
    CHECK_INT(name.length, 0);
    close(fd);
    CHECK_INT(async_socket_name(fd, &name), -EBADF);
    CHECK_INT(async_socket_open(12345, SOCK_STREAM, 0), -EAFNOSUPPORT);
    REQUIRE(async_socket_pair(SOCK_STREAM, fds) == ASYNC_OK);
    CHECK_INT(async_socket_name(fds[0], &name), ASYNC_OK);
    CHECK_STR(text(&name), "unix:");
    CHECK_INT(async_socket_peer(fds[0], &name), ASYNC_OK);
    close(fds[0]);
    close(fds[1]);
}
