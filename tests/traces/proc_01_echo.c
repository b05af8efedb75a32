/* A child process; communicate reads its output to the end. */
#include "trace.h"

struct top {
    async_frame frame;
    async_process p;
    int code;
};

async(top)
{
    static const char *const argv[] = { "echo", "hello", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv, .output = ASYNC_PIPE);
    await_into(self->code, async_process_communicate, .process = &self->p);
    printf("%.5s %s %d\n", async_process_output(&self->p, NULL),
        async_stream_is_closing(&self->p.error) ? "None" : async_process_error_output(&self->p, NULL), self->code);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
