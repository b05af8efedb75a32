/* A timer sets the event. */
#include "trace.h"

static void set(async_handle *handle) { async_event_set((async_event *)handle->data); }

struct top { async_frame frame; async_event event; async_timer_handle timer; async_status status; };

async(top)
{
    async_begin;
    async_event_init(&self->event);
    self->status = async_call_later(TICK, &self->timer, set, &self->event);
    if (self->status < 0)
        async_raise(self->status);
    printf("is_set %s\n", truth(async_event_is_set(&self->event)));
    await_catch(self->status, async_event_wait, .event = &self->event);
    printf("wait %s\n", truth(self->status == ASYNC_OK));
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
