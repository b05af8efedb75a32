/* async_run(): a leftover task that fails while being cancelled is reported to the exception handler. */
#include "trace.h"

struct bg { async_frame frame; async_status status; };

async(bg)
{
    async_begin;
    await_catch(self->status, async_sleep, .delay = async_seconds(1000));
    if (self->status == ASYNC_CANCELLED) {
        puts("bg: Cancelled");
        async_raise(BOOM);
    }
    async_end;
}

static void handler(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop, (void)data;
    printf("handler: %s\n", error_name(e->status));
}

struct top { async_frame frame; async_task *t; const char **answer; };

async(top)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), handler, NULL);
    self->t = async_create_task(bg);
    await(async_sleep, .delay = 0);
    *self->answer = "ok";
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void)
{
    const char *answer = "";
    async_status status = async_run_with(&virtual_time, top, .answer = &answer);
    puts(answer);
    return status < 0;
}
