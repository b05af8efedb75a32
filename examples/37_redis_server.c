/* A server that speaks Redis's protocol and keeps strings: for redis-cli, redis-benchmark and any client library.
 *
 *     37_redis_server 6379        then: redis-cli set name value ex 10
 *
 * PING, ECHO, GET, SET with EX, PX, NX, XX, DEL, INCR, EXPIRE, TTL, MULTI, EXEC, DISCARD, QUIT, and of COMMAND and
 * CONFIG GET what those two programs need. Each client is a task: it peeks at what has come, obeys all requests that
 * are complete, and sends the answers together. Nothing else runs between two awaits, so the table needs no lock, a
 * transaction nothing special, and one buffer for answers serves all clients. Ctrl-C ends it. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "redis/requests.h"
#include "redis/table.h"
#include <stdio.h>
#include <strings.h>

#ifndef PATIENCE
#define PATIENCE 60 /* seconds, in which a client has to read what it asked for */
#endif
enum {
    QUEUE = 32 << 20,   /* bytes of the requests between MULTI and EXEC */
    UNREAD = 64 << 20,  /* bytes of answers that a client does not read; with more it is thrown out */
    CLIENTS = 10000
};

struct client {
    async_frame frame;
    async_stream *stream;
    void *context;
    async_bytes input;
    size_t needed;                 /* bytes before the next request can be complete */
    bool in_multi, refused; /* a request since MULTI was no good */
    bool quits, flooded;    /* with answers that it does not read */
    size_t queued;                 /* requests since MULTI; here as they came: */
    char *queue;
    size_t queue_size, queue_capacity;
};

/* ---- answers --------------------------------------------------------------------------------------------------- */

static char answers[16384];
static size_t answered;

static void flush(struct client *client)
{
    if (!client->flooded)
        async_stream_write(client->stream, answers, answered); /* a failure is seen when it is drained */
    client->flooded |= async_stream_get_write_buffer_size(client->stream) > UNREAD;
    answered = 0;
}

static void put(struct client *client, const char *data, size_t size)
{
    if (size > sizeof answers - answered)
        flush(client);
    if (size > sizeof answers) {
        if (!client->flooded)
            async_stream_write(client->stream, data, size);
    } else {
        memcpy(answers + answered, data, size);
        answered += size;
    }
}

static void put_text(struct client *client, const char *text) { put(client, text, strlen(text)); }

static void put_number(struct client *client, char kind, int64_t number)
{
    char text[32];
    put(client, text, (size_t)snprintf(text, sizeof text, "%c%lld\r\n", kind, (long long)number));
}

static void put_bulk(struct client *client, const char *data, size_t size)
{
    put_number(client, '$', (int64_t)size);
    put(client, data, size);
    put_text(client, "\r\n");
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

static const char no_integer[] = "-ERR value is not an integer or out of range\r\n";
static const char no_memory[] = "-OOM command not allowed, there is no memory for it\r\n";

static bool is(async_bytes word, const char *name)
{
    return word.size == strlen(name) && strncasecmp(word.data, name, word.size) == 0;
}

static void wrong_count(struct client *client, const char *name)
{
    put_text(client, "-ERR wrong number of arguments for '");
    put_text(client, name);
    put_text(client, "' command\r\n");
}

static void echo(struct client *client) { put_bulk(client, words[1].data, words[1].size); }

static void ping(struct client *client)
{
    if (count == 1)
        put_text(client, "+PONG\r\n");
    else if (count == 2)
        echo(client);
    else
        wrong_count(client, "ping");
}

static void get(struct client *client)
{
    const struct entry *entry = lookup(words[1]);
    if (entry != NULL)
        put_bulk(client, entry->value, entry->size);
    else
        put_text(client, "$-1\r\n");
}

/* A number of units from now: false when there is no such time. */
static bool to_time(int64_t number, async_time unit, async_time *when)
{
    async_time start = now();
    if (number > (INT64_MAX - start) / unit || number < -(INT64_MAX / unit))
        return false;
    *when = start + number * unit;
    return true;
}

static void set(struct client *client)
{
    bool if_new = false, if_there = false;
    async_time unit = 0, when = 0;
    int64_t number = 0;
    struct entry *entry;
    size_t i, delay = 0;
    for (i = 3; i < count; i++) {
        if (is(words[i], "nx") && !if_there) {
            if_new = true;
        } else if (is(words[i], "xx") && !if_new) {
            if_there = true;
        } else if ((is(words[i], "ex") || is(words[i], "px")) && unit == 0 && i + 1 < count) {
            unit = is(words[i], "ex") ? async_seconds(1) : async_ms(1);
            delay = ++i;
        } else {
            put_text(client, "-ERR syntax error\r\n");
            return;
        }
    }
    if (unit != 0 && !to_integer(words[delay], &number)) {
        put_text(client, no_integer);
    } else if (unit != 0 && (number <= 0 || !to_time(number, unit, &when))) {
        put_text(client, "-ERR invalid expire time in 'set' command\r\n");
    } else if (entry = lookup(words[1]), entry != NULL ? if_new : if_there) {
        put_text(client, "$-1\r\n");
    } else if ((entry = store(entry, words[1], words[2])) == NULL) {
        put_text(client, no_memory);
    } else {
        set_expiry(entry, when);
        put_text(client, "+OK\r\n");
    }
}

static void del(struct client *client)
{
    int64_t dropped = 0;
    size_t i;
    for (i = 1; i < count; i++) {
        struct entry *entry = lookup(words[i]);
        if (entry != NULL)
            drop(entry), dropped++;
    }
    put_number(client, ':', dropped);
}

static void incr(struct client *client)
{
    struct entry *entry = lookup(words[1]);
    async_bytes value = { "0", 1 };
    int64_t number;
    char text[24];
    if (entry != NULL)
        value.data = entry->value, value.size = entry->size;
    if (!to_integer(value, &number)) {
        put_text(client, no_integer);
    } else if (number == INT64_MAX) {
        put_text(client, "-ERR increment or decrement would overflow\r\n");
    } else {
        value.size = (size_t)snprintf(text, sizeof text, "%lld", (long long)number + 1);
        value.data = text;
        if (store(entry, words[1], value) != NULL)
            put_number(client, ':', number + 1);
        else
            put_text(client, no_memory);
    }
}

static void expire(struct client *client)
{
    struct entry *entry = lookup(words[1]);
    async_time when;
    int64_t number;
    if (!to_integer(words[2], &number)) {
        put_text(client, no_integer);
    } else if (!to_time(number, async_seconds(1), &when)) {
        put_text(client, "-ERR invalid expire time in 'expire' command\r\n");
    } else {
        if (entry != NULL && number <= 0)
            drop(entry);
        else if (entry != NULL)
            set_expiry(entry, when);
        put_number(client, ':', entry != NULL);
    }
}

static void ttl(struct client *client)
{
    const struct entry *entry = lookup(words[1]);
    put_number(client, ':', entry == NULL ? -2 : entry->expires == 0 ? -1
        : (entry->expires - now() + async_ms(500)) / async_seconds(1));
}

static void quit(struct client *client)
{
    client->quits = true;
    put_text(client, "+OK\r\n");
}

/* COMMAND: nothing to complete words from; CONFIG GET of what redis-benchmark prints: nothing is saved. */
static void none(struct client *client) { put_text(client, "*0\r\n"); }

static void config(struct client *client)
{
    if (count == 3 && (is(words[2], "save") || is(words[2], "appendonly"))) {
        put_text(client, "*2\r\n");
        put_bulk(client, words[2].data, words[2].size);
        put_text(client, is(words[2], "save") ? "$0\r\n\r\n" : "$2\r\nno\r\n");
    } else {
        none(client);
    }
}

static void multi(struct client *client)
{
    put_text(client, client->in_multi ? "-ERR MULTI calls can not be nested\r\n" : "+OK\r\n");
    client->in_multi = true;
}

static void forget(struct client *client)
{
    free(client->queue);
    client->queue = NULL;
    client->queued = client->queue_size = client->queue_capacity = 0;
    client->in_multi = client->refused = false;
}

static void discard(struct client *client)
{
    put_text(client, client->in_multi ? "+OK\r\n" : "-ERR DISCARD without MULTI\r\n");
    forget(client);
}

static void exec(struct client *client);

/* words: how many, with the name; negative: so many or more. at_once: also between MULTI and EXEC. */
static const struct command {
    const char *name;
    void (*run)(struct client *client);
    int words;
    bool at_once;
} commands[] = {
    { "get", get, 2, false }, { "set", set, -3, false }, { "incr", incr, 2, false }, { "del", del, -2, false },
    { "expire", expire, 3, false }, { "ttl", ttl, 2, false }, { "ping", ping, -1, false }, { "echo", echo, 2, false },
    { "multi", multi, 1, true }, { "exec", exec, 1, true }, { "discard", discard, 1, true },
    { "quit", quit, -1, true }, { "command", none, -1, false }, { "config", config, -2, false },
};

static const struct command *find_command(void)
{
    size_t i;
    for (i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (is(words[0], commands[i].name))
            return &commands[i];
    return NULL;
}

static void exec(struct client *client)
{
    async_bytes queue = { client->queue, client->queue_size };
    if (!client->in_multi) {
        put_text(client, "-ERR EXEC without MULTI\r\n");
    } else if (client->refused) {
        put_text(client, "-EXECABORT Transaction discarded because of previous errors.\r\n");
    } else {
        put_number(client, '*', (int64_t)client->queued);
        while (queue.size > 0) {
            size_t size = parse(queue);
            find_command()->run(client);
            queue.data += size;
            queue.size -= size;
        }
    }
    forget(client);
}

/* Keeps a request for EXEC. */
static bool enqueue(struct client *client, const char *data, size_t size)
{
    size_t whole = client->queue_size + size;
    if (whole > client->queue_capacity) {
        char *queue = whole > QUEUE ? NULL : realloc(client->queue, 2 * whole);
        if (queue == NULL)
            return false;
        client->queue = queue;
        client->queue_capacity = 2 * whole;
    }
    memcpy(client->queue + client->queue_size, data, size);
    client->queue_size = whole;
    client->queued++;
    return true;
}

static void unknown(struct client *client)
{
    char text[400] = "-ERR unknown command '";
    int size = (int)strlen(text), room = 128;
    size_t i;
    for (i = 0; i < count && room > 0; i++) { /* the name, and then 128 bytes of the rest */
        size += snprintf(text + size, sizeof text - (size_t)size, i == 0 ? "%.*s'" : "'%.*s' ",
            words[i].size < (size_t)room ? (int)words[i].size : room, words[i].data);
        if (i == 0)
            size += snprintf(text + size, sizeof text - (size_t)size, ", with args beginning with: ");
        else
            room -= (int)(words[i].size < (size_t)room ? words[i].size : (size_t)room) + 3;
    }
    for (i = 0; text[i] != '\0'; i++) /* an answer is one line */
        if (text[i] == '\r' || text[i] == '\n')
            text[i] = ' ';
    put_text(client, text);
    put_text(client, "\r\n");
}

static void obey(struct client *client, const char *data, size_t size)
{
    const struct command *command = find_command();
    int given = (int)count;
    bool fits = command != NULL && (command->words > 0 ? given == command->words : given >= -command->words);
    if (fits && (command->at_once || !client->in_multi)) {
        command->run(client);
        return;
    }
    if (command == NULL)
        unknown(client);
    else if (!fits)
        wrong_count(client, command->name);
    else if (enqueue(client, data, size))
        put_text(client, "+QUEUED\r\n");
    else
        fits = false, put_text(client, no_memory);
    client->refused |= client->in_multi && !fits;
}

/* ---- clients --------------------------------------------------------------------------------------------------- */

/* Obeys what has come, as long as the answers do not pile up. */
static void obey_all(struct client *client)
{
    async_bytes input = client->input;
    client->needed = 1;
    while (!client->quits && async_stream_get_write_buffer_size(client->stream) <= sizeof answers) {
        size_t size = parse(input);
        if (wrong != NULL) {
            put_text(client, "-ERR Protocol error: ");
            put_text(client, wrong);
            put_text(client, "\r\n");
            client->quits = true;
        } else if (size == 0) {
            client->needed = needed;
            break;
        } else if (count > 0) {
            obey(client, input.data, size);
        }
        input.data += size;
        input.size -= size;
    }
    flush(client);
    async_stream_consume(client->stream, client->input.size - input.size);
}

async(client)
{
    async_begin;
    self->needed = 1;
    async_stream_set_write_buffer_limits(self->stream, sizeof answers, sizeof answers / 4);
    while (!self->quits) {
        await_into(self->input, async_stream_peek, .stream = self->stream, .size = self->needed);
        if (self->input.size < self->needed)
            break; /* it has said goodbye */
        obey_all(self);
        if (self->flooded)
            async_stream_abort(self->stream);
        if (async_stream_get_write_buffer_size(self->stream) <= sizeof answers)
            await(async_stream_drain, .stream = self->stream);
        else
            await_for(async_seconds(PATIENCE), async_stream_drain, .stream = self->stream);
    }
    async_finally;
    forget(self);
    async_end;
}

/* A client that breaks off is no failure of the server's. */
struct serve {
    async_frame frame;
    async_stream *stream;
    void *context;
    async_status status;
};

async(serve)
{
    async_begin;
    await_catch(self->status, client, .stream = self->stream);
    if (self->status < 0)
        async_stream_abort(self->stream); /* what it did not read is not kept for it */
    async_end;
}

struct server {
    async_frame frame;
    int port;
    async_server server;
};

async(server)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = self->port, .backlog = 511,
        .handler = async_handler(serve), .max_clients = CLIENTS, .keep_alive = true);
    printf("listening on port %d\n", async_server_port(&self->server));
    fflush(stdout);
    await(async_server_serve_forever, .server = &self->server);
    async_finally;
    clear();
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(server, .port = argc > 1 ? atoi(argv[1]) : 6379);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
