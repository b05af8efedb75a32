/* startup.h: what the start-ups share: included by each of them once.
 *
 * It calls board_ticked() from the tick interrupt and board_received() for each byte of the serial line. No emulator has a
 * finger for the button, so bytes stand for what it does: Ctrl-P presses, Ctrl-R lets go, Ctrl-G only touches. The contact
 * then bounces as a real one does, a change in each tick or two, and what is typed meanwhile comes after it. On hardware
 * the interrupt of a pin sets board_button, and board_button_down() reads the pin. Without a tick the contact does not bounce,
 * and there is no watchdog. */
#ifndef STARTUP_H
#define STARTUP_H

#include "console.h"

#ifndef BOARD_INPUT_SIZE
#define BOARD_INPUT_SIZE 64
#endif

enum { BOARD_PRESS = 0x10, BOARD_LET_GO = 0x12, BOARD_TOUCH = 0x07, BOARD_BOUNCES = 10, BOARD_HOLDS = 60 };

async_isr_ring board_input;
async_isr_event board_button;
static unsigned char board_input_bytes[BOARD_INPUT_SIZE];

static async_isr_ring board_finger;
static unsigned char board_finger_moves[8];
static volatile bool board_contact;

bool board_button_down(void) { return board_contact; }

static void board_received(unsigned char byte)
{
    if (byte != BOARD_PRESS && byte != BOARD_LET_GO && byte != BOARD_TOUCH) {
        async_isr_ring_put(&board_input, &byte);
        return;
    }
#if ASYNCIO_TICKLESS
    board_contact = byte == BOARD_PRESS;
    async_isr_event_set(&board_button);
#else
    async_isr_ring_put(&board_finger, &byte);
#endif
}

static void board_receives(void)
{
    async_isr_ring_init(&board_input, board_input_bytes, 1, sizeof board_input_bytes);
    async_isr_ring_init(&board_finger, board_finger_moves, 1, sizeof board_finger_moves);
}

#if !ASYNCIO_TICKLESS

static volatile unsigned board_watchdog_period, board_watchdog_left;

void board_watchdog_start(unsigned ticks)
{
    board_watchdog_period = ticks;
    board_watchdog_restart();
}

void board_watchdog_restart(void)
{
    async_port_state before = async_port_lock();
    board_watchdog_left = board_watchdog_period;
    async_port_unlock(before);
}

static void board_move_finger(void)
{
    static unsigned char move, at;
    const bool before = board_contact;
    if (at == 0 && async_isr_ring_get_nowait(&board_finger, &move) != ASYNC_OK)
        return;
    at++;
    if (at <= BOARD_BOUNCES)
        board_contact = (0x2B5 >> (at - 1) & 1) != 0;
    else
        board_contact = move == BOARD_PRESS;
    if (at == BOARD_HOLDS)
        at = 0;
    if (board_contact != before)
        async_isr_event_set(&board_button);
}

static void board_ticked(void)
{
    async_port_tick();
    board_move_finger();
    if (board_watchdog_left != 0 && --board_watchdog_left == 0)
        board_exit(98);
}

#endif

#if !defined(__AVR__)

/* The compiler's own calls go here: the image needs no C library. */
void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);

void *memset(void *to, int value, size_t size)
{
    unsigned char *byte = (unsigned char *)to;
    while (size-- != 0)
        *byte++ = (unsigned char)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    unsigned char *byte = (unsigned char *)to;
    const unsigned char *source = (const unsigned char *)from;
    while (size-- != 0)
        *byte++ = *source++;
    return to;
}

#endif

#endif
