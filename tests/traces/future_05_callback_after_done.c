/* Adding a done callback to a done future schedules it; it does not run inside add_done_callback(). */
#include "trace.h"

static void callback(async_handle *handle)
{
    void *value = NULL;
    async_future_result(handle->data, &value);
    printf("callback %s\n", (const char *)value);
}

struct top { async_frame frame; async_future f; async_handle handle; };

async(top)
{
    async_begin;
    async_future_init(&self->f);
    async_future_set_result(&self->f, "v");
    async_future_add_done_callback(&self->f, &self->handle, callback, &self->f);
    puts("added");
    await(async_sleep, .delay = 0);
    puts("after one pass");
    async_finally;
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
