/* main.c: two tasks, each in its own rhythm, in static memory. */
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>
#include "asyncio.h"

struct blink {
    async_frame frame;
    const char *name;
    async_time half;
    bool on;
};

async(blink)
{
    async_begin;
    for (;;) {
        self->on = !self->on;
        printk("%s %s\n", self->name, self->on ? "on" : "off");
        await(async_sleep, .delay = self->half);
    }
    async_end;
}

static ASYNC_TASK(blink, async_sleep) red, green;

int main(void)
{
    async_create_task_on(&red, blink, .name = "red", .half = async_ms(250));
    async_create_task_on(&green, blink, .name = "green", .half = async_ms(400));
    async_loop_run_forever(async_get_event_loop());
    return 0;
}
