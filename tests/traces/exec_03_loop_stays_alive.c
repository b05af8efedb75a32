/* While a thread blocks, the loop goes on. */
#include "trace.h"
#include "gate.h"

static gate open_up = GATE_INIT;

static int block(void *data)
{
    gate_wait(&open_up);
    *(const char **)data = "unblocked";
    return 0;
}

struct main_ {
    async_frame frame;
    async_task *task;
    const char *text;
    int i;
};

async(main_)
{
    async_begin;
    self->task = async_create_task(async_to_thread, .function = block, .data = &self->text);
    for (self->i = 0; self->i < 3; self->i++) {
        printf("loop %d done %s\n", self->i, truth(async_task_done(self->task)));
        await(async_sleep, .delay = 0);
    }
    gate_set(&open_up);
    await(async_join, .task = self->task);
    puts(self->text);
    async_finally;
    gate_set(&open_up);
    async_release(self->task);
    async_end;
}

int main(void) { return async_run(main_) < 0; }
