/* wait() with a timeout does not fail and cancels nothing. */
#include "trace.h"

struct top { async_frame frame; async_future f, g; async_future *futures[2]; size_t done; };

async(top)
{
    async_begin;
    self->futures[0] = &self->f;
    self->futures[1] = &self->g;
    async_future_set_result(&self->g, NULL);
    await(async_wait, .futures = self->futures, .count = 2, .timeout = TICK);
    printf("done %s pending %s cancelled %s\n", truth(async_future_done(&self->g)),
        truth(!async_future_done(&self->f)), truth(async_future_cancelled(&self->f)));
    async_future_set_result(&self->f, "later");
    await_into(self->done, async_wait, .futures = self->futures, .count = 2, .timeout = TICK);
    printf("done %d pending %d\n", (int)self->done, 2 - (int)self->done);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
