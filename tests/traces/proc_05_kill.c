/* kill and terminate: the exit code is minus the signal number. */
#include "trace.h"

struct top {
    async_frame frame;
    async_process a, b;
    int code;
};

async(top)
{
    static const char *const argv[] = { "sleep", "100", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->a, .argv = argv);
    puts(self->a.returncode == ASYNC_RUNNING ? "running None" : "running no more");
    async_process_kill(&self->a);
    await_into(self->code, async_process_wait, .process = &self->a);
    printf("kill %d\n", self->code);
    await(async_create_subprocess_exec, .process = &self->b, .argv = argv);
    async_process_terminate(&self->b);
    await_into(self->code, async_process_wait, .process = &self->b);
    printf("terminate %d\n", self->code);
    async_finally;
    async_process_deinit(&self->a);
    async_process_deinit(&self->b);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
