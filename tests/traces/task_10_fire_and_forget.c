/* A child outlives the function that started it. */
#include "trace.h"

struct child { async_frame frame; async_event *gate; const char *result; };

async(child)
{
    async_begin;
    await(async_event_wait, .event = self->gate);
    puts("child goes on");
    async_return("child result");
    async_end;
}

struct starter { async_frame frame; async_event *gate; async_task *result; };

async(starter)
{
    async_begin;
    self->result = async_create_task(child, .gate = self->gate);
    await(async_sleep, .delay = 0);
    puts("starter ends");
    async_end; /* the caller gets the handle, and releases it */
}

struct top { async_frame frame; async_event gate; async_task *t; };

async(top)
{
    async_begin;
    await_into(self->t, starter, .gate = &self->gate);
    printf("child done %s\n", truth(async_task_done(self->t)));
    async_event_set(&self->gate);
    await(async_join, .task = self->t);
    puts(async_result(self->t, child));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
