/* watch.c: LEDs that count how often, and when, they are switched, and end the emulator with what came of it. */
#define ASYNCIO_BARE 1
#include "asyncio.h"

#include "watch.h"

enum { SECONDS = 10, RED_HALF = 250, GREEN_HALF = 400 };

static volatile uint32_t leds;
static uint32_t seen, when, red, green, late;

static void leave(uint32_t status)
{
    uint32_t block[2];
    register uint32_t operation __asm__("r0") = 0x20; /* exit with a status */
    register const uint32_t *argument __asm__("r1") = block;
    block[0] = 0x20026;
    block[1] = status;
    __asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
    for (;;) {
    }
}

/* Every call comes directly before a change, which the next one sees. A wake may come a tick late, in each of the periods before it as well; never early. */
static void check(uint32_t count, uint32_t half)
{
    uint32_t due = (count - 1) * half;
    if (when < due || when > due + count)
        late++;
}

volatile uint32_t *watched_leds(void)
{
    uint32_t changed = leds ^ seen;
    seen = leds;
    if (changed & 1)
        check(++red, RED_HALF);
    if (changed & 2)
        check(++green, GREEN_HALF);
    when = (uint32_t)async_port_now();
    if (red >= SECONDS * 1000 / RED_HALF)
        leave(late == 0 && green >= SECONDS * 1000 / GREEN_HALF - 1 && green <= SECONDS * 1000 / GREEN_HALF + 1 ? 42 : 1);
    return &leds;
}
