/* A callback scheduled from a callback runs in the NEXT pass, after all callbacks that were ready in this pass. */
#include "trace.h"

static void child(async_handle *handle) { printf("child %s\n", (const char *)handle->data); }

static void parent(async_handle *handle)
{
    printf("parent %s\n", (const char *)handle->data);
    async_call_soon(handle, child, handle->data); /* a handle that runs is free again */
}

struct wait_passes { async_frame frame; int n, i; };

async(wait_passes)
{
    async_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        printf("pass %d\n", self->i);
        await(async_sleep, .delay = 0);
    }
    async_end;
}

int main(void)
{
    async_loop *loop = new_loop();
    async_handle handles[3] = { { .data = NULL } };
    async_loop_call_soon(loop, &handles[0], parent, "a");
    async_loop_call_soon(loop, &handles[1], parent, "b");
    async_loop_call_soon(loop, &handles[2], parent, "c");
    run_task(loop, async_loop_create_task(loop, wait_passes, .n = 3));
    async_loop_close(loop);
    return 0;
}
