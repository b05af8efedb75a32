/* The servers' listening socket. Nothing here is about asyncio but the last step: descriptors are non-blocking. */
#include <netinet/in.h>
#include <stdio.h>

/* Listens on a port of this machine, 0: on any, and says on which. The descriptor, or -errno. */
static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t length = sizeof address;
    int on = 1, error, fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0 || async_fd_set_nonblocking(fd) < 0) {
        error = errno;
        close(fd);
        return -error;
    }
    printf("listening on port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}
