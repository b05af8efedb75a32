/* A dialogue with cat: write a line, read a line. */
#include "trace.h"

struct top {
    async_frame frame;
    async_process p;
    async_bytes line;
    size_t left;
    int i, code;
};

async(top)
{
    static const char *const argv[] = { "cat", NULL };
    static const char *const words[] = { "one\n", "two\n" };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv, .input = ASYNC_PIPE, .output = ASYNC_PIPE);
    for (self->i = 0; self->i < 2; self->i++) {
        async_stream_write(&self->p.input, words[self->i], strlen(words[self->i]));
        await(async_stream_drain, .stream = &self->p.input);
        await_into(self->line, async_stream_readline, .stream = &self->p.output);
        printf("%.*s\n", (int)self->line.size - 1, self->line.data);
    }
    async_stream_close_nowait(&self->p.input);
    await_into(self->line, async_stream_readall, .stream = &self->p.output);
    self->left = self->line.size;
    await_into(self->code, async_process_wait, .process = &self->p);
    printf("end %d exit %d\n", (int)self->left, self->code);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
