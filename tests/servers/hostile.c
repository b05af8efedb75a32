/* Clients that mean harm, on plain blocking sockets; each says "holding" when it has done so, and then stays until it is
 * killed.
 *
 *   hostile deaf PORT CLIENTS TEXT COUNT   each sends the text that often, as far as the server takes it, and never reads
 *   hostile slow PORT CLIENTS TEXT         each sends a byte of the text now and then, for ever
 *   hostile vanish PORT CLIENTS TEXT       each sends the text, and is gone without a word, as if its cable was cut;
 *                                          says "cannot" where that is not allowed
 *
 * In the text \r and \n are those. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef TCP_REPAIR
#define TCP_REPAIR 19
#endif

static void fail(const char *what)
{
    fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
    exit(1);
}

static size_t unescape(char *text)
{
    char *to = text;
    const char *from;
    for (from = text; *from != '\0'; from++)
        *to++ = from[0] == '\\' && (from[1] == 'r' || from[1] == 'n') ? (*++from == 'r' ? '\r' : '\n') : *from;
    return (size_t)(to - text);
}

static int connected(int port)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) != 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    return fd;
}

/* Until all is sent, or nothing has been taken for half a second. */
static void send_all(int *fds, int clients, const char *text, size_t size, long count)
{
    size_t whole = size * (size_t)count, *sent = calloc((size_t)clients, sizeof *sent);
    char *all = malloc(whole + 1);
    int idle = 0, i;
    long n;
    if (sent == NULL || all == NULL)
        fail("memory");
    for (n = 0; n < count; n++)
        memcpy(all + (size_t)n * size, text, size);
    while (idle < 5) {
        struct timespec moment = { 0, 100000000 };
        idle++;
        for (i = 0; i < clients; i++)
            while (sent[i] < whole) {
                ssize_t part = send(fds[i], all + sent[i], whole - sent[i], MSG_DONTWAIT | MSG_NOSIGNAL);
                if (part <= 0)
                    break;
                sent[i] += (size_t)part;
                idle = 0;
            }
        nanosleep(&moment, NULL);
    }
    free(all);
    free(sent);
}

int main(int argc, char **argv)
{
    struct timespec moment = { 0, 100000000 };
    int clients = argc > 3 ? atoi(argv[3]) : 0, i, on = 1;
    int *fds = calloc((size_t)clients + 1, sizeof *fds);
    size_t size, at;
    if (argc < 5 || fds == NULL)
        return 2;
    size = unescape(argv[4]);
    for (i = 0; i < clients; i++)
        fds[i] = connected(atoi(argv[2]));
    if (strcmp(argv[1], "slow") == 0) {
        puts("holding");
        fflush(stdout);
        for (at = 0;; at = (at + 1) % size) {
            for (i = 0; i < clients; i++)
                (void)!send(fds[i], argv[4] + at, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
            nanosleep(&moment, NULL);
        }
    }
    send_all(fds, clients, argv[4], size, argc > 5 ? atol(argv[5]) : 1);
    for (i = 0; i < clients && strcmp(argv[1], "vanish") == 0; i++) {
        if (setsockopt(fds[i], IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) != 0) {
            puts("cannot");
            return 0;
        }
        close(fds[i]);
    }
    puts("holding");
    fflush(stdout);
    for (;;)
        pause();
}
