/* asyncio.c: the library, and what it needs of an Arduino: millis() as the clock, a sleep that any interrupt ends, and the
 * interrupt lock. Do not define ASYNCIO_IMPLEMENTATION in a sketch. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

#include <Arduino.h>
#if defined(__AVR__)
#include <avr/sleep.h>
#endif

async_time async_port_now(void) { return (async_time)millis(); }

#if defined(__AVR__)

async_port_state async_port_lock(void)
{
    uint8_t before = SREG;
    cli();
    return before;
}

void async_port_unlock(async_port_state before) { SREG = (uint8_t)before; }

/* The timer of millis() ends it after a millisecond at the latest. SEI takes effect after the next instruction. */
static void async_arduino_sleep(void)
{
    set_sleep_mode(SLEEP_MODE_IDLE);
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
    cli();
}

#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

async_port_state async_port_lock(void)
{
    uint32_t before;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before) : : "memory");
    return before;
}

void async_port_unlock(async_port_state before) { __asm__ volatile("msr primask, %0" : : "r"(before) : "memory"); }

/* WFI wakes though interrupts are masked; their handlers run in the unlock. */
static void async_arduino_sleep(void) { __asm__ volatile("dsb\n\twfi" : : : "memory"); }

#elif defined(ARDUINO_ARCH_ESP32)

static portMUX_TYPE async_arduino_lock = portMUX_INITIALIZER_UNLOCKED;

async_port_state async_port_lock(void)
{
    portENTER_CRITICAL_SAFE(&async_arduino_lock);
    return 0;
}

void async_port_unlock(async_port_state before)
{
    (void)before;
    portEXIT_CRITICAL_SAFE(&async_arduino_lock);
}

/* The radio's tasks run meanwhile. What an interrupt raises is seen after a tick of theirs. */
static void async_arduino_sleep(void)
{
    portEXIT_CRITICAL_SAFE(&async_arduino_lock);
    delay(1);
    portENTER_CRITICAL_SAFE(&async_arduino_lock);
}

#elif defined(ARDUINO_ARCH_ESP8266)

async_port_state async_port_lock(void) { return xt_rsil(15); }
void async_port_unlock(async_port_state before) { xt_wsr_ps(before); }

static void async_arduino_sleep(void)
{
    xt_rsil(0);
    delay(1);
    xt_rsil(15);
}

#else
#error "asyncio: there is no port for this processor yet: add the three functions that asyncio.c has for others"
#endif

void async_port_wait(async_time until)
{
    if (until == ASYNC_FOREVER || (int32_t)((uint32_t)until - (uint32_t)millis()) > 0)
        async_arduino_sleep();
}
