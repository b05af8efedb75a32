#define ASYNCIO_IMPLEMENTATION /* a function that waits, and the loop that runs it: cc -Iinclude examples/01_hello.c */
#include "asyncio.h"
#include <stdio.h>
struct hello { async_frame frame; };
async(hello) {
    async_begin;
    puts("hello");
    await(async_sleep, .delay = async_seconds(1));
    puts("world");
    async_end;
}
int main(void) { return async_run(hello) < 0; }
