/* startup.c: ARM's MPS2 board as AN505 (Cortex-M33, in the secure state): as AN385, at other addresses. */
#define ASYNCIO_BARE 1
#include "board.h"
#include "../mps2-an385/startup.c"
