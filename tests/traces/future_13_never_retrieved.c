/* An error nobody looks at is reported to the handler when the future ends. */
#include "trace.h"

static void handler(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop, (void)data;
    printf("handler: never retrieved %s\n", error_name(e->status));
}

struct top { async_frame frame; async_future f, g; };

async(top)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), handler, NULL);
    async_future_init(&self->f);
    async_future_set_exception(&self->f, BOOM);
    puts("set");
    async_future_deinit(&self->f);
    puts("dropped");
    async_future_init(&self->g);
    async_future_set_exception(&self->g, BOOM);
    printf("looked at %s\n", error_name(async_future_exception(&self->g)));
    async_future_deinit(&self->g);
    puts("end");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
