/* uart_echo.c: a line editor on a serial line: bytes come by interrupt, a task awaits them. "quit" ends it, with the number
 * of lines before it as the status. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#include "board.h"
#include "read_line.h"

struct echo {
    async_frame frame;
    unsigned length;
    int lines;
    char line[32];
};

async(echo)
{
    async_begin;
    board_puts("ready\n");
    for (;;) {
        await_into(self->length, read_line, .line = self->line, .size = sizeof self->line);
        if (same_text(self->line, "quit"))
            break;
        self->lines++;
        board_putu(self->length);
        board_puts(": ");
        board_puts(self->line);
        board_put('\n');
    }
    board_puts("bye\n");
    board_exit(self->lines);
    async_end;
}

static ASYNC_TASK(echo, read_line, async_isr_ring_get) storage;

int main(void)
{
    board_init();
    async_create_task_on(&storage, echo, .lines = 0);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
