/* Reading the child's output line by line. */
#include "trace.h"

struct top {
    async_frame frame;
    async_process p;
    async_bytes line;
    int code;
};

async(top)
{
    async_begin;
    await(async_create_subprocess_shell, .process = &self->p,
        .command = "for i in 1 2 3; do echo line $i; done; exit 4", .output = ASYNC_PIPE);
    for (;;) {
        await_into(self->line, async_stream_readline, .stream = &self->p.output);
        if (self->line.size == 0)
            break;
        printf("%.*s\n", (int)self->line.size - 1, self->line.data);
    }
    await_into(self->code, async_process_wait, .process = &self->p);
    printf("exit %d\n", self->code);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
