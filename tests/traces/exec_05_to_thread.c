/* to_thread() is the short form. */
#include "trace.h"

static int block(void *data) { return *(const int *)data + 1; }

struct gives { async_frame frame; const char *result; };

async(gives)
{
    async_begin;
    await(async_sleep, .delay = 0);
    async_return("s");
    async_end;
}

struct main_ { async_frame frame; int x, y, result; async_task *tasks[2]; };

async(main_)
{
    async_begin;
    self->x = 41;
    await_into(self->result, async_to_thread, .function = block, .data = &self->x);
    printf("%d\n", self->result);
    self->y = 1;
    self->tasks[0] = async_create_task(async_to_thread, .function = block, .data = &self->y);
    self->tasks[1] = async_create_task(gives);
    await(async_gather, .tasks = self->tasks, .count = 2);
    printf("[%d, '%s']\n", async_result(self->tasks[0], async_to_thread), async_result(self->tasks[1], gives));
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run(main_) < 0; }
