/* Testing: a fresh loop for each test, and a clock that needs no time.
 *
 * async_run_with() makes a loop of its own, so no test sees what another left behind. With a virtual clock time
 * stands still while anything can run and jumps to the next deadline when nothing can: an hour takes no time, and
 * the order of events is the same on every run. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

/* What is tested: tries again, waiting longer each time. */
struct retry {
    async_frame frame;
    int succeeds_at, attempt;
    int result;
};

async(retry)
{
    async_begin;
    for (self->attempt = 1; self->attempt < self->succeeds_at; self->attempt++)
        await(async_sleep, .delay = async_seconds(60) * self->attempt);
    async_return(self->attempt);
    async_end;
}

struct test {
    async_frame frame;
    int succeeds_at, minutes;
    async_time begun;
    int attempts;
};

async(test)
{
    async_begin;
    self->begun = async_loop_time(async_get_running_loop());
    await_into(self->attempts, retry, .succeeds_at = self->succeeds_at);
    printf("%d attempts, ", self->attempts);
    if (async_loop_time(async_get_running_loop()) - self->begun != async_seconds(60) * self->minutes)
        async_raise(ASYNC_USER_ERROR(1));
    async_end;
}

int main(void)
{
    static const struct {
        int succeeds_at, minutes;
    } tests[] = {{1, 0}, {2, 1}, {5, 10}};
    const async_loop_config config = {.virtual_clock = true};
    int i, failed = 0;
    for (i = 0; i < 3; i++) {
        async_status status = async_run_with(&config, test, .succeeds_at = tests[i].succeeds_at,
            .minutes = tests[i].minutes);
        printf("%d minutes: %s\n", tests[i].minutes, status == ASYNC_OK ? "ok" : "FAILED");
        failed += status != ASYNC_OK;
    }
    return failed != 0;
}
