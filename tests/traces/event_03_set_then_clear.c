/* set() and clear() at once: those who waited still wake. */
#include "trace.h"

struct waiter { async_frame frame; const char *name; async_event *event; };

async(waiter)
{
    async_begin;
    await(async_event_wait, .event = self->event);
    printf("%s goes, is_set %s\n", self->name, truth(async_event_is_set(self->event)));
    async_end;
}

struct top { async_frame frame; async_event event; async_task *a, *b; };

async(top)
{
    async_begin;
    async_event_init(&self->event);
    self->a = async_create_task(waiter, .name = "a", .event = &self->event);
    await(async_sleep);
    async_event_set(&self->event);
    async_event_clear(&self->event);
    self->b = async_create_task(waiter, .name = "b", .event = &self->event);
    await(async_join, .task = self->a);
    await(async_sleep);
    printf("b done %s\n", truth(async_task_done(self->b)));
    async_event_set(&self->event);
    await(async_join, .task = self->b);
    async_finally;
    async_release(self->a);
    async_release(self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
