/* all_tasks() counts the tasks that are not done. */
#include "trace.h"

struct job { async_frame frame; int n, i; };

async(job)
{
    async_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        await(async_sleep, .delay = 0);
    async_end;
}

static void print_tasks(void) { printf("tasks %d\n", (int)async_all_tasks(NULL, 0)); }

struct top { async_frame frame; async_task *ts[3]; int i; };

async(top)
{
    async_begin;
    print_tasks();
    self->ts[0] = async_create_task(job, .n = 0);
    self->ts[1] = async_create_task(job, .n = 1);
    self->ts[2] = async_create_task(job, .n = 3);
    print_tasks();
    for (self->i = 0; self->i < 4; self->i++) {
        await(async_sleep, .delay = 0);
        print_tasks();
    }
    printf("done [%s, %s, %s]\n", truth(async_task_done(self->ts[0])), truth(async_task_done(self->ts[1])),
        truth(async_task_done(self->ts[2])));
    async_finally;
    for (int i = 0; i < 3; i++)
        async_release(self->ts[i]);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
