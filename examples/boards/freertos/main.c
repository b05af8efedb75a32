/* main.c: an event loop as one task of FreeRTOS. Another task and a timer's interrupt each send it numbers; two async tasks
 * receive them, while a third one naps. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "port.h"
#include <stdio.h>

enum { NUMBERS = 1000 };

static async_isr_ring from_task, from_interrupt;
static uint32_t task_numbers[8], interrupt_numbers[8];
static unsigned naps;

/* ---- in the loop --------------------------------------------------------------------------------------------- */

struct receive {
    async_frame frame;
    async_isr_ring *ring;
    uint32_t number, expected;
};
async(receive)
{
    async_begin;
    for (self->expected = 1; self->expected <= NUMBERS; self->expected++) {
        await(async_isr_ring_get, .ring = self->ring, .item = &self->number);
        if (self->number != self->expected)
            async_raise(ASYNC_USER_ERROR(1));
    }
    async_end;
}

/* Later there is no timer: only the others can wake the loop then. */
struct nap {
    async_frame frame;
};
async(nap)
{
    async_begin;
    for (; naps < 15; naps++)
        await(async_sleep, .delay = async_ms(5));
    async_end;
}

static ASYNC_TASK(receive, async_isr_ring_get) tasks[2];
static ASYNC_TASK(nap, async_sleep) sleeper;

struct top {
    async_frame frame;
    async_task *first, *second, *third;
};
async(top)
{
    async_begin;
    self->first = async_create_task_on(&tasks[0], receive, .ring = &from_task);
    self->second = async_create_task_on(&tasks[1], receive, .ring = &from_interrupt);
    self->third = async_create_task_on(&sleeper, nap);
    await(async_join, .task = self->first);
    await(async_join, .task = self->second);
    await(async_join, .task = self->third);
    printf("received %d numbers of a task and %d of an interrupt, and napped %u times\n", NUMBERS, NUMBERS, naps);
    async_loop_stop(async_get_running_loop());
    async_end;
}
static ASYNC_TASK(top, async_join) storage;

static void loop(void *unused)
{
    (void)unused;
    async_create_task_on(&storage, top);
    async_loop_run_forever(async_get_event_loop());
    vTaskEndScheduler();
    vTaskDelete(NULL);
}

/* ---- beside it ----------------------------------------------------------------------------------------------- */

/* A task of FreeRTOS: when the ring is full it waits as such tasks do. */
static void sender(void *unused)
{
    uint32_t number;
    (void)unused;
    for (number = 1; number <= NUMBERS; number++)
        while (!async_isr_ring_put(&from_task, &number))
            vTaskDelay(1);
    vTaskDelete(NULL);
}

/* The interrupt of a timer. */
void timer_interrupt(void);
void timer_interrupt(void)
{
    static uint32_t number = 1;
    if (number <= NUMBERS && async_isr_ring_put(&from_interrupt, &number))
        number++;
}

int main(void)
{
    async_isr_ring_init(&from_task, task_numbers, sizeof task_numbers[0], 8);
    async_isr_ring_init(&from_interrupt, interrupt_numbers, sizeof interrupt_numbers[0], 8);
    xTaskCreate(loop, "loop", 512, NULL, 2, &async_port_task);
    xTaskCreate(sender, "sender", 256, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
