/* The first error is raised at once; the other children go on. */
#include "trace.h"

struct good { async_frame frame; async_event *gate; const char *result; };

async(good)
{
    async_begin;
    await(async_event_wait, .event = self->gate);
    puts("good ends");
    async_return("good");
    async_end;
}

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    await(async_sleep);
    async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_event gate; async_task *tasks[2]; async_status status; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(good, .gate = &self->gate);
    self->tasks[1] = async_create_task(bad);
    await_catch(self->status, async_gather, .tasks = self->tasks, .count = 2);
    if (self->status == BOOM)
        printf("main: Boom, good done %s\n", truth(async_task_done(self->tasks[0])));
    async_event_set(&self->gate);
    await(async_join, .task = self->tasks[0]);
    puts(async_result(self->tasks[0], good));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
