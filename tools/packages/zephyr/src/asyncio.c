/* asyncio.c: the library, and what it needs of Zephyr. The loop is a thread that sleeps on a semaphore; whoever raises
 * something in an interrupt or in another thread wakes it, since the library does that under this lock. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

#include <zephyr/kernel.h>

static K_SEM_DEFINE(asyncio_wake, 0, 1);
static k_tid_t asyncio_thread; /* that runs the loop */

async_time async_port_now(void) { return (async_time)k_uptime_get_32(); }

async_port_state async_port_lock(void) { return (async_port_state)irq_lock(); }

void async_port_unlock(async_port_state before)
{
    if (k_is_in_isr() || (asyncio_thread != NULL && k_current_get() != asyncio_thread))
        k_sem_give(&asyncio_wake);
    irq_unlock((unsigned int)before);
}

/* The mask is the thread's own: others run with interrupts while this one sleeps. */
void async_port_wait(async_time until)
{
    int32_t left = (int32_t)((uint32_t)until - k_uptime_get_32());
    asyncio_thread = k_current_get();
    if (until == ASYNC_FOREVER)
        (void)k_sem_take(&asyncio_wake, K_FOREVER);
    else if (left > 0)
        (void)k_sem_take(&asyncio_wake, K_MSEC(left));
}
