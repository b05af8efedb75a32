/* An awaitable written by hand: the end of a measurement, reported by a callback.
 *
 * Whatever reports its end by a callback becomes something to await: a struct that begins with async_leaf, and a
 * resume function. Resume is called twice. The first time (NEW) it starts the thing and waits. The second time
 * something has happened: the thing is done, or it was cancelled; resume lets go of it and returns the outcome.
 * The wait needs no memory: all of it lies in the frame. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

/* A sensor, as a driver might have it: one measurement at a time, and a callback when it is done. */
struct sensor {
    async_timer_handle timer;
    int value;
};

struct measure {
    async_leaf leaf; /* first */
    struct sensor *sensor;
    int result;
};

static void measured(async_handle *handle)
{
    async_leaf_complete(handle->data);
}

static async_step measure_resume(async_stack *stack, void *frame)
{
    struct measure *self = frame;
    if (self->leaf.frame.state == ASYNC_LEAF_NEW) {
        async_status status = async_call_later(async_ms(50), &self->sensor->timer, measured, &self->leaf);
        return status < 0 ? async_leaf_return(status) : async_leaf_wait(stack, &self->leaf);
    }
    async_timer_handle_cancel(&self->sensor->timer); /* does nothing when it has fired */
    self->result = self->sensor->value;
    return async_leaf_return(async_leaf_outcome(&self->leaf));
}

async_leaf_define_static(measure, async_leaf_cancel);

struct top {
    async_frame frame;
    struct sensor sensor;
    int value;
    async_status status;
};

async(top)
{
    async_begin;
    self->sensor.value = 20;
    await_into(self->value, measure, .sensor = &self->sensor);
    printf("%d degrees\n", self->value);
    await_for_catch(async_ms(20), self->status, measure, .sensor = &self->sensor);
    printf("with too little time: %s\n", async_strerror(self->status));
    self->sensor.value = 21;
    await_for_into(async_ms(500), self->value, measure, .sensor = &self->sensor);
    printf("%d degrees\n", self->value);
    async_end;
}

int main(void)
{
    return async_run(top) < 0;
}
