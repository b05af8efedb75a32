/* A chat server with rooms, for `nc localhost 7777`: /name NAME, /join ROOM, /quit; the rest is said to the room.
 * Ctrl-C ends it, with status 0. An argument is another port; 0 is any.
 *
 * Two tasks per client: one reads lines, its child writes what is in the client's queue, so that nobody waits for a
 * slow client. They are a task group: when one ends, so does the other, and only then the finally part closes the
 * descriptor and takes the client out of its room. A room is a list of frames: frames never move. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "listen.h"
#include <stdio.h>
#include <stdlib.h>

enum { TEXT = 240, NAME = 20, BACKLOG = 1000 };

struct message { int size; char text[2 * NAME + TEXT]; };

struct writer { async_frame frame; int fd; async_queue *queue; struct message message; };

async(writer, message)
{
    async_begin;
    for (;;) { /* until the queue is shut down and empty, which is a failure and ends the group */
        await(async_queue_get, .queue = self->queue, .item = &self->message);
        await(async_fd_write_all, .fd = self->fd, .data = self->message.text, .size = (size_t)self->message.size);
    }
    async_end;
}

struct chat {
    async_frame frame;
    int fd;
    struct chat *next;
    async_task_group group;
    async_queue queue;
    size_t size, used;
    char name[NAME], room[NAME], line[TEXT], input[TEXT];
};

static struct chat *rooms[256]; /* by a hash of the room's name */

static struct chat **room(const char *name)
{
    unsigned hash = 0;
    while (*name != '\0')
        hash = hash * 31 + (unsigned char)*name++;
    return &rooms[hash % 256];
}

/* Tells all others in the room. One whose queue is full is too slow, and misses it. */
static void tell(const struct chat *from, const char *what, const char *text)
{
    struct message message;
    struct chat *to;
    message.size = snprintf(message.text, sizeof message.text, "%s%s%s\n", from->name, what, text);
    for (to = *room(from->room); to != NULL; to = to->next)
        if (to != from && strcmp(to->room, from->room) == 0)
            async_queue_put_nowait(&to->queue, &message);
}

static void join(struct chat *chat, const char *name)
{
    snprintf(chat->room, NAME, "%.*s", NAME - 1, name);
    chat->next = *room(chat->room);
    *room(chat->room) = chat;
    tell(chat, " has joined ", chat->room);
}

static void leave(struct chat *chat)
{
    struct chat **link = room(chat->room);
    while (*link != chat)
        link = &(*link)->next;
    *link = chat->next;
    tell(chat, " has left", "");
}

/* Moves the first line of the input, or a buffer full of it, to `line`; false when there is none yet. */
static bool take_line(struct chat *chat)
{
    const char *end = memchr(chat->input, '\n', chat->used);
    size_t length = end ? (size_t)(end - chat->input) : chat->used;
    if (end == NULL && chat->used < TEXT - 1)
        return false;
    memcpy(chat->line, chat->input, length);
    chat->line[length - (length > 0 && chat->line[length - 1] == '\r')] = '\0';
    chat->used -= length + (end != NULL);
    memmove(chat->input, chat->input + length + (end != NULL), chat->used);
    return true;
}

static void obey(struct chat *chat)
{
    if (strncmp(chat->line, "/name ", 6) == 0) {
        tell(chat, " is now called ", chat->line + 6);
        snprintf(chat->name, NAME, "%.*s", NAME - 1, chat->line + 6);
    } else if (strncmp(chat->line, "/join ", 6) == 0) {
        leave(chat);
        join(chat, chat->line + 6);
    } else if (strcmp(chat->line, "/quit") != 0) {
        tell(chat, ": ", chat->line);
    }
}

async(chat)
{
    async_begin;
    async_queue_init(&self->queue, sizeof(struct message), BACKLOG);
    snprintf(self->name, NAME, "guest%d", self->fd);
    join(self, "lobby");
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, writer, .fd = self->fd, .queue = &self->queue);
    while (strcmp(self->line, "/quit") != 0) {
        if (take_line(self)) {
            obey(self);
            continue;
        }
        await_into(self->size, async_fd_read, .fd = self->fd, .buffer = self->input + self->used,
            .size = TEXT - 1 - self->used);
        if (self->size == 0)
            break;
        self->used += self->size;
    }
    async_queue_shutdown(&self->queue, false); /* the writer still writes what is there */
    async_finally; /* here the writer has ended */
    leave(self);
    async_queue_deinit(&self->queue);
    async_fd_close(self->fd);
    async_end;
}

struct client { async_frame frame; int fd; async_status status; };

async(client)
{
    async_begin;
    await_catch(self->status, chat, .fd = self->fd); /* a client that broke off is no failure of the server's */
    async_end;
}

struct server { async_frame frame; int port, listener; async_status status; struct async_fd_accept accepted; };

async(server)
{
    async_begin;
    self->listener = listen_on(self->port);
    if (self->listener < 0)
        async_raise(self->listener);
    for (;;) {
        await_at_catch(&self->accepted, self->status, async_fd_accept, .fd = self->listener);
        if (self->status == -EMFILE) /* no descriptor is left: some client will go */
            await(async_sleep, .delay = async_ms(100));
        else if (self->status < 0)
            async_raise(self->status);
        else if (!async_go(client, .fd = self->accepted.result))
            async_fd_close(self->accepted.result);
    }
    async_finally;
    if (self->listener >= 0)
        async_fd_close(self->listener);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(server, .port = argc > 1 ? atoi(argv[1]) : 7777);
    fprintf(stderr, "%s\n", async_strerror(status));
    return status != ASYNC_INTERRUPTED;
}
