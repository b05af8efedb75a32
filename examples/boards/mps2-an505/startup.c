/* startup.c: ARM's MPS2 board as AN505 (Cortex-M33, in the secure state). */
#define BOARD_CLOCK_HZ 20000000u
#define BOARD_UART 0x50200000u
#define BOARD_UART_IRQ 32
#include "../mps2-an385/startup.c"
