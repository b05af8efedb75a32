/* Two loops in two threads send each other messages. */
#include "trace.h"
#include <pthread.h>

enum { N = 5 };

static struct { const char *name; int x; } entries[16];
static int count; /* they take turns */
static async_channel boxes[2];

struct side { async_frame frame; const char *name; int me, x; bool first; };

async(side)
{
    async_begin;
    if (self->first)
        await(async_channel_put, .channel = &boxes[1 - self->me], .item = &self->x);
    do {
        await(async_channel_get, .channel = &boxes[self->me], .item = &self->x);
        entries[count].name = self->name;
        entries[count++].x = self->x++;
        await(async_channel_put, .channel = &boxes[1 - self->me], .item = &self->x);
    } while (self->x < N);
    async_end;
}

/* When one fails the other need not wait. */
static void *a(void *data)
{
    (void)data;
    if (async_run(side, .name = "A", .me = 0, .first = true) < 0)
        async_channel_close(&boxes[1]);
    return NULL;
}

static void *b(void *data)
{
    (void)data;
    if (async_run(side, .name = "B", .me = 1) < 0)
        async_channel_close(&boxes[0]);
    return NULL;
}

int main(void)
{
    static int items[2][1];
    pthread_t ta, tb;
    async_channel_init(&boxes[0], sizeof(int), 1, items[0]);
    async_channel_init(&boxes[1], sizeof(int), 1, items[1]);
    if (pthread_create(&ta, NULL, a, NULL) != 0 || pthread_create(&tb, NULL, b, NULL) != 0)
        return 1;
    pthread_join(ta, NULL);
    pthread_join(tb, NULL);
    for (int i = 0; i < count; i++)
        printf("%s %d\n", entries[i].name, entries[i].x);
    async_channel_deinit(&boxes[0]);
    async_channel_deinit(&boxes[1]);
    return 0;
}
