/* uart_echo.c: a line editor on a serial line: bytes come by interrupt, a task awaits them. "quit" ends it, with the number
 * of lines before it as the status. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#include "console.h"

struct read_line {
    async_frame frame;
    char *line; /* room for size characters */
    unsigned size;
    unsigned length;
    unsigned char byte;
    unsigned result;
};

/* Backspace takes one back; what does not fit is not echoed. */
async(read_line)
{
    async_begin;
    for (;;) {
        await(async_isr_ring_get, .ring = &board_input, .item = &self->byte);
        if (self->byte == '\r' || self->byte == '\n')
            break;
        if (self->byte == 8 || self->byte == 127) {
            if (self->length > 0) {
                self->length--;
                board_puts("\b \b");
            }
        } else if (self->length + 1 < self->size) {
            self->line[self->length++] = (char)self->byte;
            board_put((char)self->byte);
        }
    }
    self->line[self->length] = '\0';
    board_put('\n');
    async_return(self->length);
    async_end;
}

struct echo {
    async_frame frame;
    unsigned length;
    int lines;
    char line[32];
};

static bool is_quit(const char *line) { return line[0] == 'q' && line[1] == 'u' && line[2] == 'i' && line[3] == 't' && line[4] == '\0'; }

async(echo)
{
    async_begin;
    board_puts("ready\n");
    for (;;) {
        await_into(self->length, read_line, .line = self->line, .size = sizeof self->line);
        if (is_quit(self->line))
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

static async_storage(sizeof(struct echo) + sizeof(struct read_line) + sizeof(struct async_isr_ring_get) + 32) storage;

int main(void)
{
    board_init();
    async_create_task_on(&storage, echo, .lines = 0);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
