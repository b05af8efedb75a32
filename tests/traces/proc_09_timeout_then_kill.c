/* wait with a timeout; the child goes on until it is killed. */
#include "trace.h"

struct top {
    async_frame frame;
    async_process p;
    async_status status;
    int code;
};

async(top)
{
    static const char *const argv[] = { "sleep", "100", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv);
    await_for_catch(TICK, self->status, async_process_wait, .process = &self->p);
    if (self->status == ASYNC_TIMED_OUT)
        printf("Timeout, returncode %s\n", self->p.returncode == ASYNC_RUNNING ? "None" : "known");
    async_process_kill(&self->p);
    await_into(self->code, async_process_wait, .process = &self->p);
    printf("wait %d\n", self->code);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
