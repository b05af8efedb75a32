/* An HTTP/1.1 server for the files of a directory, for curl and browsers: 36_file_server DIRECTORY [PORT]
 *
 *     cc -Iinclude examples/36_file_server.c -o file_server -pthread
 *     ./file_server . 8080                       then: curl -r 0-99 localhost:8080/README.md
 *
 * It keeps connections, answers what is pipelined in order, and knows HEAD, Range, If-Range and If-Modified-Since. Nobody
 * gets much of it: a request has a size and a time in which to be complete, a peer has to go on reading, and only so many
 * are served at once. Names that begin with a dot are refused, ".." among them; symbolic links are followed, wherever
 * they lead. Ctrl-C and SIGTERM let it finish the answers in progress; a second Ctrl-C does not. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "http.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PATIENCE
#define PATIENCE 10 /* seconds: for a whole request; for each SLICE of an answer; for the answers in progress at the end */
#endif
#ifndef CLIENTS
#define CLIENTS 500 /* at once; others wait to be accepted */
#endif
enum { SLICE = 262144 };

struct site {
    int root; /* the directory, open */
    bool ending;
    struct client *clients;
};

struct read_request {
    async_frame frame;
    async_stream *stream;
    struct request *request;
    struct async_stream_readline line;
    async_status status;
};

/* Fails when the client goes or breaks off; what is wrong with the request is in its status. */
async(read_request)
{
    async_begin;
    memset(self->request, 0, sizeof *self->request);
    while (self->request->status == 0) {
        await_at_catch(&self->line, self->status, async_stream_readline, .stream = self->stream);
        if (self->status == ASYNC_LIMIT_OVERRUN) {
            self->request->status = self->request->begun ? 431 : 414;
        } else if (self->status < 0) {
            async_raise(self->status);
        } else {
            const async_bytes line = self->line.result;
            if (line.size == 0 || line.data[line.size - 1] != '\n')
                async_raise(ASYNC_CLOSED);
            self->request->status = parse_line(self->request, line.data, line.size);
        }
    }
    if (self->request->status == 200 && self->request->body > 0) /* which has no meaning for GET */
        await(async_stream_readexactly, .stream = self->stream, .size = (size_t)self->request->body);
    async_end;
}

/* Everything with one client, until it or an error ends it. */
struct conversation {
    async_frame frame;
    async_stream *stream;
    struct site *site;
    async_status status;
    int code, file; /* -1: none is open */
    const char *type;
    struct stat info;
    unsigned long long offset, left, sent; /* what of the file is still to be sent */
    struct request request;
};

static int code_of(int error)
{
    switch (error) {
    case ENOENT: case ENOTDIR: case ENAMETOOLONG: return 404;
    case EACCES: case EPERM: case ELOOP: case ENXIO: return 403;
    case EMFILE: case ENFILE: case ENOMEM: return 503;
    default: return 500;
    }
}

/* Opens what is asked for, and gives the status of the answer. Runs in a thread, since the disk may take its time. */
static int open_target(void *data)
{
    enum { FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC }; /* so that a FIFO does not hold it up */
    struct conversation *self = data;
    char path[LINE + 1];
    int directory, code = decode(self->request.target, path);
    if (code != 200)
        return code;
    self->file = openat(self->site->root, path[0] != '\0' ? path : ".", FLAGS);
    if (self->file < 0 || fstat(self->file, &self->info) != 0)
        return code_of(errno);
    self->type = type_of(path);
    if (S_ISDIR(self->info.st_mode)) {
        if (path[0] != '\0' && path[strlen(path) - 1] != '/')
            return 301;
        directory = self->file;
        self->file = openat(directory, "index.html", FLAGS);
        code = self->file >= 0 && fstat(self->file, &self->info) == 0 ? 200 : code_of(errno);
        close(directory);
        self->type = type_of("index.html");
        if (code != 200)
            return code == 404 ? 403 : code; /* there is no listing */
    }
    return S_ISREG(self->info.st_mode) ? 200 : 403;
}

/* Writes the answer, all but the part of the file that self->offset and self->left tell. */
static void write_answer(struct conversation *self)
{
    const struct request *request = &self->request;
    unsigned long long size = (unsigned long long)self->info.st_size;
    char text[LINE + 1024], extra[LINE + 128] = "", body[64] = "", now[DATE], modified[DATE] = "";
    self->offset = self->left = 0;
    format_date(now, time(NULL));
    if (self->code == 200) {
        format_date(modified, self->info.st_mtime);
        self->left = size;
        if (request->if_modified_since[0] != '\0' && date_of(request->if_modified_since) >= date_of(modified))
            self->code = 304;
        else if (!request->head && (request->if_range[0] == '\0' || strcmp(request->if_range, modified) == 0))
            self->code = select_part(request->range, size, &self->offset, &self->left);
    }
    if (self->code == 200 || self->code == 206 || self->code == 304) {
        int n = snprintf(extra, sizeof extra, "Last-Modified: %s\r\nAccept-Ranges: bytes\r\n", modified);
        if (self->code == 206)
            snprintf(extra + n, sizeof extra - (size_t)n, "Content-Range: bytes %llu-%llu/%llu\r\n", self->offset,
                self->offset + self->left - 1, size);
    } else {
        size_t end = strcspn(request->target, "?#"), begin = end;
        while (begin > 0 && request->target[begin - 1] != '/')
            begin--;
        if (self->code == 301)
            snprintf(extra, sizeof extra, "Location: ./%.*s/\r\n", (int)(end - begin), request->target + begin);
        if (self->code == 405)
            snprintf(extra, sizeof extra, "Allow: GET, HEAD\r\n");
        if (self->code == 416)
            snprintf(extra, sizeof extra, "Content-Range: bytes */%llu\r\n", size);
        self->type = "text/plain";
        self->left = (unsigned long long)snprintf(body, sizeof body, "%d %s\n", self->code, reason_of(self->code));
    }
    snprintf(text, sizeof text,
        "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %llu\r\n%sConnection: %s\r\n\r\n%s",
        self->code, reason_of(self->code), now, self->type, self->left, extra,
        request->keep_alive ? "keep-alive" : "close", request->head ? "" : body);
    async_stream_write(self->stream, text, strlen(text));
    if (request->head || self->code == 304 || body[0] != '\0')
        self->left = 0;
}

async(conversation, request) /* the frame is not zeroed from request on */
{
    async_begin;
    self->file = -1;
    async_stream_set_limit(self->stream, LINE);
    async_stream_set_write_buffer_limits(self->stream, 0, 0); /* a drain waits until all is sent */
    do {
        await_for_catch(async_seconds(PATIENCE), self->status, read_request, .stream = self->stream,
            .request = &self->request);
        if (self->status == ASYNC_TIMED_OUT && self->request.begun)
            self->request.status = 408;
        else if (self->status < 0)
            async_raise(self->status);
        self->code = self->request.status;
        if (self->code == 200)
            await_into(self->code, async_to_thread, .function = open_target, .data = self);
        self->request.keep_alive = self->request.keep_alive && self->request.status == 200 && !self->site->ending;
        write_answer(self);
        await_for(async_seconds(PATIENCE), async_stream_drain, .stream = self->stream);
        while (self->left > 0) {
            await_for_into(async_seconds(PATIENCE), self->sent, async_socket_sendfile,
                .fd = async_stream_fileno(self->stream), .file = self->file, .offset = self->offset,
                .size = self->left < SLICE ? self->left : SLICE);
            if (self->sent == 0)
                async_raise(-EIO); /* the file has shrunk: what was announced cannot be sent */
            self->offset += self->sent;
            self->left -= self->sent;
        }
        if (self->file >= 0)
            close(self->file);
        self->file = -1;
    } while (self->request.keep_alive);
    async_finally;
    if (self->file >= 0)
        close(self->file);
    async_end;
}

/* Reads to the end. A connection that is closed with something unread is reset, and the last answer may be lost. */
struct discard {
    async_frame frame;
    async_stream *stream;
    async_bytes bytes;
};

async(discard)
{
    async_begin;
    do
        await_into(self->bytes, async_stream_read, .stream = self->stream, .size = 65536);
    while (self->bytes.size > 0);
    async_end;
}

struct client {
    async_frame frame;
    async_stream *stream; /* the server sets these two, and closes the stream in the end */
    struct site *site;
    struct client *next, **link; /* in the site's list */
    async_status status;
};

async(client)
{
    async_begin;
    self->next = self->site->clients;
    self->link = &self->site->clients;
    *self->link = self;
    if (self->next != NULL)
        self->next->link = &self->next;
    if (self->site->ending)
        async_return();
    await_catch(self->status, conversation, .stream = self->stream, .site = self->site);
    if (self->status == ASYNC_OK) {
        async_stream_write_eof(self->stream);
        await_for_catch(async_seconds(1), self->status, discard, .stream = self->stream);
    }
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    async_finally;
    async_stream_abort(self->stream); /* all that was to be sent is sent; a peer that failed is not waited for */
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
    async_end;
}

struct main_ {
    async_frame frame;
    struct site site;
    const char *directory;
    int port;
    struct client *client;
    async_server server;
    async_signal signals[2];
    int signo;
};

async(main_)
{
    async_begin;
    self->site.root = open(self->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->site.root < 0)
        async_raise(-errno);
    if (async_signal_init(&self->signals[0], SIGINT) < 0 || async_signal_init(&self->signals[1], SIGTERM) < 0)
        async_raise(ASYNC_NO_MEMORY);
    await(async_start_server, .server = &self->server, .host = "127.0.0.1", .port = self->port,
        .handler = async_handler(client), .context = &self->site, .max_clients = CLIENTS);
    printf("listening on port %d\n", async_server_port(&self->server));
    fflush(stdout);
    await_into(self->signo, async_signal_wait, .signal = self->signals, .count = 2);
    fprintf(stderr, "%s\n", self->signo == SIGINT ? "interrupted" : "terminated");
    async_finally;
    async_signal_deinit(&self->signals[0]); /* from here on Ctrl-C cancels the rest */
    async_signal_deinit(&self->signals[1]);
    self->site.ending = true;
    for (self->client = self->site.clients; self->client != NULL; self->client = self->client->next)
        shutdown(async_stream_fileno(self->client->stream), SHUT_RD); /* no more requests: who waits for one is done */
    await(async_server_close, .server = &self->server, .timeout = async_seconds(PATIENCE));
    if (self->site.root >= 0)
        close(self->site.root);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status;
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [PORT]\n", argv[0]);
        return 0;
    }
    status = async_run(main_, .directory = argv[1], .port = argc > 2 ? atoi(argv[2]) : 8080);
    if (status < 0)
        fprintf(stderr, "%s: %s\n", argv[1], async_strerror(status));
    return status < 0 && status != ASYNC_INTERRUPTED;
}
