/* A process supervisor: keeps commands running, and ends them all when it is told to.
 *
 *     32_supervisor [-b MILLISECONDS] [-g MILLISECONDS] 'command' ...
 *
 * A command that ends is started again after a pause: first 100 ms (-b), then twice as long each time, up to a hundred
 * times that; one that has run for ten times the first pause is well, and begins again with that. SIGTERM or Ctrl-C:
 * each gets SIGTERM, with what it has started, and after 5 seconds (-g) SIGKILL. Nothing is left behind.
 *
 * The polite end is the finally part of each command's task, so there is one way out of it, whatever the reason. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 32 };

static async_time first_pause = async_ms(100), grace = async_seconds(5);

struct supervise {
    async_frame frame;
    const char *command;
    async_process process;
    async_time pause, begun;
    async_status status;
    int code;
};

static void say_end(const char *command, int code, async_time pause)
{
    if (code < 0)
        printf("%s: killed by signal %d", command, -code);
    else
        printf("%s: exited with %d", command, code);
    printf(", again in %d ms\n", (int)(pause / async_ms(1)));
}

async(supervise)
{
    async_begin;
    self->pause = first_pause;
    for (;;) {
        self->begun = async_loop_time(async_get_running_loop());
        await_catch(self->status, async_create_subprocess_shell, .process = &self->process, .command = self->command,
            .input = ASYNC_DEVNULL, .process_group = ASYNC_OWN_GROUP);
        if (self->status == ASYNC_CANCELLED)
            async_raise(self->status);
        if (self->status == ASYNC_OK) {
            printf("%s: started\n", self->command);
            await_into(self->code, async_process_wait, .process = &self->process);
            async_process_deinit(&self->process);
            if (async_loop_time(async_get_running_loop()) - self->begun >= 10 * first_pause)
                self->pause = first_pause;
            say_end(self->command, self->code, self->pause);
        } else { /* too many processes, or no memory: that may pass too */
            printf("%s: not started: %s in %s\n", self->command, async_strerror(self->status), self->process.failed);
        }
        await(async_sleep, .delay = self->pause);
        self->pause = 2 * self->pause > 100 * first_pause ? 100 * first_pause : 2 * self->pause;
    }
    async_finally;
    if (self->process.pid != 0 && !async_process_poll(&self->process)) {
        kill((pid_t)-self->process.pid, SIGTERM);
        await_for_catch(grace, self->status, async_process_wait, .process = &self->process);
        if (!async_process_poll(&self->process))
            printf("%s: does not end, killed\n", self->command);
        else
            printf("%s: ended\n", self->command);
        kill((pid_t)-self->process.pid, SIGKILL); /* and what it has left in its group */
    }
    async_process_deinit(&self->process);
    async_end;
}

struct supervisor {
    async_frame frame;
    char **commands;
    int count, i, signo;
    async_signal stops[2];
    async_task_group group;
    async_task *tasks[MOST];
};

async(supervisor)
{
    async_begin;
    if (async_signal_init(&self->stops[0], SIGTERM) < 0 || async_signal_init(&self->stops[1], SIGINT) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < self->count; self->i++)
        self->tasks[self->i] = async_task_group_create_task(&self->group, supervise, .command = self->commands[self->i]);
    await_into(self->signo, async_signal_wait, .signal = self->stops, .count = 2);
    printf("stopping\n");
    for (self->i = 0; self->i < self->count; self->i++)
        async_cancel(self->tasks[self->i]); /* the group waits for their finally parts */
    async_finally;
    async_signal_deinit(&self->stops[0]);
    async_signal_deinit(&self->stops[1]);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status;
    int at = 1;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (strcmp(argv[at], "-b") == 0 && atoi(argv[at + 1]) > 0)
            first_pause = async_ms(atoi(argv[at + 1]));
        else if (strcmp(argv[at], "-g") == 0)
            grace = async_ms(atoi(argv[at + 1]));
        else
            break;
    }
    if (at >= argc || argv[at][0] == '-' || argc - at > MOST) {
        fprintf(stderr, "usage: %s [-b milliseconds] [-g milliseconds] 'command' ... (at most %d)\n", argv[0], MOST);
        return 2;
    }
    status = async_run(supervisor, .commands = argv + at, .count = argc - at);
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0;
}
