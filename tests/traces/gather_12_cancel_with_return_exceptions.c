/* Cancelling gather wins over return_exceptions once the children are done. */
#include "trace.h"

struct stubborn { async_frame frame; async_event never; async_status status; const char *result; };

async(stubborn)
{
    async_begin;
    await_catch(self->status, async_event_wait, .event = &self->never);
    if (self->status == ASYNC_CANCELLED)
        puts("stubborn: Cancelled, ignored");
    await(async_sleep);
    puts("stubborn ends");
    async_return("value");
    async_end;
}

struct outer { async_frame frame; async_task *child; async_status status; };

async(outer)
{
    async_begin;
    self->child = async_create_task(stubborn);
    await(async_gather, .tasks = &self->child, .count = 1, .return_exceptions = true,
        .statuses = &self->status);
    if (self->status < 0)
        async_raise(self->status);
    print_strings(&async_result(self->child, stubborn), 1);
    puts("");
    async_finally;
    if (async_error == ASYNC_CANCELLED)
        puts("outer: Cancelled");
    async_release(self->child);
    async_end;
}

struct top { async_frame frame; async_task *task; async_status status; };

async(top)
{
    async_begin;
    self->task = async_create_task(outer);
    await(async_sleep);
    await(async_sleep);
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    printf("cancelled %s\n", truth(async_task_cancelled(self->task)));
    async_finally;
    async_release(self->task);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
