/* startup.c: ARM's MPS2 board as AN385 (Cortex-M3); AN386 (M4) and AN500 (M7) have the same map: SysTick, UART 0. */
#ifndef ASYNCIO_BARE
#define ASYNCIO_BARE 1
#endif
#include "board.h"
#include "../cortex-m.h"

#define UART_DATA REGISTER(BOARD_UART)
#define UART_STATE REGISTER(BOARD_UART + 4)
#define UART_CONTROL REGISTER(BOARD_UART + 8)
#define UART_INTERRUPT REGISTER(BOARD_UART + 12)
#define UART_DIVISOR REGISTER(BOARD_UART + 16)

static void on_tick(void) { board_ticked(); }

static void on_byte(void)
{
    UART_INTERRUPT = 2; /* before the reads: a byte that comes between them must interrupt again */
    while (UART_STATE & 2)
        board_received((unsigned char)UART_DATA);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + BOARD_UART_IRQ + 1])(void) = {
    VECTORS, on_tick, [16 + BOARD_UART_IRQ] = on_byte,
};

void board_init(void)
{
    board_receives();
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
