/* A signal handler runs inside the loop, not at the moment of the signal. */
#include "trace.h"
#include <signal.h>
#include <unistd.h>

static void got_it(async_handle *handle) { async_future_set_result((async_future *)handle->data, (void *)"signal"); }

struct top {
    async_frame frame;
    async_future got;
    async_handle handle;
    void *value;
};

async(top)
{
    async_begin;
    async_future_init(&self->got);
    if (async_loop_add_signal_handler(async_get_running_loop(), SIGUSR1, &self->handle, got_it, &self->got) < 0)
        async_raise(ASYNC_NO_MEMORY);
    kill(getpid(), SIGUSR1);
    printf("sent, done %s\n", truth(async_future_done(&self->got)));
    await_into(self->value, async_future_wait, .future = &self->got);
    puts((const char *)self->value);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
