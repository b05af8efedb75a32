/* FIRST_COMPLETED returns at the first; nobody is cancelled. */
#include "trace.h"

struct job { async_frame frame; const char *name; int passes, i; const char *result; };

async(job)
{
    async_begin;
    for (self->i = 0; self->i < self->passes; self->i++)
        await(async_sleep);
    printf("end %s\n", self->name);
    async_return(self->name);
    async_end;
}

/* Takes what is done out of the array, and prints it. */
static size_t print_done(async_task **tasks, size_t count)
{
    const char *names[2];
    size_t done = 0, pending = 0;
    for (size_t i = 0; i < count; i++) {
        if (!async_task_done(tasks[i])) {
            tasks[pending++] = tasks[i];
            continue;
        }
        names[done++] = async_result(tasks[i], job);
        async_release(tasks[i]);
    }
    print_strings(names, done);
    printf(" pending %d\n", (int)pending);
    return pending;
}

struct top { async_frame frame; async_task *tasks[2]; size_t pending; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(job, .name = "slow", .passes = 9);
    self->tasks[1] = async_create_task(job, .name = "quick", .passes = 1);
    self->pending = 2;
    if (self->tasks[0] == NULL || self->tasks[1] == NULL)
        async_raise(ASYNC_NO_MEMORY);
    await(async_wait, .tasks = self->tasks, .count = 2, .return_when = ASYNC_FIRST_COMPLETED);
    self->pending = print_done(self->tasks, self->pending);
    await(async_wait, .tasks = self->tasks, .count = self->pending);
    self->pending = print_done(self->tasks, self->pending);
    async_finally;
    release_all(self->tasks, self->pending);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
