/* Tasks that outlive the function that made them, and what happens to them at the end of a run.
 *
 * async_create_task() starts a function beside the others and gives a handle; async_go() is the same for who
 * needs no handle. async_run() ends with its own function: tasks that are left are cancelled, and their finally
 * parts run. A loop of one's own leaves them where they are, and the next run goes on with them. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

struct count {
    async_frame frame;
    const char *name;
    int to, i;
};

async(count)
{
    async_begin;
    for (self->i = 1; self->i <= self->to; self->i++) {
        await(async_sleep, .delay = async_ms(200));
        printf("%s %d\n", self->name, self->i);
    }
    async_finally;
    printf("%s leaves: %s\n", self->name, async_strerror(async_error));
    async_end;
}

struct top {
    async_frame frame;
};

async(top)
{
    async_begin;
    async_go(count, .name = "short", .to = 1);
    async_go(count, .name = "long", .to = 100);
    await(async_sleep, .delay = async_ms(500));
    puts("top returns");
    async_end;
}

int main(void)
{
    async_loop *loop;
    async_task *task, *pause;
    if (async_run(top) < 0)
        return 1;

    puts("-- a loop of one's own");
    loop = async_new_event_loop();
    task = async_loop_create_task(loop, count, .name = "patient", .to = 3);
    pause = async_loop_create_task(loop, async_sleep, .delay = async_ms(300));
    async_loop_run_until_complete(loop, pause);
    printf("done: %s\n", async_task_done(task) ? "yes" : "no");
    async_loop_run_until_complete(loop, task);
    printf("done: %s\n", async_task_done(task) ? "yes" : "no");
    async_release(pause);
    async_release(task);
    async_loop_close(loop);
    return 0;
}
