/* An executor with one worker runs its jobs one after another, in order. */
#include "trace.h"

static int job(void *data)
{
    const int *n = data;
    printf("job %d\n", *n);
    return *n;
}

struct main_ { async_frame frame; async_executor executor; int n, numbers[4]; async_task *tasks[4]; };

async(main_)
{
    async_begin;
    if (async_executor_init(&self->executor, 1) < 0)
        async_raise(ASYNC_NO_MEMORY);
    for (self->n = 0; self->n < 4; self->n++) {
        self->numbers[self->n] = self->n;
        self->tasks[self->n] = async_create_task(async_run_in_executor, .executor = &self->executor,
            .function = job, .data = &self->numbers[self->n]);
    }
    await(async_gather, .tasks = self->tasks, .count = 4);
    {
        int results[4];
        for (int i = 0; i < 4; i++)
            results[i] = async_result(self->tasks[i], async_run_in_executor);
        print_ints(results, 4);
        puts("");
    }
    async_finally;
    if (async_error < 0)
        for (self->n = 0; self->n < 4; self->n++)
            await_catch(self->numbers[self->n], async_cancel_and_wait, .task = self->tasks[self->n]);
    release_all(self->tasks, 4);
    async_executor_deinit(&self->executor);
    async_end;
}

int main(void) { return async_run(main_) < 0; }
