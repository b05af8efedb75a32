/* notify() wakes one waiter, in order of waiting. */
#include "trace.h"

struct waiter { async_frame frame; char name; async_condition *cond; };

async(waiter)
{
    async_begin;
    await_enter(self->cond);
    printf("%c waits\n", self->name);
    await(async_condition_wait, .condition = self->cond);
    printf("%c woken\n", self->name);
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_condition cond;

struct top { async_frame frame; async_task *tasks[3]; int i; };

async(top)
{
    async_begin;
    async_condition_init(&cond, NULL);
    for (int i = 0; i < 3; i++)
        self->tasks[i] = async_create_task(waiter, .name = "abc"[i], .cond = &cond);
    await(async_sleep);
    for (self->i = 0; self->i < 3; self->i++) {
        await_enter(&cond);
        puts("notify");
        async_condition_notify(&cond, 1);
        async_exit(&cond);
        await(async_sleep);
        await(async_sleep);
    }
    await(async_wait, .tasks = self->tasks, .count = 3);
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

int main(void)
{
    async_status status = async_run_with(&virtual_time, top);
    async_condition_deinit(&cond);
    return status < 0;
}
