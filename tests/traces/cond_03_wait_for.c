/* wait_for() waits until its predicate holds. */
#include "trace.h"

static bool three(void *n) { return *(const int *)n >= 3; }

struct waiter { async_frame frame; async_condition *cond; int *n; };

async(waiter)
{
    async_begin;
    await_enter(self->cond);
    await(async_condition_wait_for, .condition = self->cond, .predicate = three, .data = self->n);
    printf("waiter sees %d\n", *self->n);
    async_end;
}

struct top { async_frame frame; async_condition cond; async_task *task; int n, i, k; };

async(top)
{
    async_begin;
    async_condition_init(&self->cond, NULL);
    self->task = async_create_task(waiter, .cond = &self->cond, .n = &self->n);
    await(async_sleep);
    for (self->i = 0; self->i < 4; self->i++) {
        await_enter(&self->cond);
        printf("n %d\n", ++self->n);
        async_condition_notify_all(&self->cond);
        async_exit(&self->cond);
        for (self->k = 0; self->k < 3; self->k++)
            await(async_sleep);
    }
    await(async_join, .task = self->task);
    async_finally;
    async_release(self->task);
    async_condition_deinit(&self->cond);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
