/* interrupts.c: many interrupts of a fast timer against a waiting task: none is lost and none counted twice, whether the
 * interrupt comes while a task runs, between the loop's last look and the sleep, or in the sleep.
 *
 * Each interrupt puts its number into a ring; the task must get 1, 2, 3, ... The sources of the three cases are told apart by
 * two marks: the loop is about to sleep (ASYNCIO_IDLE) or has returned from the sleep. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
static volatile unsigned char phase;
#define ASYNCIO_IDLE() about_to_sleep()
static void about_to_sleep(void);
#include "console.h"
#include "timer.h"

#ifndef INTERRUPTS
#define INTERRUPTS 20000
#endif

enum { RUNNING = 0, ABOUT_TO_SLEEP = 1, ASLEEP = 2 };

static async_isr_ring ring;
static uint32_t numbers[64];
static volatile uint32_t raised;
static uint32_t counts[3];
static uint32_t random_state = 1;

static uint32_t random_(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* Interrupts are masked here. In some rounds it takes until the timer has fired: the interrupt is pending as the processor
 * is told to sleep, and must not sleep through it. */
static void about_to_sleep(void)
{
    phase = ASLEEP;
    if (random_() % 3 == 0) {
        while (!timer_is_pending()) {
        }
        phase = ABOUT_TO_SLEEP;
    } else if (timer_is_pending()) {
        phase = ABOUT_TO_SLEEP;
    }
}

/* The handler: the next one is set by the task, so that the ring cannot overflow however slow the host is. */
void timer_handler(void)
{
    uint32_t number = raised + 1;
    raised = number;
    counts[phase]++;
    phase = RUNNING;
    async_isr_ring_put(&ring, &number);
}

struct receiver {
    async_frame frame;
    uint32_t number, expected;
};

async(receiver)
{
    async_begin;
    for (self->expected = 1; self->expected <= INTERRUPTS; self->expected++) {
        timer_start(1 + random_() % 20);
        if (random_() % 3 == 0) /* it comes while this runs */
            while (raised != self->expected) {
            }
        await(async_isr_ring_get, .ring = &ring, .item = &self->number);
        phase = RUNNING;
        if (self->number != self->expected)
            board_exit(1);
    }
    board_putu((unsigned)raised);
    board_puts(" interrupts: while the task ran ");
    board_putu((unsigned)counts[RUNNING]);
    board_puts(", about to sleep ");
    board_putu((unsigned)counts[ABOUT_TO_SLEEP]);
    board_puts(", asleep ");
    board_putu((unsigned)counts[ASLEEP]);
    board_puts(", lost ");
    board_putu((unsigned)(INTERRUPTS - raised));
    board_put('\n');
    board_exit(raised == INTERRUPTS && async_isr_ring_qsize(&ring) == 0 && async_isr_ring_overflows(&ring) == 0 &&
                       counts[RUNNING] > INTERRUPTS / 8 && counts[ABOUT_TO_SLEEP] > INTERRUPTS / 8 &&
                       counts[ASLEEP] > INTERRUPTS / 8
                   ? 42
                   : 2);
    async_end;
}

static async_storage(sizeof(struct receiver) + sizeof(struct async_isr_ring_get) + 32) storage;

int main(void)
{
    async_isr_ring_init(&ring, numbers, sizeof numbers[0], sizeof numbers / sizeof numbers[0]);
    board_init();
    timer_init();
    async_create_task_on(&storage, receiver, .number = 0);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
