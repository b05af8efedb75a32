/* load.c: clients of an echo server on this machine, on one epoll loop.
 *
 *     load PORT ACTIVE IDLE MILLISECONDS PID [SIZE]
 *
 * ACTIVE connections send SIZE (64) bytes and wait for them to come back, again and again; IDLE ones only exist. When all
 * have been answered once, and after a while of warming up, it counts, and prints as lines `measure value`: requests per
 * second; the CPU time that all threads of process PID took for each request, in microseconds, from the scheduler's own
 * count; the middle and the 99th percentile of the times that requests took, in microseconds; and how many requests there
 * were, those of the warm-up included. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP_MS = 100, EVENTS = 512, BUCKETS = 65536, BUCKET_NS = 500 };

typedef struct connection {
    int fd;
    int answered;
    size_t received;
    uint64_t sent_at;
} connection;

static uint32_t histogram[BUCKETS]; /* the last one is for all that took longer */
static char message[65536], answer[65536];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void nap_ms(long ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&t, NULL);
}

/* What all threads of a process have been running for, in nanoseconds. */
static double cpu_ns(const char *pid)
{
    char path[400];
    double sum = 0;
    struct dirent *entry;
    DIR *threads;
    snprintf(path, sizeof path, "/proc/%.20s/task", pid);
    threads = opendir(path);
    while (threads != NULL && (entry = readdir(threads)) != NULL) {
        unsigned long long ran;
        FILE *file;
        snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/schedstat", pid, entry->d_name);
        file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (file == NULL)
            continue;
        if (fscanf(file, "%llu", &ran) == 1)
            sum += (double)ran;
        fclose(file);
    }
    if (threads != NULL)
        closedir(threads);
    return sum;
}

/* The server may not listen yet. */
static int connected(int port)
{
    struct sockaddr_in address;
    int tries, fd, on = 1;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (tries = 0; tries < 500; tries++) {
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0)
            fail("load: socket");
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return fd;
        }
        close(fd);
        nap_ms(20);
    }
    fail("load: connect");
    return -1;
}

static void send_request(connection *c, size_t size)
{
    c->received = 0;
    c->sent_at = now_ns();
    if (write(c->fd, message, size) != (ssize_t)size)
        fail("load: write");
}

static double percentile(uint64_t requests, double part)
{
    uint64_t sum = 0;
    int i;
    for (i = 0; i < BUCKETS; i++) {
        sum += histogram[i];
        if ((double)sum >= part * (double)requests)
            break;
    }
    return i * (BUCKET_NS / 1e3);
}

int main(int argc, char **argv)
{
    int port, active, idle, i, count, unanswered, silent = 0, poller = epoll_create1(0);
    uint64_t duration, t, warm = 0, begin = 0, end = 0, requests = 0, earlier = 0;
    double cpu = 0;
    size_t size = 64;
    connection *connections;
    struct epoll_event events[EVENTS];
    if (argc < 6) {
        fprintf(stderr, "usage: load PORT ACTIVE IDLE MILLISECONDS PID [SIZE]\n");
        return 2;
    }
    port = atoi(argv[1]);
    active = atoi(argv[2]);
    idle = atoi(argv[3]);
    duration = strtoull(argv[4], NULL, 10) * 1000000u;
    if (argc > 6 && strtoull(argv[6], NULL, 10) < sizeof message)
        size = (size_t)strtoull(argv[6], NULL, 10);
    for (i = 0; i < idle; i++) {
        connected(port);
        if (i % 100 == 99) /* for the server to accept them */
            nap_ms(2);
    }
    connections = (connection *)calloc((size_t)active, sizeof *connections);
    if (connections == NULL || poller < 0)
        fail("load");
    for (i = 0; i < active; i++) {
        struct epoll_event event;
        connections[i].fd = connected(port);
        event.events = EPOLLIN;
        event.data.ptr = &connections[i];
        if (epoll_ctl(poller, EPOLL_CTL_ADD, connections[i].fd, &event) < 0)
            fail("load: epoll_ctl");
    }
    unanswered = active;
    for (i = 0; i < active; i++)
        send_request(&connections[i], size);
    for (;;) {
        count = epoll_wait(poller, events, EVENTS, 1000);
        if (count == 0 && ++silent == 10) {
            fprintf(stderr, "load: no answer for ten seconds\n");
            return 1;
        }
        t = now_ns();
        if (unanswered == 0 && warm == 0)
            warm = t + WARM_UP_MS * 1000000u;
        if (begin == 0 && warm != 0 && t >= warm) {
            earlier = requests;
            requests = 0;
            memset(histogram, 0, sizeof histogram);
            cpu = cpu_ns(argv[5]);
            begin = now_ns();
            end = begin + duration;
        }
        if (begin != 0 && t >= end)
            break;
        for (i = 0; i < count; i++) {
            connection *c = (connection *)events[i].data.ptr;
            ssize_t got = read(c->fd, answer, sizeof answer);
            if (got <= 0) {
                fprintf(stderr, "load: the server has closed a connection\n");
                return 1;
            }
            c->received += (size_t)got;
            if (c->received >= size) {
                uint64_t bucket = (now_ns() - c->sent_at) / BUCKET_NS;
                histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
                requests++;
                unanswered -= !c->answered;
                c->answered = 1;
                send_request(c, size);
            }
        }
    }
    if (requests == 0) {
        fprintf(stderr, "load: no request was answered\n");
        return 1;
    }
    end = now_ns();
    cpu = cpu_ns(argv[5]) - cpu;
    printf("rate %.0f\n", (double)requests * 1e9 / (double)(end - begin));
    printf("cpu %.4f\n", cpu / 1e3 / (double)requests);
    printf("p50 %.1f\np99 %.1f\n", percentile(requests, .5), percentile(requests, .99));
    printf("requests %llu\n", (unsigned long long)(earlier + requests));
    return 0;
}
