/* Retry with a timeout until an attempt is quick enough. */
#include "trace.h"

struct attempt { async_frame frame; int n; char *answer; size_t size; async_event never; };

async(attempt)
{
    async_begin;
    if (self->n < 2)
        await(async_event_wait, .event = &self->never);
    snprintf(self->answer, self->size, "attempt %d", self->n);
    async_end;
}

struct top { async_frame frame; int n; char answer[20]; async_status status; };

async(top)
{
    async_begin;
    for (self->n = 0; self->n < 5; self->n++) {
        await_for_catch(2 * TICK, self->status, attempt, .n = self->n, .answer = self->answer,
            .size = sizeof self->answer);
        if (self->status == ASYNC_OK) {
            puts(self->answer);
            break;
        }
        if (self->status == ASYNC_TIMED_OUT)
            printf("Timeout %d\n", self->n);
    }
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
