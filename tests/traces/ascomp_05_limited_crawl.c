/* Four jobs at most two at a time, collected as they complete. */
#include "trace.h"

struct fetch { async_frame frame; async_semaphore *sem; const char *name; int passes, i; const char *result; };

async(fetch)
{
    async_begin;
    await_enter(self->sem);
    printf("begin %s\n", self->name);
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep);
    async_return(self->name);
    async_end;
}

/* not in the frame of top, which may be gone first */
static async_semaphore sem;

struct top {
    async_frame frame;
    async_as_completed done;
    async_task *tasks[4], *task;
};

async(top)
{
    static const struct { const char *name; int passes; } jobs[] = { {"a", 4}, {"b", 12}, {"c", 20}, {"d", 3} };
    async_begin;
    async_semaphore_init(&sem, 2);
    for (int i = 0; i < 4; i++)
        self->tasks[i] = async_create_task(fetch, .sem = &sem, .name = jobs[i].name, .passes = jobs[i].passes);
    if (async_as_completed_init(&self->done, self->tasks, 4, ASYNC_FOREVER) < 0)
        async_raise(ASYNC_NO_MEMORY);
    for (;;) {
        await_into(self->task, async_as_completed_next, .iterator = &self->done);
        if (self->task == NULL)
            break;
        printf("got %s\n", async_result(self->task, fetch));
    }
    async_finally;
    async_as_completed_deinit(&self->done);
    release_all(self->tasks, 4);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
