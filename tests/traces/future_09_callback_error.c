/* An error in a done callback goes to the handler; the others still run. A callback in C returns nothing: it hands its
 * error to the handler itself. */
#include "trace.h"

static void bad(async_handle *handle)
{
    async_exception e = { .message = "error in a callback", .status = BOOM };
    (void)handle;
    async_loop_call_exception_handler(async_get_running_loop(), &e);
}

static void handler(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop, (void)data;
    printf("handler %s\n", error_name(e->status));
}

struct top { async_frame frame; async_future f; async_handle handles[3]; };

async(top)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), handler, NULL);
    async_future_init(&self->f);
    async_future_add_done_callback(&self->f, &self->handles[0], say, "cb 1");
    async_future_add_done_callback(&self->f, &self->handles[1], bad, NULL);
    async_future_add_done_callback(&self->f, &self->handles[2], say, "cb 3");
    async_future_set_result(&self->f, NULL);
    await(async_sleep, .delay = 0);
    puts("end");
    async_finally;
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
