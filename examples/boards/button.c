/* button.c: a button, debounced: a press switches an LED and is counted. Three presses end the program.
 *
 * The pin's interrupt sets an event each time the contact opens or closes. A change counts when the contact has been quiet
 * for 20 ms: a wait with a timeout, which ends well when it times out. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#include "board.h"

struct button_change {
    async_frame frame;
    bool down; /* how the button was last found */
    async_status status;
    bool result;
};

/* Waits until it is pressed or let go, and gives how it is now. */
async(button_change)
{
    async_begin;
    do {
        await(async_isr_event_wait, .event = &board_button);
        do
            await_for_catch(async_ms(20), self->status, async_isr_event_wait, .event = &board_button);
        while (self->status == ASYNC_OK);
        if (self->status != ASYNC_TIMED_OUT)
            async_raise(self->status);
    } while (board_button_down() == self->down);
    async_return(!self->down);
    async_end;
}

struct button {
    async_frame frame;
    bool down;
    unsigned presses;
};

async(button)
{
    async_begin;
    board_puts("ready\n");
    while (self->presses < 3) {
        await_into(self->down, button_change, .down = self->down);
        if (!self->down) {
            board_puts("let go\n");
            continue;
        }
        board_toggle(0);
        board_puts("pressed ");
        board_putu(++self->presses);
        board_put('\n');
    }
    board_exit((int)self->presses);
    async_end;
}

static async_storage(sizeof(struct button) + sizeof(struct button_change) + sizeof(struct async_isr_event_wait) + 96) storage;

int main(void)
{
    board_init();
    async_create_task_on(&storage, button);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
