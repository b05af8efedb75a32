/* startup.c: BBC micro:bit 1 (nRF51822, a Cortex-M0). It has no SysTick: TIMER0 ticks, or counts. */
#define ASYNCIO_BARE 1
#include "board.h"
#include "../cortex-m.h"

#define TIMER 0x40008000u
#define TIMER_IRQ 8
#define UART 0x40002000u
#define UART_IRQ 2

static void on_tick(void)
{
    REGISTER(TIMER + 0x140) = 0; /* the event COMPARE 0 */
#if !ASYNCIO_TICKLESS
    board_ticked();
#endif
}

#if ASYNCIO_TICKLESS

uint32_t async_port_counter(void)
{
    REGISTER(TIMER + 0x044) = 1; /* captured in CC 1 */
    return REGISTER(TIMER + 0x544);
}

void async_port_alarm(uint32_t when) { REGISTER(TIMER + 0x540) = when; }

#endif

static void on_byte(void)
{
    while (REGISTER(UART + 0x108)) { /* the event RXDRDY */
        REGISTER(UART + 0x108) = 0;
        board_received((unsigned char)REGISTER(UART + 0x518));
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + TIMER_IRQ + 1])(void) = {
    VECTORS, on_fault, [16 + UART_IRQ] = on_byte, [16 + TIMER_IRQ] = on_tick,
};

void board_init(void)
{
    board_receives();
    REGISTER(0x50000518u) = 0xFFF0; /* the LEDs' rows and columns are outputs */
    REGISTER(UART + 0x50C) = 24; /* pins: to and from the USB chip */
    REGISTER(UART + 0x514) = 25;
    REGISTER(UART + 0x524) = 0x01D7E000; /* 115200 */
    REGISTER(UART + 0x500) = 4;          /* on; start sending and receiving */
    REGISTER(UART + 0x008) = 1;
    REGISTER(UART + 0x000) = 1;
    REGISTER(UART + 0x304) = 1u << 2; /* interrupt for RXDRDY */
    REGISTER(TIMER + 0x004) = 1; /* stopped; 32 bits */
    REGISTER(TIMER + 0x508) = 3;
#if ASYNCIO_TICKLESS
    REGISTER(TIMER + 0x510) = 9; /* 16 MHz / 2^9 */
    REGISTER(TIMER + 0x00C) = 1;
#else
    REGISTER(TIMER + 0x510) = 4; /* 16 MHz / 2^4 */
    REGISTER(TIMER + 0x00C) = 1;
    REGISTER(TIMER + 0x540) = 1000000u / ASYNCIO_TICK_HZ;
    REGISTER(TIMER + 0x200) = 1; /* COMPARE 0 starts it anew, and interrupts */
#endif
    REGISTER(TIMER + 0x304) = 1u << 16;
    REGISTER(0xE000E100u) = 1u << UART_IRQ | 1u << TIMER_IRQ;
    REGISTER(TIMER) = 1;
}

void board_put(char c)
{
    REGISTER(UART + 0x11C) = 0; /* the event TXDRDY */
    REGISTER(UART + 0x51C) = (uint8_t)c;
    while (!REGISTER(UART + 0x11C)) {
    }
}
