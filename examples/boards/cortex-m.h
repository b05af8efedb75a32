/* cortex-m.h: the start-up that the Cortex-M boards here share: reset, faults, the end of a run. */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include "startup.h"

#define REGISTER BOARD_REGISTER

extern uint32_t board_stack_top, board_data_load, board_data, board_data_end, board_bss_end;

int main(void);
void board_reset(void);

/* Semihosting: an emulator or debugger ends the run with a status. Without one it is a fault, which stays here. */
void board_exit(int status)
{
    uint32_t block[2];
    register uint32_t operation __asm__("r0") = 0x20;
    register const uint32_t *argument __asm__("r1") = block;
    block[0] = 0x20026;
    block[1] = (uint32_t)status;
    __asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
    for (;;) {
    }
}

static void on_fault(void) { board_exit(99); }

void board_reset(void)
{
    uint32_t *to = &board_data;
    const uint32_t *from = &board_data_load;
    while (to < &board_data_end)
        *to++ = *from++;
    memset(to, 0, (size_t)((unsigned char *)&board_bss_end - (unsigned char *)to));
    board_exit(main());
}

#define VECTORS                                                                    \
    (void (*)(void))(uintptr_t)&board_stack_top, board_reset, on_fault, on_fault, on_fault, on_fault, on_fault, \
        0, 0, 0, 0, on_fault, on_fault, 0, on_fault

#endif
