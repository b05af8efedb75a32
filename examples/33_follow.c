/* A log follower: prints what is added to files, as tail -F does, each line behind the name of its file.
 *
 *     33_follow [-i MILLISECONDS] file ...
 *
 * It begins at the end of files that are there. A file that is rotated (its name is now that of another file) is read to
 * its end, and the new one from its beginning; one that was truncated is read from its beginning again; one that is not
 * there is waited for. It looks every 200 ms (-i). Ctrl-C or SIGTERM ends it, after a last look.
 *
 * One task follows one file, so each is written as if it were the only one. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1000, LINE = 8192 };

static async_time interval = async_ms(200);

/* A file that is being read, and the beginning of a line whose end has not been written yet. */
struct log {
    const char *name;
    int fd; /* -1: not open */
    off_t offset;
    size_t size;
    char line[LINE];
};

static void say(struct log *log, const char *text, size_t size)
{
    printf("%s: %.*s\n", log->name, (int)size, text);
}

static void say_rest(struct log *log)
{
    if (log->size > 0)
        say(log, log->line, log->size);
    log->size = 0;
}

/* Prints the whole lines there are; a line longer than the buffer in pieces. A file is never waited for: the system has
 * its end at hand, or reads a block from the disk. */
static void read_lines(struct log *log)
{
    ssize_t n;
    while ((n = read(log->fd, log->line + log->size, sizeof log->line - log->size)) > 0) {
        char *begin = log->line, *end;
        log->offset += n;
        log->size += (size_t)n;
        while ((end = (char *)memchr(begin, '\n', log->size)) != NULL) {
            say(log, begin, (size_t)(end - begin));
            log->size -= (size_t)(end + 1 - begin);
            begin = end + 1;
        }
        memmove(log->line, begin, log->size);
        if (log->size == sizeof log->line)
            say_rest(log);
    }
}

static void close_log(struct log *log)
{
    say_rest(log);
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
    log->offset = 0;
}

/* One look at a file: has it grown, been truncated, or become another one? */
static void look(struct log *log)
{
    struct stat open_file, named;
    bool named_is_there = stat(log->name, &named) == 0;
    if (log->fd >= 0 && fstat(log->fd, &open_file) == 0) {
        if (open_file.st_size < log->offset) {
            say_rest(log);
            log->offset = lseek(log->fd, 0, SEEK_SET);
        }
        read_lines(log);
        if (named_is_there && (named.st_ino != open_file.st_ino || named.st_dev != open_file.st_dev))
            close_log(log);
    }
    if (log->fd < 0 && named_is_there) {
        log->fd = open(log->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (log->fd >= 0)
            read_lines(log);
    }
}

struct follow {
    async_frame frame;
    const char *name;
    struct log log;
};

async(follow, log)
{
    async_begin;
    self->log.name = self->name;
    self->log.size = 0;
    self->log.offset = 0;
    self->log.fd = open(self->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (self->log.fd >= 0)
        self->log.offset = lseek(self->log.fd, 0, SEEK_END);
    for (;;) {
        await(async_sleep, .delay = interval);
        look(&self->log);
    }
    async_finally;
    look(&self->log); /* what came meanwhile */
    close_log(&self->log);
    async_end;
}

struct top {
    async_frame frame;
    char **names;
    int count, i, signo;
    async_signal stops[2];
    async_task *tasks[MOST];
    async_task_group group;
};

async(top)
{
    async_begin;
    if (async_signal_init(&self->stops[0], SIGTERM) < 0 || async_signal_init(&self->stops[1], SIGINT) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < self->count; self->i++)
        self->tasks[self->i] = async_task_group_create_task(&self->group, follow, .name = self->names[self->i]);
    await(async_sleep); /* they have opened their files */
    fprintf(stderr, "following %d files\n", self->count);
    await_into(self->signo, async_signal_wait, .signal = self->stops, .count = 2);
    for (self->i = 0; self->i < self->count; self->i++)
        async_cancel(self->tasks[self->i]);
    async_finally;
    async_signal_deinit(&self->stops[0]);
    async_signal_deinit(&self->stops[1]);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status;
    int at = 1;
    if (at + 1 < argc && strcmp(argv[at], "-i") == 0) {
        interval = async_ms(atoi(argv[at + 1]));
        at += 2;
    }
    if (at >= argc || argc - at > MOST) {
        fprintf(stderr, "usage: %s [-i milliseconds] file ... (at most %d)\n", argv[0], MOST);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    status = async_run(top, .names = argv + at, .count = argc - at);
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0;
}
