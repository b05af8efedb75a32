/* remove_done_callback() removes every copy and says how many. Each copy is a handle of its own. */
#include "trace.h"

static void cb(async_handle *handle)
{
    (void)handle;
    puts("cb");
}

static void other(async_handle *handle)
{
    (void)handle;
    puts("other");
}

struct top { async_frame frame; async_future f; async_handle handles[3]; };

async(top)
{
    async_begin;
    async_future_init(&self->f);
    async_future_add_done_callback(&self->f, &self->handles[0], cb, NULL);
    async_future_add_done_callback(&self->f, &self->handles[1], other, NULL);
    async_future_add_done_callback(&self->f, &self->handles[2], cb, NULL);
    printf("removed %d\n", async_future_remove_done_callback(&self->f, cb));
    printf("removed %d\n", async_future_remove_done_callback(&self->f, cb));
    async_future_set_result(&self->f, NULL);
    printf("removed after done %d\n", async_future_remove_done_callback(&self->f, other));
    await(async_sleep, .delay = 0);
    puts("end");
    async_finally;
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
