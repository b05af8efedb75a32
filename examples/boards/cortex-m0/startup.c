/* startup.c: any Cortex-M0 or M0+: vectors, reset, SysTick as the loop's clock. */
#define ASYNCIO_BARE 1
#include "asyncio.h"
#include "board.h"

#define SYSTICK_CONTROL BOARD_REGISTER(0xE000E010u)
#define SYSTICK_RELOAD BOARD_REGISTER(0xE000E014u)
#define SYSTICK_VALUE BOARD_REGISTER(0xE000E018u)

extern uint32_t board_stack_top, board_data_load, board_data, board_data_end, board_bss_end;

int main(void);
void board_reset(void);

static void on_tick(void) { async_port_tick(); }

/* A fault stays where a debugger finds it. */
static void on_fault(void)
{
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))(uintptr_t)&board_stack_top,
    board_reset,
    on_fault, /* NMI */
    on_fault, /* hard fault */
    0, 0, 0, 0, 0, 0, 0,
    on_fault, /* SVC */
    0, 0,
    on_fault, /* PendSV */
    on_tick,
};

/* The compiler's own calls go here: the image needs no C library. */
void *memset(void *to, int value, size_t size);
void *memset(void *to, int value, size_t size)
{
    unsigned char *byte = (unsigned char *)to;
    while (size-- != 0)
        *byte++ = (unsigned char)value;
    return to;
}

void board_reset(void)
{
    uint32_t *to = &board_data;
    const uint32_t *from = &board_data_load;
    while (to < &board_data_end)
        *to++ = *from++;
    memset(to, 0, (size_t)((unsigned char *)&board_bss_end - (unsigned char *)to));
    main();
    on_fault();
}

void board_init(void)
{
    SYSTICK_RELOAD = BOARD_CLOCK_HZ / ASYNCIO_TICK_HZ - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 7; /* counts the processor's clock, interrupts, runs; interrupts are on after a reset */
}
