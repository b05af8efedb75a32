/* latency.c: how many instructions (AVR: cycles) pass from an interrupt that is pending when the processor is about to sleep
 * until the task that waits for it goes on: the wake, the handler with its entry and exit, the loop. The emulator counts
 * instructions: -icount shift=5 on Cortex-M, 0 on RISC-V. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#define ASYNCIO_IDLE() about_to_sleep()
static void about_to_sleep(void);
#include "console.h"
#include "timer.h"

enum { ROUNDS = 200 };

#if defined(__AVR__)
#define UNIT "cycles"
#define AFTER 20
static void counter_start(void) { TCCR1B = 1 << CS10; }
static uint16_t counter(void) { return TCNT1; }
#elif defined(__riscv)
#define UNIT "instructions"
#define AFTER 20
static void counter_start(void) { }
static uint16_t counter(void)
{
    uint32_t retired;
    __asm__ volatile("csrr %0, minstret" : "=r"(retired));
    return (uint16_t)retired;
}
#else /* a timer that counts down at 25 MHz; an instruction is 32 ns */
#define UNIT "instructions"
#define AFTER 200
static void counter_start(void)
{
    TIMER_REGISTER(0x40000008u) = 0xFFFFFFFFu;
    TIMER_REGISTER(0x40000000u) = 1;
}
static uint16_t counter(void) { return (uint16_t)((0xFFFFFFFFu - TIMER_REGISTER(0x40000004u)) * 5 / 4); }
#endif

static async_isr_event event;
static bool armed;
static uint16_t began;

/* Interrupts are masked here. */
static void about_to_sleep(void)
{
    if (!armed)
        return;
    while (!timer_is_pending()) {
    }
    armed = false;
    began = counter();
}

void timer_handler(void) { async_isr_event_set(&event); }

struct waiter {
    async_frame frame;
    unsigned round;
    uint16_t least, most, took;
};

async(waiter)
{
    async_begin;
    self->least = 0xFFFF;
    for (self->round = 0; self->round < ROUNDS; self->round++) {
        armed = true;
        timer_start(AFTER);
        await(async_isr_event_wait, .event = &event);
        self->took = (uint16_t)(counter() - began);
        if (armed)
            board_exit(1);
        if (self->took < self->least)
            self->least = self->took;
        if (self->took > self->most)
            self->most = self->took;
    }
    board_putu(self->least);
    board_puts(" to ");
    board_putu(self->most);
    board_puts(" " UNIT " from an interrupt to the task\n");
    board_exit(self->least == 0 ? 2 : 42);
    async_end;
}

static async_storage(sizeof(struct waiter) + sizeof(struct async_isr_event_wait) + 32) storage;

int main(void)
{
    board_init();
    timer_init();
    counter_start();
    async_create_task_on(&storage, waiter, .round = 0);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
