/* set() wakes every waiter, in order. */
#include "trace.h"

struct waiter { async_frame frame; const char *name; async_event *event; };

async(waiter)
{
    async_begin;
    printf("%s waits\n", self->name);
    await(async_event_wait, .event = self->event);
    printf("%s goes\n", self->name);
    async_end;
}

struct top { async_frame frame; async_event event; async_task *tasks[3]; };

async(top)
{
    async_begin;
    async_event_init(&self->event);
    self->tasks[0] = async_create_task(waiter, .name = "a", .event = &self->event);
    self->tasks[1] = async_create_task(waiter, .name = "b", .event = &self->event);
    self->tasks[2] = async_create_task(waiter, .name = "c", .event = &self->event);
    await(async_sleep);
    puts("set");
    async_event_set(&self->event);
    await(async_gather, .tasks = self->tasks, .count = 3);
    printf("is_set %s\n", truth(async_event_is_set(&self->event)));
    async_finally;
    release_all(self->tasks, 3);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
