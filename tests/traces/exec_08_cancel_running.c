/* A job that runs cannot be stopped; only the waiting is cancelled. */
#include "trace.h"
#include "gate.h"

static gate open_up = GATE_INIT, started = GATE_INIT, ended = GATE_INIT;

static int job(void *data)
{
    (void)data;
    gate_set(&started);
    gate_wait(&open_up);
    gate_set(&ended);
    return 0;
}

static void leave_alone(void *data) { (void)data; }

struct main_ { async_frame frame; async_task *task; async_status status; };

async(main_)
{
    async_begin;
    self->task = async_create_task(async_to_thread, .function = job, .abandon = leave_alone);
    await(async_sleep, .delay = 0); /* a task begins in the next pass */
    if (async_task_done(self->task))
        async_raise(async_task_exception(self->task));
    gate_wait(&started);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    printf("%s, job ended %s\n", error_name(self->status), truth(gate_is_set(&ended)));
    gate_set(&open_up);
    gate_wait(&ended);
    printf("job ended %s\n", truth(gate_is_set(&ended)));
    async_finally;
    gate_set(&open_up);
    async_release(self->task);
    async_end;
}

int main(void) { return async_run(main_) < 0; }
