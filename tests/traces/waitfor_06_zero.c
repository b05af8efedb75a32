/* Timeout zero: a future that is done gives its result, one that is not gives Timeout at once; a coroutine
 * never * starts. */
#include "trace.h"

struct job { async_frame frame; };

async(job)
{
    async_begin;
    puts("never starts");
    async_end;
}

struct top { async_frame frame; async_future f, g; void *value; async_status status; };

async(top)
{
    async_begin;
    async_future_init(&self->f);
    async_future_set_result(&self->f, (void *)"done");
    await_into(self->value, async_wait_for, .future = &self->f, .timeout = 0);
    puts((const char *)self->value);
    async_future_init(&self->g);
    await_catch(self->status, async_wait_for, .future = &self->g, .timeout = 0);
    if (self->status == ASYNC_TIMED_OUT)
        printf("g: Timeout, cancelled %s\n", truth(async_future_cancelled(&self->g)));
    await_for_catch(0, self->status, job);
    if (self->status == ASYNC_TIMED_OUT)
        puts("job: Timeout");
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
