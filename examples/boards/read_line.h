/* read_line.h: a line from the serial line, edited: for the examples that take commands. */
#ifndef READ_LINE_H
#define READ_LINE_H

#include "board.h"

struct read_line {
    async_frame frame;
    char *line; /* room for size characters */
    unsigned size;
    unsigned length;
    unsigned char byte;
    unsigned result;
};

/* await_into(length, read_line, .line = line, .size = sizeof line): backspace takes one back; what does not fit is
 * not echoed. */
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

static inline bool same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

#endif
