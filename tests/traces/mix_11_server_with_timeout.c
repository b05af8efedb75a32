/* A server that gives up on a silent client. On bare descriptors and the real clock: a virtual one would
 * jump to the * deadline while the system still carries the bytes. */
#include "trace.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { LINE = 80 };

/* Reads a line and drops its end, or what there is when the peer closes. */
struct read_line { async_frame frame; int fd; char *line; size_t length, n; };

async(read_line)
{
    async_begin;
    do {
        await_into(self->n, async_fd_read, .fd = self->fd, .buffer = self->line + self->length,
            .size = LINE - 1 - self->length);
        self->length += self->n;
        self->line[self->length] = '\0';
    } while (self->n > 0 && strchr(self->line, '\n') == NULL);
    self->line[strcspn(self->line, "\n")] = '\0';
    async_end;
}

struct serve { async_frame frame; int fd; char line[LINE], answer[LINE + 16]; async_status status; };

async(serve)
{
    async_begin;
    await_for_catch(2 * TICK, self->status, read_line, .fd = self->fd, .line = self->line);
    if (self->status == ASYNC_OK) {
        snprintf(self->answer, sizeof self->answer, "you said %s\n", self->line);
    } else if (self->status == ASYNC_TIMED_OUT) {
        puts("server: Timeout");
        snprintf(self->answer, sizeof self->answer, "too slow\n");
    } else {
        async_raise(self->status);
    }
    await(async_fd_write_all, .fd = self->fd, .data = self->answer, .size = strlen(self->answer));
    async_finally;
    async_fd_close(self->fd);
    async_end;
}

struct server { async_frame frame; async_task_group *group; int listener, fd; };

async(server)
{
    async_begin;
    for (;;) {
        await_into(self->fd, async_fd_accept, .fd = self->listener);
        if (async_task_group_create_task(self->group, serve, .fd = self->fd) == NULL)
            async_fd_close(self->fd);
    }
    async_end;
}

struct ask {
    async_frame frame;
    const struct sockaddr_in *address;
    const char *question;
    int fd;
    char answer[LINE];
};

async(ask)
{
    async_begin;
    self->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (self->fd < 0)
        async_raise(-errno);
    async_fd_set_nonblocking(self->fd);
    await(async_fd_connect, .fd = self->fd, .address = (const struct sockaddr *)self->address,
        .length = sizeof *self->address);
    if (self->question != NULL)
        await(async_fd_write_all, .fd = self->fd, .data = self->question, .size = strlen(self->question));
    await(read_line, .fd = self->fd, .line = self->answer);
    puts(self->answer);
    async_finally;
    if (self->fd >= 0)
        async_fd_close(self->fd);
    async_end;
}

/* A socket that listens on a free port of this machine, whose address it fills in. */
static int listen_somewhere(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)address, length) < 0 || listen(fd, 8) < 0
        || getsockname(fd, (struct sockaddr *)address, &length) < 0 || async_fd_set_nonblocking(fd) < 0)
        return -1;
    return fd;
}

struct top {
    async_frame frame;
    struct sockaddr_in address;
    int listener;
    async_task_group group;
    async_task *server;
};

async(top)
{
    async_begin;
    self->listener = listen_somewhere(&self->address);
    if (self->listener < 0)
        async_raise(-errno);
    async_task_group_enter(&self->group); /* a server that fails ends who waits for it */
    self->server = async_task_group_create_task(&self->group, server, .group = &self->group,
        .listener = self->listener);
    await(ask, .address = &self->address, .question = "hello\n");
    await(ask, .address = &self->address);
    async_cancel(self->server);
    async_finally;
    if (self->listener >= 0)
        async_fd_close(self->listener);
    async_end;
}

int main(void) { return async_run(top) < 0; }
