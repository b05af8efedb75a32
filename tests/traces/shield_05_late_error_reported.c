/* The caller is gone when the inner task fails: the handler hears of it. */
#include "trace.h"

struct inner { async_frame frame; async_event *gate; };

async(inner)
{
    async_begin;
    await(async_event_wait, .event = self->gate);
    async_raise(BOOM);
    async_end;
}

struct shielding { async_frame frame; async_task *task; };

async(shielding)
{
    async_begin;
    await(async_shield, .task = self->task);
    async_finally;
    async_release(self->task);
    async_end;
}

static void handler(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    (void)data;
    printf("handler %s\n", error_name(e->status));
}

/* not in the frame of top, which may be gone first */
static async_event gate;

struct top { async_frame frame; async_task *shield; async_status status; int i; };

async(top)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), handler, NULL);
    self->shield = async_create_task(shielding, .task = async_create_task(inner, .gate = &gate));
    await(async_sleep);
    async_cancel(self->shield);
    await_catch(self->status, async_join, .task = self->shield);
    if (self->status == ASYNC_CANCELLED)
        puts("main: Cancelled");
    async_event_set(&gate);
    for (self->i = 0; self->i < 3; self->i++)
        await(async_sleep);
    puts("end");
    async_finally;
    async_release(self->shield);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
