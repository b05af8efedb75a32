/* call_exception_handler() hands the exception to the handler at once. */
#include "trace.h"

static void handler(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop, (void)data;
    printf("handler: %s\n", e->message);
}

struct top { async_frame frame; };

async(top)
{
    async_loop *loop = async_get_running_loop();
    async_exception e = { .message = "custom" };
    async_begin;
    async_loop_set_exception_handler(loop, handler, NULL);
    puts("before");
    async_loop_call_exception_handler(loop, &e);
    puts("after");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
