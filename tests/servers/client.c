/* The other side of the servers under test: a process of its own, on poll() alone, so that it shares nothing with
 * asyncio.h. All clients are connected before the first speaks and until the last has finished.
 *
 *   client echo PORT CLIENTS MESSAGES SENT RECEIVED   what was sent and what came back, client by client, to files
 *   client chat PORT CLIENTS MESSAGES SENT RECEIVED   the same for rooms of five: what each sent to each other
 *   client flood PORT CLIENTS                         send without reading, until killed; says "flooding" midway;
 *                                                     a single one never pauses, and so always has more to be read
 *   client hold PORT CLIENTS                          says "holding" when connected; waits for the server to close
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 5, SECONDS = 50 };

struct bytes {
    char *at;
    size_t size, capacity;
};

struct client {
    int fd;
    struct bytes out, in;
    size_t sent, allowed; /* how far of out was sent and may be sent */
    size_t *ends;         /* of the messages in out */
    struct bytes expected, heard[ROOM]; /* chat: what the others hear of this one; what it heard of each */
    size_t parsed;
};

static struct client *clients;
static struct pollfd *polled;
static int count, messages, port;
static unsigned long long seed = 1;

static void fail(const char *what)
{
    fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void append(struct bytes *to, const void *data, size_t size)
{
    if (to->size + size > to->capacity) {
        to->capacity = 2 * to->capacity + size;
        to->at = realloc(to->at, to->capacity);
        if (to->at == NULL)
            fail("memory");
    }
    memcpy(to->at + to->size, data, size);
    to->size += size;
}

static unsigned next_random(void)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(seed >> 33);
}

static void connect_one(struct client *client)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    if (fcntl(client->fd, F_SETFL, O_NONBLOCK) != 0)
        fail("fcntl");
}

/* What can be sent is sent. */
static void push(struct client *client)
{
    while (client->sent < client->allowed) {
        ssize_t n = send(client->fd, client->out.at + client->sent, client->allowed - client->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            fail("send");
        client->sent += (size_t)n;
    }
}

/* What has come is taken; false at the end of the stream. */
static int pull(struct client *client)
{
    char buffer[16384];
    ssize_t n;
    while ((n = recv(client->fd, buffer, sizeof buffer, 0)) > 0)
        append(&client->in, buffer, (size_t)n);
    if (n < 0 && errno != EAGAIN)
        fail("recv");
    return n != 0;
}

static void wait_for_any(int reading)
{
    int i;
    for (i = 0; i < count; i++) {
        polled[i].fd = clients[i].fd;
        polled[i].events = (short)((reading ? POLLIN : 0) | (clients[i].sent < clients[i].allowed ? POLLOUT : 0));
    }
    if (poll(polled, (nfds_t)count, SECONDS * 1000) <= 0)
        fail("nothing happens");
}

/* One round of sending and receiving over all; an end of a stream is an error. */
static void exchange(void)
{
    int i;
    wait_for_any(1);
    for (i = 0; i < count; i++) {
        if (polled[i].revents & POLLOUT)
            push(&clients[i]);
        if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) && !pull(&clients[i])) {
            errno = 0;
            fail("the server closed a connection");
        }
    }
}

static void to_file(const char *name, const struct bytes *part)
{
    FILE *file = fopen(name, "ab");
    if (file == NULL || fwrite(part->at, 1, part->size, file) != part->size || fclose(file) != 0)
        fail(name);
}

static void echo(const char *sent, const char *received)
{
    int i, k, finished = 0, half = 0;
    for (i = 0; i < count; i++) {
        struct client *client = &clients[i];
        connect_one(client);
        client->ends = malloc((size_t)messages * sizeof *client->ends);
        if (client->ends == NULL)
            fail("memory");
        for (k = 0; k < messages; k++) {
            char text[400];
            size_t j, size = 1 + next_random() % sizeof text;
            for (j = 0; j < size; j++)
                text[j] = (char)next_random();
            append(&client->out, text, size);
            client->ends[k] = client->out.size;
        }
    }
    while (finished < count) {
        for (i = finished = 0; i < count; i++) {
            struct client *client = &clients[i];
            /* as many messages on the way as the client's number says: 1 to 8 */
            for (k = (int)client->parsed; k < messages && client->ends[k] <= client->in.size; k++) {
            }
            client->parsed = (size_t)k;
            k += i % 8;
            client->allowed = client->ends[k < messages ? k : messages - 1];
            finished += client->in.size >= client->out.size;
        }
        if (!half && finished * 2 >= count) {
            half = 1;
            puts("midway");
            fflush(stdout);
        }
        if (finished < count)
            exchange();
    }
    for (i = 0; i < count; i++) {
        to_file(sent, &clients[i].out);
        to_file(received, &clients[i].in);
    }
}

/* Takes the lines that have come apart: gives the notices of somebody joining, and keeps what was said. */
static int take_lines(struct client *client, int first)
{
    int joined = 0;
    char *end;
    while (client->parsed < client->in.size
        && (end = memchr(client->in.at + client->parsed, '\n', client->in.size - client->parsed)) != NULL) {
        char *line = client->in.at + client->parsed, *rest;
        long number = line[0] == 'c' ? strtol(line + 1, &rest, 10) : -1;
        client->parsed = (size_t)(end + 1 - client->in.at);
        if (number < 0)
            continue;
        if (strncmp(rest, " has joined r", 13) == 0)
            joined++;
        else if (strncmp(rest, ": ", 2) == 0 && number >= first && number < first + ROOM)
            append(&client->heard[number - first], line, (size_t)(end + 1 - line));
    }
    return joined;
}

static void chat(const char *sent, const char *received)
{
    int i, j, k, joined = 0, wanted = 0, finished = 0;
    char text[128];
    for (i = 0; i < count; i++) {
        connect_one(&clients[i]);
        append(&clients[i].out, text, (size_t)snprintf(text, sizeof text, "/name c%d\n/join r%d\n", i, i / ROOM));
        clients[i].allowed = clients[i].out.size;
        push(&clients[i]);
        wanted += i % ROOM;
    }
    /* whoever joins is announced to those who are there: all are there when all were announced */
    while (joined < wanted) {
        exchange();
        for (i = 0; i < count; i++)
            joined += take_lines(&clients[i], i / ROOM * ROOM);
    }
    for (i = 0; i < count; i++) {
        struct client *client = &clients[i];
        for (k = 0; k < messages; k++) {
            int size = snprintf(text, sizeof text, "c%d: %d ", i, k), prefix = (int)(strchr(text, ' ') - text) + 1;
            for (j = (int)(next_random() % 60); j > 0; j--)
                text[size++] = (char)('!' + next_random() % 90);
            text[size++] = '\n';
            append(&client->expected, text, (size_t)size);
            append(&client->out, text + prefix, (size_t)(size - prefix));
        }
        client->allowed = client->out.size;
    }
    while (finished < count) {
        exchange();
        for (i = finished = 0; i < count; i++) {
            int first = i / ROOM * ROOM, whole = clients[i].sent == clients[i].out.size;
            take_lines(&clients[i], first);
            for (j = 0; j < ROOM && first + j < count; j++)
                whole &= first + j == i || clients[i].heard[j].size >= clients[first + j].expected.size;
            finished += whole;
        }
    }
    for (i = 0; i < count; i++)
        for (j = 0; j < ROOM; j++) {
            int other = i / ROOM * ROOM + j;
            if (other != i && other < count) {
                to_file(sent, &clients[other].expected);
                to_file(received, &clients[i].heard[j]);
            }
        }
}

static void flood(void)
{
    int i, k, round;
    char room[32];
    static char text[4000];
    memset(text, 'x', sizeof text);
    for (i = 79; i < (int)sizeof text; i += 80)
        text[i] = '\n';
    for (i = 0; i < count; i++) {
        connect_one(&clients[i]);
        append(&clients[i].out, room, (size_t)snprintf(room, sizeof room, "/join r%d\n", i / ROOM));
        for (k = 0; k < 20; k++)
            append(&clients[i].out, text, sizeof text);
        clients[i].allowed = clients[i].out.size;
    }
    for (round = 0;; round++) {
        for (i = 0; i < count; i++) {
            push(&clients[i]);
            if (clients[i].sent == clients[i].allowed && (i % 2 || count == 1))
                clients[i].sent = 0;
        }
        if (round == 20) {
            puts("flooding");
            fflush(stdout);
        }
        if (count > 1)
            poll(NULL, 0, 10);
    }
}

static void hold(void)
{
    int i, left = count;
    for (i = 0; i < count; i++)
        connect_one(&clients[i]);
    puts("holding");
    fflush(stdout);
    while (left > 0) {
        wait_for_any(1);
        for (i = 0; i < count; i++)
            if (clients[i].fd >= 0 && polled[i].revents && !pull(&clients[i])) {
                close(clients[i].fd);
                clients[i].fd = -1;
                left--;
            }
    }
    printf("%d were closed\n", count);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    port = atoi(argv[2]);
    count = atoi(argv[3]);
    messages = argc > 4 ? atoi(argv[4]) : 0;
    clients = calloc((size_t)count, sizeof *clients);
    polled = calloc((size_t)count, sizeof *polled);
    if (clients == NULL || polled == NULL)
        fail("memory");
    if (strcmp(argv[1], "echo") == 0 && argc == 7)
        echo(argv[5], argv[6]);
    else if (strcmp(argv[1], "chat") == 0 && argc == 7)
        chat(argv[5], argv[6]);
    else if (strcmp(argv[1], "flood") == 0)
        flood();
    else if (strcmp(argv[1], "hold") == 0)
        hold();
    else
        return 2;
    return 0;
}
