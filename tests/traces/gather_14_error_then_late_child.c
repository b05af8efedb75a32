/* After gather raised, a late child may still be awaited by name. The gather is an object here: one that
 * can be kept * and asked. */
#include "trace.h"

struct late { async_frame frame; int i; const char *result; };

async(late)
{
    async_begin;
    for (self->i = 0; self->i < 4; self->i++) {
        await(async_sleep);
        printf("late %d\n", self->i);
    }
    async_return("late result");
    async_end;
}

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_task *tasks[2]; async_gathering gathering; async_status status; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(late);
    self->tasks[1] = async_create_task(bad);
    self->status = async_gathering_start(&self->gathering, self->tasks, NULL, 2, false, NULL);
    if (self->status < 0)
        async_raise(self->status);
    await_catch(self->status, async_future_wait, .future = &self->gathering.future);
    if (self->status == BOOM)
        printf("Boom; gather done %s\n", truth(async_future_done(&self->gathering.future)));
    await(async_join, .task = self->tasks[0]);
    puts(async_result(self->tasks[0], late));
    async_finally;
    async_gathering_deinit(&self->gathering);
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
