/* A periodic task, stopped by cancel. */
#include "trace.h"

struct beats { int items[8]; size_t count; };

struct periodic { async_frame frame; struct beats *beats; int n; };

async(periodic)
{
    async_begin;
    for (;;) {
        self->n++;
        self->beats->items[self->beats->count++] = self->n;
        await(async_sleep, .delay = 2 * TICK);
    }
    async_finally;
    printf("periodic ends, first beats ");
    print_ints(self->beats->items, 2);
    puts("");
    async_end;
}

struct top { async_frame frame; struct beats beats; async_task *task; async_status status; };

async(top)
{
    async_begin;
    self->task = async_create_task(periodic, .beats = &self->beats);
    await(async_sleep, .delay = 7 * TICK);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    printf("beats >= 2: %s\n", truth(self->beats.count >= 2));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
