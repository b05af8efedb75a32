/* A cancelled sleep does not hold up the loop. */
#include "trace.h"

struct top { async_frame frame; async_task *t; async_time t0; async_status status; };

async(top)
{
    async_loop *loop = async_get_running_loop();
    async_begin;
    self->t0 = async_loop_time(loop);
    self->t = async_create_task(async_sleep, .delay = async_seconds(1000));
    await(async_sleep, .delay = TICK);
    async_cancel(self->t);
    await_catch(self->status, async_join, .task = self->t);
    printf("cancelled %s quick %s\n", truth(async_task_cancelled(self->t)),
        truth(async_loop_time(loop) - self->t0 < 50 * TICK));
    async_finally;
    async_release(self->t);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
