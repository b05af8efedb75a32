/* cancel() schedules the done callbacks too. */
#include "trace.h"

static void callback(async_handle *handle)
{
    printf("callback, cancelled = %s\n", truth(async_future_cancelled(handle->data)));
}

struct top { async_frame frame; async_future f; async_handle handle; };

async(top)
{
    async_begin;
    async_future_init(&self->f);
    async_future_add_done_callback(&self->f, &self->handle, callback, &self->f);
    async_future_cancel(&self->f);
    puts("cancelled");
    await(async_sleep, .delay = 0);
    puts("end");
    async_finally;
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
