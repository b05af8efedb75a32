/* Done callbacks run for a cancelled task. */
#include "trace.h"

struct job { async_frame frame; async_event never; };

async(job)
{
    async_begin;
    await(async_event_wait, .event = &self->never);
    async_end;
}

static void callback(async_handle *handle)
{
    async_task *t = handle->data;
    printf("callback, cancelled %s\n", truth(async_task_cancelled(t)));
}

struct top { async_frame frame; async_task *t; async_handle handle; };

async(top)
{
    async_begin;
    self->t = async_create_task(job);
    async_task_add_done_callback(self->t, &self->handle, callback, self->t);
    await(async_sleep, .delay = 0);
    async_cancel(self->t);
    await(async_sleep, .delay = 0);
    printf("one pass, done %s\n", truth(async_task_done(self->t)));
    await(async_sleep, .delay = 0);
    puts("two passes");
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
