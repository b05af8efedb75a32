/* Two conditions on one lock: a bounded buffer. */
#include "trace.h"

struct buffer {
    int items[2];
    size_t count;
    async_lock lock;
    async_condition not_full, not_empty;
};

struct put { async_frame frame; struct buffer *buffer; int x; };

async(put)
{
    struct buffer *b = self->buffer;
    async_begin;
    for (self->x = 0; self->x < 5; self->x++) {
        await_enter(&b->lock);
        while (b->count == 2)
            await(async_condition_wait, .condition = &b->not_full);
        b->items[b->count++] = self->x;
        printf("put %d\n", self->x);
        async_condition_notify(&b->not_empty, 1);
        async_exit(&b->lock);
    }
    async_end;
}

struct get { async_frame frame; struct buffer *buffer; int i; };

async(get)
{
    struct buffer *b = self->buffer;
    async_begin;
    for (self->i = 0; self->i < 5; self->i++) {
        await_enter(&b->lock);
        while (b->count == 0)
            await(async_condition_wait, .condition = &b->not_empty);
        printf("get %d\n", b->items[0]);
        b->items[0] = b->items[1];
        b->count--;
        async_condition_notify(&b->not_full, 1);
        async_exit(&b->lock);
    }
    async_end;
}

/* not in the frame of top, which may be gone first */
static struct buffer buffer;

struct top { async_frame frame; async_task *tasks[2]; };

async(top)
{
    async_begin;
    async_lock_init(&buffer.lock);
    async_condition_init(&buffer.not_full, &buffer.lock);
    async_condition_init(&buffer.not_empty, &buffer.lock);
    self->tasks[0] = async_create_task(put, .buffer = &buffer);
    self->tasks[1] = async_create_task(get, .buffer = &buffer);
    await(async_gather, .tasks = self->tasks, .count = 2);
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
