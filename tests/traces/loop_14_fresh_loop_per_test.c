/* Each test gets a fresh loop: nothing leaks from one to the next. */
#include "trace.h"

struct work { async_frame frame; int n, *twice, *tasks; };

async(work)
{
    async_begin;
    async_go(async_sleep, .delay = async_seconds(1000));
    await(async_sleep, .delay = 0);
    *self->twice = 2 * self->n;
    *self->tasks = (int)async_all_tasks(NULL, 0);
    async_end;
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        int twice, tasks;
        if (async_run_with(&virtual_time, work, .n = i, .twice = &twice, .tasks = &tasks) < 0)
            return 1;
        printf("test %d (%d, %d)\n", i, twice, tasks);
    }
    return 0;
}
