/* riscv32.c: the least start-up of a RV32 microcontroller with a CLINT, for tools/size: reset, and a tick. */
#define ASYNCIO_BARE 1
#include "asyncio.h"
#include "board.h"

#define MTIMECMP 0x02004000u
#define MTIME 0x0200BFF8u
#define MTIME_HZ 10000000u

static uint64_t next_tick;

int main(void);
void board_start(void);
void board_run(void);

__attribute__((naked, section(".init"), used)) void board_start(void)
{
    __asm__ volatile(".option push\n.option norelax\nla gp, board_global_pointer\n.option pop\n"
                     "la sp, board_stack_top\n"
                     "la a0, board_bss\nla a1, board_bss_end\n"
                     "1: bgeu a0, a1, 2f\nsw zero, 0(a0)\naddi a0, a0, 4\nj 1b\n"
                     "2: j board_run\n");
}

/* Called above, where a link-time optimiser does not look. */
__attribute__((used)) void board_run(void)
{
    main();
    for (;;) {
    }
}

void *memset(void *to, int value, size_t size);
void *memset(void *to, int value, size_t size)
{
    unsigned char *byte = (unsigned char *)to;
    while (size-- != 0)
        *byte++ = (unsigned char)value;
    return to;
}

static void set_timer(void)
{
    next_tick += MTIME_HZ / ASYNCIO_TICK_HZ;
    BOARD_REGISTER(MTIMECMP + 4) = 0xFFFFFFFFu; /* no match between the two writes */
    BOARD_REGISTER(MTIMECMP) = (uint32_t)next_tick;
    BOARD_REGISTER(MTIMECMP + 4) = (uint32_t)(next_tick >> 32);
}

__attribute__((interrupt("machine"), aligned(4))) static void on_tick(void)
{
    set_timer();
    async_port_tick();
}

void board_init(void)
{
    next_tick = BOARD_REGISTER(MTIME); /* soon after a reset */
    set_timer();
    __asm__ volatile("csrw mtvec, %0" : : "r"(on_tick));
    __asm__ volatile("csrs mie, %0" : : "r"(1u << 7));
    __asm__ volatile("csrsi mstatus, 8" : : : "memory");
}
