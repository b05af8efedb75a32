/* async_run(): when main returns, all other tasks are cancelled and awaited. */
#include "trace.h"

struct bg { async_frame frame; const char *name; };

async(bg)
{
    async_begin;
    await(async_sleep, .delay = async_seconds(1000));
    async_finally;
    if (async_error == ASYNC_CANCELLED) {
        printf("%s Cancelled\n", self->name);
        await(async_sleep, .delay = 0);
        printf("%s cleaned up\n", self->name);
    }
    async_end;
}

struct top { async_frame frame; int *answer; };

async(top)
{
    async_begin;
    async_go(bg, .name = "bg");
    await(async_sleep, .delay = 0);
    puts("main returns");
    *self->answer = 7;
    async_end;
}

int main(void)
{
    int answer = 0;
    async_status status = async_run_with(&virtual_time, top, .answer = &answer);
    printf("run gave %d\n", answer);
    return status < 0;
}
