/* Results can be set once, and read only when there. */
#include "trace.h"

struct top { async_frame frame; async_future f; };

async(top)
{
    int one = 1, two = 2;
    void *value;
    async_begin;
    async_future_init(&self->f);
    printf("result %s\n", error_name(async_future_result(&self->f, &value)));
    printf("exception %s\n", error_name(async_future_exception(&self->f)));
    async_future_set_result(&self->f, &one);
    printf("set_result %s\n", error_name(async_future_set_result(&self->f, &two)));
    printf("set_exception %s\n", error_name(async_future_set_exception(&self->f, BOOM)));
    if (async_future_result(&self->f, &value) == ASYNC_OK)
        printf("result %d exception %s\n", *(int *)value, error_name(async_future_exception(&self->f)));
    async_finally;
    async_future_deinit(&self->f);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
