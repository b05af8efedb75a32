/* The chat server of example 18, with streams: half as long. /name NAME, /join ROOM, /quit; the rest is said to the room.
 *
 * There is no task that writes: what others say is written straight to a client's stream, which sends it in the
 * background. Nobody waits for a client that does not read; once too much is kept for it, it misses what is said. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>

enum { TEXT = 240, NAME = 20, TOO_MUCH = 100000 };

struct chat {
    async_frame frame;
    async_stream *stream;
    struct chat **all; /* a list of frames: frames never move */
    struct chat *next;
    async_bytes line;
    char name[NAME], room[NAME];
};

/* Tells all others in the room. */
static void tell(const struct chat *from, const char *what, const char *text)
{
    char message[2 * NAME + TEXT];
    int size = snprintf(message, sizeof message, "%s%s%s\n", from->name, what, text);
    for (struct chat *to = *from->all; to != NULL; to = to->next)
        if (to != from && strcmp(to->room, from->room) == 0 && async_stream_get_write_buffer_size(to->stream) < TOO_MUCH)
            async_stream_write(to->stream, message, (size_t)size);
}

static void leave(struct chat *chat)
{
    struct chat **link = chat->all;
    while (*link != NULL && *link != chat)
        link = &(*link)->next;
    if (*link != NULL) {
        *link = chat->next;
        tell(chat, " has left", "");
    }
}

/* False when the client wants to go. */
static bool obey(struct chat *chat)
{
    char text[TEXT];
    size_t size = chat->line.size;
    while (size > 0 && (chat->line.data[size - 1] == '\n' || chat->line.data[size - 1] == '\r'))
        size--;
    snprintf(text, sizeof text, "%.*s", (int)size, chat->line.data);
    if (strncmp(text, "/name ", 6) == 0) {
        tell(chat, " is now called ", text + 6);
        snprintf(chat->name, NAME, "%.*s", NAME - 1, text + 6);
    } else if (strncmp(text, "/join ", 6) == 0) {
        tell(chat, " has left", "");
        snprintf(chat->room, NAME, "%.*s", NAME - 1, text + 6);
        tell(chat, " has joined ", chat->room);
    } else if (strcmp(text, "/quit") == 0) {
        return false;
    } else {
        tell(chat, ": ", text);
    }
    return true;
}

async(chat)
{
    async_begin;
    async_stream_set_limit(self->stream, TEXT - 1); /* who says more at once is thrown out */
    snprintf(self->name, NAME, "guest%d", async_stream_fileno(self->stream));
    snprintf(self->room, NAME, "lobby");
    self->next = *self->all;
    *self->all = self;
    tell(self, " has joined ", self->room);
    do
        await_into(self->line, async_stream_readline, .stream = self->stream);
    while (self->line.size > 0 && obey(self));
    async_finally;
    leave(self);
    async_end;
}

struct server { async_frame frame; int port; async_server server; struct chat *all; };

async(server)
{
    async_begin;
    await(async_start_server, .server = &self->server, .host = "localhost", .port = self->port,
        .handler = async_handler(chat), .context = &self->all);
    printf("listening on port %d\n", async_server_port(&self->server));
    fflush(stdout);
    await(async_server_serve_forever, .server = &self->server);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(server, .port = argc > 1 ? atoi(argv[1]) : 7777);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
