/* startup.c: ARM's MPS2 board as AN385 (Cortex-M3); AN386 (M4) and AN500 (M7) have the same map: SysTick, UART 0. */
#define ASYNCIO_BARE 1
#include "../cortex-m.h"

#ifndef BOARD_CLOCK_HZ
#define BOARD_CLOCK_HZ 25000000u
#define BOARD_UART 0x40004000u
#define BOARD_UART_IRQ 0 /* something was received */
#endif

#define UART_DATA REGISTER(BOARD_UART)
#define UART_STATE REGISTER(BOARD_UART + 4)
#define UART_CONTROL REGISTER(BOARD_UART + 8)
#define UART_INTERRUPT REGISTER(BOARD_UART + 12)
#define UART_DIVISOR REGISTER(BOARD_UART + 16)

async_isr_ring board_input;
static unsigned char input[64];

static void on_tick(void) { async_port_tick(); }

static void on_byte(void)
{
    UART_INTERRUPT = 2; /* before the reads: a byte that comes between them must interrupt again */
    while (UART_STATE & 2) {
        unsigned char byte = (unsigned char)UART_DATA;
        async_isr_ring_put(&board_input, &byte);
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + BOARD_UART_IRQ + 1])(void) = {
    VECTORS, on_tick, [16 + BOARD_UART_IRQ] = on_byte,
};

void board_init(void)
{
    async_isr_ring_init(&board_input, input, 1, sizeof input);
    UART_DIVISOR = BOARD_CLOCK_HZ / 115200;
    UART_CONTROL = 1 | 2 | 8; /* send, receive, interrupt for what is received */
    REGISTER(0xE000E100u + 4 * (BOARD_UART_IRQ / 32)) = (uint32_t)1 << (BOARD_UART_IRQ % 32);
    REGISTER(0xE000E014u) = BOARD_CLOCK_HZ / ASYNCIO_TICK_HZ - 1; /* SysTick: reload, value, control */
    REGISTER(0xE000E018u) = 0;
    REGISTER(0xE000E010u) = 7;
}

void board_put(char c)
{
    while (UART_STATE & 1) {
    }
    UART_DATA = (uint8_t)c;
}
