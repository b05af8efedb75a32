/* Two loops in two threads, and channels between them: one asks, the other answers. Compile with -pthread.
 *
 * A channel is the one queue that may be used from several threads. Its storage is the caller's, so its bound is known:
 * who is faster waits for room. Closing it tells the other side that nothing more will come. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <pthread.h>
#include <stdio.h>

struct answer {
    int number;
    long square;
};

static async_channel questions, answers;

/* In the second thread. */
struct squares {
    async_frame frame;
    struct answer answer;
    async_status status;
};

async(squares)
{
    async_begin;
    for (;;) {
        await_catch(self->status, async_channel_get, .channel = &questions, .item = &self->answer.number);
        if (self->status < 0)
            break; /* closed: no more questions */
        self->answer.square = (long)self->answer.number * self->answer.number;
        await(async_channel_put, .channel = &answers, .item = &self->answer);
    }
    async_finally;
    async_channel_close(&answers);
    async_end;
}

static void *second_thread(void *data)
{
    (void)data;
    if (async_run(squares) < 0) {
        async_channel_close(&questions); /* nobody need wait for it */
        async_channel_close(&answers);
    }
    return NULL;
}

/* In the first. */
struct asks {
    async_frame frame;
    int number;
};

async(asks)
{
    async_begin;
    for (self->number = 1; self->number <= 10; self->number++)
        await(async_channel_put, .channel = &questions, .item = &self->number);
    async_finally;
    async_channel_close(&questions);
    async_end;
}

struct main_ {
    async_frame frame;
    struct answer answer;
    async_task *asks;
    async_status status;
};

async(main_)
{
    async_begin;
    self->asks = async_create_task(asks);
    if (self->asks == NULL)
        async_raise(ASYNC_NO_MEMORY); /* nobody would ask */
    for (;;) {
        await_catch(self->status, async_channel_get, .channel = &answers, .item = &self->answer);
        if (self->status < 0)
            break;
        printf("%d squared is %ld\n", self->answer.number, self->answer.square);
    }
    await(async_join, .task = self->asks);
    puts("no more");
    async_finally;
    async_channel_close(&questions);
    async_release(self->asks);
    async_end;
}

int main(void)
{
    static int room[2];
    static struct answer more_room[2];
    pthread_t thread;
    async_status status;
    async_channel_init(&questions, sizeof *room, 2, room);
    async_channel_init(&answers, sizeof *more_room, 2, more_room);
    if (pthread_create(&thread, NULL, second_thread, NULL) != 0)
        return 1;
    status = async_run(main_);
    async_channel_close(&questions); /* also when main_ could not begin */
    async_channel_close(&answers);
    pthread_join(thread, NULL);
    async_channel_deinit(&questions);
    async_channel_deinit(&answers);
    return status < 0;
}
