/* startup.c: QEMU's RISC-V board "virt" (RV32IMAC, machine mode): the CLINT's timer ticks, a 16550 behind the PLIC. */
#define ASYNCIO_BARE 1
#include "board.h"
#include "../startup.h"

#define REGISTER BOARD_REGISTER
#define BYTE(address) (*(volatile uint8_t *)(uintptr_t)(address))
#define MTIMECMP 0x02004000u
#define MTIME 0x0200BFF8u
#define MTIME_HZ 10000000u
#define PLIC 0x0C000000u
#define UART 0x10000000u
#define UART_IRQ 10u
#define FINISHER 0x00100000u

extern volatile uint32_t board_leds;
volatile uint32_t board_leds;
static uint64_t next_tick; /* or alarm */

int main(void);
void board_start(void);

/* The emulator has loaded .data where it belongs. */
__attribute__((naked, section(".init"), used)) void board_start(void)
{
    __asm__ volatile(".option push\n.option norelax\nla gp, board_global_pointer\n.option pop\n"
                     "la sp, board_stack_top\n"
                     "la a0, board_bss\nla a1, board_bss_end\n"
                     "1: bgeu a0, a1, 2f\nsw zero, 0(a0)\naddi a0, a0, 4\nj 1b\n"
                     "2: call main\ncall board_exit\n");
}

void board_exit(int status)
{
    REGISTER(FINISHER) = status != 0 ? (uint32_t)status << 16 | 0x3333u : 0x5555u;
    for (;;) {
    }
}

static uint64_t mtime(void)
{
    uint32_t high, low;
    do {
        high = REGISTER(MTIME + 4);
        low = REGISTER(MTIME);
    } while (high != REGISTER(MTIME + 4));
    return (uint64_t)high << 32 | low;
}

static void set_timer(void)
{
    REGISTER(MTIMECMP + 4) = 0xFFFFFFFFu; /* no match between the two writes */
    REGISTER(MTIMECMP) = (uint32_t)next_tick;
    REGISTER(MTIMECMP + 4) = (uint32_t)(next_tick >> 32);
}

#if ASYNCIO_TICKLESS

uint32_t async_port_counter(void) { return (uint32_t)(mtime() >> BOARD_MTIME_SHIFT); }

void async_port_alarm(uint32_t when)
{
    uint64_t now = mtime() >> BOARD_MTIME_SHIFT;
    next_tick = (now + (uint32_t)(when - (uint32_t)now)) << BOARD_MTIME_SHIFT;
    set_timer();
}

#endif

__attribute__((interrupt("machine"), aligned(4))) static void on_trap(void)
{
    uint32_t cause;
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    if (cause == 0x80000007u) {
#if ASYNCIO_TICKLESS
        next_tick = UINT64_MAX; /* the alarm has rung */
        set_timer();
#else
        next_tick += MTIME_HZ / ASYNCIO_TICK_HZ;
        set_timer();
        board_ticked();
#endif
    } else if (cause == 0x8000000Bu) {
        uint32_t id = REGISTER(PLIC + 0x200004);
        while (id == UART_IRQ && BYTE(UART + 5) & 1)
            board_received(BYTE(UART));
        REGISTER(PLIC + 0x200004) = id;
    } else {
        board_exit(99);
    }
}

void board_init(void)
{
    board_receives();
    next_tick = ASYNCIO_TICKLESS ? UINT64_MAX : mtime() + MTIME_HZ / ASYNCIO_TICK_HZ;
    set_timer();
    BYTE(UART + 3) = 3; /* 8N1, interrupt for what is received; the FIFO stays off: turning it on drops a byte */
    BYTE(UART + 1) = 1;
    REGISTER(PLIC + 4 * UART_IRQ) = 1; /* priority, enable, threshold */
    REGISTER(PLIC + 0x2000) = 1u << UART_IRQ;
    REGISTER(PLIC + 0x200000) = 0;
    __asm__ volatile("csrw mtvec, %0" : : "r"(on_trap));
    __asm__ volatile("csrs mie, %0" : : "r"(1u << 7 | 1u << 11));
    __asm__ volatile("csrsi mstatus, 8" : : : "memory");
}

void board_put(char c)
{
    while (!(BYTE(UART + 5) & 0x20)) {
    }
    BYTE(UART) = (uint8_t)c;
}
