/* wakes.c: a task that nothing but an interrupt can wake, while the loop's thread sleeps without end. */
#include "asyncio.h"
#include <stdlib.h>

static async_isr_event event;

void interrupt(void);
void interrupt(void) { async_isr_event_set(&event); }

struct waits { async_frame frame; };
async(waits)
{
    async_begin;
    await(async_isr_event_wait, .event = &event);
    exit(42);
    async_end;
}

static ASYNC_TASK(waits, async_isr_event_wait) storage;

static void run(void)
{
    async_create_task_on(&storage, waits);
    async_loop_run_forever(async_get_event_loop());
}

void app_main(void);
void app_main(void) { run(); }
#ifdef ZEPHYR
int main(void)
{
    run();
    return 0;
}
#endif
