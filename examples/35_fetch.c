/* Fetches URLs over HTTP/1.1, all at once, and prints a table: the status of each, how many bytes its body has, and how
 * many milliseconds it took. Redirects are told, not followed.
 *
 *     35_fetch [-t SECONDS] URL...                each has that long, 10 if not given
 *
 * A URL is a task of a group, so the program is done when the last one is. https needs TLS, which is an adapter. The status
 * is 1 if there is a URL that nobody answered, or not to the end. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { AT_ONCE = 500, HOST = 256, NOTE = 128 };
enum { NOT_A_URL = ASYNC_USER_ERROR(1), NEEDS_TLS = ASYNC_USER_ERROR(2), NOT_HTTP = ASYNC_USER_ERROR(3) };

struct row { /* of the table */
    const char *url;
    async_status status; /* how it went */
    int code;            /* what the server says; 0: nothing */
    unsigned long long bytes;
    async_time elapsed;
    char location[NOTE]; /* of a redirect */
};

/* ---- HTTP: nothing here is about asyncio ---------------------------------------------------------------------- */

struct url {
    char host[HOST];
    int port;
    const char *authority, *path; /* in the text; the path may be empty, or begin with '?' */
    int authority_size, path_size;
};

static async_status parse_url(struct url *url, const char *text)
{
    const char *end, *colon;
    size_t size;
    if (strncasecmp(text, "https://", 8) == 0)
        return NEEDS_TLS;
    if (strncasecmp(text, "http://", 7) != 0 || strpbrk(text, " \t\r\n") != NULL)
        return NOT_A_URL;
    url->authority = text + 7;
    url->path = url->authority + strcspn(url->authority, "/?#");
    url->path_size = (int)strcspn(url->path, "#");
    url->authority_size = (int)(url->path - url->authority);
    if (memchr(url->authority, '@', (size_t)url->authority_size) != NULL) /* a password, which is not to be sent */
        return NOT_A_URL;
    text = url->authority;
    if (*text == '[') { /* an IPv6 address */
        end = strchr(++text, ']');
        if (end == NULL || end > url->path)
            return NOT_A_URL;
        colon = end + 1;
    } else {
        end = colon = text + strcspn(text, ":/?#");
    }
    size = (size_t)(end - text);
    if (size == 0 || size >= HOST || (colon < url->path && *colon != ':'))
        return NOT_A_URL;
    memcpy(url->host, text, size);
    url->host[size] = '\0';
    url->port = 80;
    if (url->path - colon > 1) {
        char *after;
        long port = strtol(colon + 1, &after, 10);
        if (!isdigit((unsigned char)colon[1]) || after != url->path || port < 1 || port > 65535)
            return NOT_A_URL;
        url->port = (int)port;
    }
    return ASYNC_OK;
}

/* A line of an answer without its end, as a string; false: it has no end, or is too long. */
static bool take_line(char *text, size_t capacity, async_bytes line)
{
    if (line.size == 0 || line.data[line.size - 1] != '\n' || line.size > capacity)
        return false;
    line.size--;
    line.size -= line.size > 0 && line.data[line.size - 1] == '\r';
    memcpy(text, line.data, line.size);
    text[line.size] = '\0';
    return true;
}

/* How the length of a body is known. */
enum { UNTIL_CLOSED, LENGTH, CHUNKED };

struct answer {
    int code, kind;
    unsigned long long length;
    char location[NOTE];
};

static async_status parse_status(struct answer *answer, const char *line)
{
    memset(answer, 0, sizeof *answer);
    if (strncmp(line, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)line[7]) || line[8] != ' ' ||
        strspn(line + 9, "0123456789") != 3)
        return NOT_HTTP;
    answer->code = atoi(line + 9);
    return ASYNC_OK;
}

static async_status parse_header(struct answer *answer, char *line)
{
    char *value = strchr(line, ':');
    size_t size;
    if (value == NULL)
        return NOT_HTTP;
    *value++ = '\0';
    value += strspn(value, " \t");
    size = strlen(value);
    if (strcasecmp(line, "Transfer-Encoding") == 0 && size >= 7 && strcasecmp(value + size - 7, "chunked") == 0) {
        answer->kind = CHUNKED;
    } else if (strcasecmp(line, "Content-Length") == 0 && answer->kind != CHUNKED) {
        if (!isdigit((unsigned char)*value) || value[strspn(value, "0123456789 \t")] != '\0')
            return NOT_HTTP;
        answer->kind = LENGTH;
        answer->length = strtoull(value, NULL, 10);
    } else if (strcasecmp(line, "Location") == 0) {
        for (size = 0; size < NOTE - 1 && value[size] != '\0'; size++) /* nothing that a terminal obeys */
            answer->location[size] = value[size] > ' ' && value[size] < 127 ? value[size] : '?';
        answer->location[size] = '\0';
    }
    return ASYNC_OK;
}

/* The size of a chunk, which stands before it. */
static async_status parse_chunk(unsigned long long *size, const char *line)
{
    size_t digits = strspn(line, "0123456789abcdefABCDEF");
    *size = strtoull(line, NULL, 16);
    return digits > 0 && digits < 16 && strchr("; \t", line[digits]) != NULL ? (int)ASYNC_OK : (int)NOT_HTTP;
}

/* ---- fetching ------------------------------------------------------------------------------------------------- */

/* The head of an answer, but of those that only say that another one follows. */
struct read_head {
    async_frame frame;
    async_stream *stream;
    struct answer *answer;
    bool begun;
    async_bytes line;
};

async(read_head)
{
    char text[4096];
    async_status status;
    async_begin;
    do {
        for (self->begun = false;; self->begun = true) {
            await_into(self->line, async_stream_readline, .stream = self->stream);
            if (!take_line(text, sizeof text, self->line))
                async_raise(self->line.size == 0 ? ASYNC_INCOMPLETE_READ : NOT_HTTP);
            if (self->begun && text[0] == '\0')
                break;
            status = self->begun ? parse_header(self->answer, text) : parse_status(self->answer, text);
            if (status < 0)
                async_raise(status);
        }
    } while (self->answer->code < 200);
    async_end;
}

/* So many bytes, or all there are; they are only counted. */
struct read_bytes {
    async_frame frame;
    async_stream *stream;
    bool all;
    unsigned long long left, *count;
    async_bytes bytes;
};

async(read_bytes)
{
    async_begin;
    while (self->all || self->left > 0) {
        await_into(self->bytes, async_stream_read, .stream = self->stream,
            .size = self->all || self->left > 65536 ? 65536 : (size_t)self->left);
        if (self->bytes.size == 0 && !self->all)
            async_raise(ASYNC_INCOMPLETE_READ);
        if (self->bytes.size == 0)
            break;
        *self->count += self->bytes.size;
        self->left -= self->all ? 0 : self->bytes.size;
    }
    async_end;
}

struct read_chunks {
    async_frame frame;
    async_stream *stream;
    unsigned long long *count, size;
    async_bytes line;
};

async(read_chunks)
{
    char text[4096];
    async_begin;
    do {
        await_into(self->line, async_stream_readline, .stream = self->stream);
        if (!take_line(text, sizeof text, self->line))
            async_raise(ASYNC_INCOMPLETE_READ);
        if (parse_chunk(&self->size, text) < 0)
            async_raise(NOT_HTTP);
        await(read_bytes, .stream = self->stream, .left = self->size, .count = self->count);
        do { /* an empty line; behind the last one there may be more headers */
            await_into(self->line, async_stream_readline, .stream = self->stream);
            if (!take_line(text, sizeof text, self->line))
                async_raise(ASYNC_INCOMPLETE_READ);
            if (self->size > 0 && text[0] != '\0')
                async_raise(NOT_HTTP);
        } while (text[0] != '\0');
    } while (self->size > 0);
    async_end;
}

struct get {
    async_frame frame;
    struct row *row;
    async_stream stream;
    struct url url;
    struct answer answer;
};

async(get)
{
    char text[2 * HOST + 8192];
    int size;
    async_status status;
    async_begin;
    status = parse_url(&self->url, self->row->url);
    if (status < 0)
        async_raise(status);
    await(async_open_connection, .stream = &self->stream, .host = self->url.host, .port = self->url.port);
    size = snprintf(text, sizeof text, "GET %s%.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: asyncio.h\r\nConnection: close\r\n\r\n",
        *self->url.path == '/' ? "" : "/", self->url.path_size, self->url.path, self->url.authority_size,
        self->url.authority);
    if (size < 0 || (size_t)size >= sizeof text)
        async_raise(NOT_A_URL); /* nobody would take it */
    async_stream_write(&self->stream, text, (size_t)size);
    await(read_head, .stream = &self->stream, .answer = &self->answer);
    self->row->code = self->answer.code;
    memcpy(self->row->location, self->answer.location, NOTE);
    if (self->answer.code == 204 || self->answer.code == 304) /* they have no body, whatever they say */
        async_return();
    if (self->answer.kind == CHUNKED)
        await(read_chunks, .stream = &self->stream, .count = &self->row->bytes);
    else
        await(read_bytes, .stream = &self->stream, .all = self->answer.kind == UNTIL_CLOSED,
            .left = self->answer.length, .count = &self->row->bytes);
    async_finally;
    async_stream_abort(&self->stream); /* nothing is left to be sent */
    async_end;
}

/* A URL's failure is its own: it stands in its row. */
struct fetch {
    async_frame frame;
    struct row *row;
    async_time timeout, start;
    async_status status;
};

async(fetch)
{
    async_begin;
    self->start = async_loop_time(async_get_running_loop());
    await_for_catch(self->timeout, self->status, get, .row = self->row);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    self->row->status = self->status;
    self->row->elapsed = async_loop_time(async_get_running_loop()) - self->start;
    async_end;
}

struct fetch_all {
    async_frame frame;
    struct row *rows;
    int count, i;
    async_time timeout;
    async_task_group group;
};

async(fetch_all)
{
    async_begin;
    async_task_group_enter(&self->group, .limit = AT_ONCE); /* as many as there are descriptors for */
    for (self->i = 0; self->i < self->count; self->i++)
        async_task_group_create_task(&self->group, fetch, .row = &self->rows[self->i], .timeout = self->timeout);
    async_end;
}

static const char *explain(async_status status)
{
    switch (status) {
    case NOT_A_URL: return "not a URL";
    case NEEDS_TLS: return "https needs the TLS adapter, examples/adapters";
    case NOT_HTTP: return "not an answer of HTTP/1.1";
    case ASYNC_INCOMPLETE_READ: return "the answer ends too early";
    default: return async_strerror(status);
    }
}

int main(int argc, char **argv)
{
    bool given = argc > 2 && strcmp(argv[1], "-t") == 0;
    async_time timeout = given ? async_ms((async_time)(atof(argv[2]) * 1000)) : async_seconds(10);
    int i, count = argc - (given ? 3 : 1), failed = 0;
    struct row *rows;
    async_status status;
    if (count < 1) {
        fprintf(stderr, "usage: %s [-t SECONDS] URL...\n", argv[0]);
        return argc > 1;
    }
    rows = (struct row *)calloc((size_t)count, sizeof *rows);
    if (rows == NULL)
        return 1;
    for (i = 0; i < count; i++)
        rows[i].url = argv[argc - count + i];
    status = async_run(fetch_all, .rows = rows, .count = count, .timeout = timeout);
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    else
        printf("status      bytes     ms  URL\n");
    for (i = 0; i < count && status == ASYNC_OK; i++) {
        char code[16] = "-";
        if (rows[i].code > 0)
            snprintf(code, sizeof code, "%d", rows[i].code);
        printf("%6s %10llu %6lld  %s", code, rows[i].bytes, (long long)(rows[i].elapsed / async_ms(1)), rows[i].url);
        if (rows[i].status < 0)
            printf(": %s", explain(rows[i].status));
        else if (rows[i].code / 100 == 3 && rows[i].location[0] != '\0')
            printf(" -> %s", rows[i].location);
        putchar('\n');
        failed |= rows[i].status < 0;
    }
    free(rows);
    return status < 0 || failed;
}
